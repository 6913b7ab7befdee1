// Every provider keeps every promise of the tape contract, bare and under the layers.
#include <gtest/gtest.h>

#include <algorithm>
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
    TURNTABLE_CHECK(tape::register_layers(registry));
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
    std::vector<std::string> layers = {};
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

/// A stack of all layers that change nothing for a caller who waits, over one that breaks calls at
/// random. Delays of zero still make an answer pending.
std::vector<std::string> tall_stack() {
    return {"logging",
            "metrics",
            "timeout?read=1d&write=1d&health=1d",
            "retry?base_delay=0&max_delay=0&max_attempts=100",
            "concurrency?limit=3",
            "throttle?operations=1000000000&operations_burst=1000000000",
            "chaos?seed=5&read_errors=0.05&write_errors=0.05&delays=0.05"};
}

/// Every provider in all layers. What lies below is tried above, so small tapes do, and under a
/// sanitizer two of them.
std::vector<Row> layered_rows() {
    constexpr std::size_t largest_bytes = 50'000;
    std::vector<Row> rows = {
        {"memory_read_only", "memory:", false, false, largest_bytes, {"read_only"}}};
    for (Row row : all_rows()) {
#ifdef TURNTABLE_TEST_SANITIZED
        const std::string_view name = row.name;
        if (name != "memory" && name != "pair_fs_memory") {
            continue;
        }
#endif
        row.largest_bytes = largest_bytes;
        row.layers = tall_stack();
        rows.push_back(std::move(row));
    }
    return rows;
}

/// A new place for each case.
conformance::Subject subject_of(const Row& row) {
    const auto folder = std::make_shared<turntable::test::TempFolder>();
    const auto count = std::make_shared<int>(0);
    conformance::Subject subject = conformance::placed_subject(
        row.url, [folder, count] { return folder->file(std::to_string(++*count)); },
        [url = row.url, layers = row.layers](
            const std::string& place, const tape::OpenOptions& bare) -> Result<tape::AnyProvider> {
            tape::OpenOptions options = bare;
            options.layers = layers;
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
    options.race_rounds = GetParam().layers.empty() ? 5U : 1U;
    options.largest_bytes = GetParam().largest_bytes;
#ifdef TURNTABLE_TEST_SANITIZED
    options.race_rounds = std::min(options.race_rounds, 2U);
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
INSTANTIATE_TEST_SUITE_P(InLayers, TapeProviders, testing::ValuesIn(layered_rows()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
