// Every provider keeps every promise of the tape contract.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob/fs.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/conformance/tape/run.hpp"
#include "turntable/conformance/tape/sample.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/tape/registry.hpp"
#include "turntable/tape/sqlite.hpp"
#ifdef TURNTABLE_TEST_LMDB
#include "turntable/kv/lmdb.hpp"
#endif

namespace {

namespace tape = turntable::tape;
namespace conformance = turntable::tape::conformance;
namespace blob = turntable::blob;
namespace kv = turntable::kv;
using turntable::Result;

Result<tape::Registry> all_providers() {
    const auto blobs = std::make_shared<blob::Registry>();
    const auto indexes = std::make_shared<kv::Registry>();
    TURNTABLE_CHECK(kv::register_memory(*indexes));
    TURNTABLE_CHECK(kv::register_sqlite(*indexes));
#ifdef TURNTABLE_TEST_LMDB
    TURNTABLE_CHECK(kv::register_lmdb(*indexes));
#endif
    TURNTABLE_CHECK(blob::register_memory(*blobs));
    TURNTABLE_CHECK(blob::register_fs(*blobs));
    TURNTABLE_CHECK(blob::register_kv(*blobs, indexes));
    tape::Registry registry;
    TURNTABLE_CHECK(tape::register_stock(registry, blobs, indexes));
    TURNTABLE_CHECK(tape::register_sqlite(registry));
    return registry;
}

/// A provider by its URL, with `DIR` for a new folder.
struct Row {
    const char* name;
    std::string url;
    /// Whether it is there when it is opened again, and sees what others do.
    bool reopens = true;
    bool shared = true;
    /// Less where the words of a tape are kept too: bytes of chance are nothing but words.
    std::size_t largest_bytes = std::size_t{900} << 10U;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Row> all_rows() {
    std::vector<Row> rows = {
        {"memory", "memory:", false, false},
        {"named_memory", "memory:DIR", false, true},
        {"folder", "tape:DIR/t"},
        {"folder_index_in_memory", "tape:DIR/t?index_strategy=memory", true, false},
        {"sqlite", "tape+sqlite:DIR.db", true, true, 90'000},
        {"pair_fs_memory", "tape+pair:?blobs=fs:DIR&index=memory:DIR", false, true},
        {"pair_in_sqlite", "tape+pair:?blobs=kv%2Bsqlite:DIR.b&index=sqlite:DIR.db"},
#ifdef TURNTABLE_TEST_LMDB
        {"pair_in_lmdb", "tape+pair:?blobs=kv%2Blmdb:DIR.b&index=lmdb:DIR.db"},
#endif
#ifdef TURNTABLE_TEST_ZSTD
        {"folder_zstd", "tape:DIR/t?compression=zstd"},
#endif
    };
    return rows;
}

/// A new place for each case.
conformance::Subject subject_of(const Row& row) {
    const auto folder = std::make_shared<turntable::test::TempFolder>();
    const auto count = std::make_shared<int>(0);
    conformance::Subject subject = conformance::placed_subject(
        row.url, [folder, count] { return folder->file(std::to_string(++*count)); },
        [url = row.url](const std::string& place,
                        const tape::OpenOptions& options) -> Result<tape::AnyProvider> {
            std::string there = url;
            for (std::size_t at = 0; (at = there.find("DIR", at)) != std::string::npos;) {
                there.replace(at, 3, place);
            }
            TURNTABLE_TRY(const tape::Registry registry, all_providers());
            TURNTABLE_TRY(const tape::Library library, registry.open(there, options));
            return std::move(library.provider());
        });
    if (!row.reopens) {
        subject.reopen = nullptr;
    }
    if (!row.shared) {
        subject.open_second = nullptr;
    }
    return subject;
}

class TapeProviders : public testing::TestWithParam<Row> {};

TEST_P(TapeProviders, KeepEveryPromise) {
    conformance::Options options;
    options.race_rounds = 5;
    options.largest_bytes = GetParam().largest_bytes;
#ifdef TURNTABLE_TEST_SANITIZED
    options.race_rounds = 2;
    options.largest_bytes /= 3;
#endif
    const auto report = conformance::run_conformance(subject_of(GetParam()), options);
    for (const conformance::Outcome& outcome : report.outcomes) {
        EXPECT_NE(outcome.status, conformance::Status::failed) << conformance::to_text(outcome);
    }
    EXPECT_TRUE(report.certified());
}

TEST(StockProvider, AnswersFromTheIndexWhatItHolds) {
    const auto tapes = all_providers().value().open("memory:").value();
    const std::string text = conformance::sample_tape(conformance::sample_head("t1"), {{"say x"}});
    ASSERT_TRUE(tapes.save(std::make_unique<tape::MemorySource>(turntable::Bytes::copy(text)),
                           {.labels = tape::Labels{.tags = {"x"}}}));
    tape::SearchCriteria criteria;
    criteria.where = tape::Expression::of({.field = tape::Field::tag, .text = "x"});
    const tape::TapePage page = tapes.search(criteria).value();
    EXPECT_EQ(page.tapes.size(), 1U);
    EXPECT_EQ(page.answered, tape::Answered::index);
}

INSTANTIATE_TEST_SUITE_P(Conformance, TapeProviders, testing::ValuesIn(all_rows()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
