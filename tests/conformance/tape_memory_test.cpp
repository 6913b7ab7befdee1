// `memory:` keeps every promise of the tape contract, and a provider that can do less is tried for
// what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/tape_faulty.hpp"
#include "support/sanitized.hpp"
#include "turntable/conformance/tape/gtest.hpp"
#include "turntable/conformance/tape/sample.hpp"

namespace {

using turntable::Async;
using turntable::ByteView;
using turntable::Context;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
using turntable::conformance_test::open_tape_memory;
namespace conformance = turntable::tape::conformance;
namespace tape = turntable::tape;

conformance::Subject memory() {
    return {.name = "memory:",
            .open_fresh = [](const auto& options) { return open_tape_memory("", options); }};
}

TURNTABLE_TAPE_CONFORMANCE_TEST(TapesInMemory, turntable::test::less_when_sanitized(memory));

/// The required calls only, and no more of them than it must: nothing is appended, or changed.
class Lesser {
  public:
    Lesser(tape::AnyProvider inner, bool read_only)
        : inner_(std::move(inner)), read_only_(read_only) {}

    Async<tape::TapeMetadata> save_tape(const Context& context, const tape::SaveRequest& request) {
        return read_only_ ? Async<tape::TapeMetadata>(refused())
                          : inner_.save_tape(context, request);
    }
    Async<tape::StoredTape> load_tape(const Context& context, std::string_view id) {
        return inner_.load_tape(context, id);
    }
    Async<std::uint64_t> append(const Context&, std::string_view, std::uint64_t, ByteView) const {
        return read_only_ ? refused() : Error(ErrorCode::unsupported, "it takes whole tapes");
    }
    Result<turntable::Stream<turntable::Bytes>> stream(const Context& context, std::string_view id,
                                                       const tape::ContentRange& range) {
        return inner_.stream(context, id, range);
    }
    Async<void> delete_tape(const Context& context, std::string_view id) {
        return read_only_ ? Async<void>(refused()) : inner_.delete_tape(context, id);
    }
    Async<tape::TapePage> list_tapes(const Context& context, const tape::SearchCriteria& criteria) {
        return inner_.list_tapes(context, criteria);
    }
    Async<tape::TapeMetadata> get_metadata(const Context& context, std::string_view id) {
        return inner_.get_metadata(context, id);
    }
    Async<tape::TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                              const tape::LabelChange& change) {
        return read_only_ ? Async<tape::TapeMetadata>(refused())
                          : inner_.update_metadata(context, id, change);
    }
    Async<void> close(const Context& context) { return inner_.close(context); }

  private:
    static Error refused() { return {ErrorCode::permission_denied, "it is read-only"}; }

    tape::AnyProvider inner_;
    bool read_only_;
};

conformance::Report run_over_lesser(bool read_only) {
    conformance::Subject subject;
    subject.name = "lesser";
    subject.open_fresh = [=](const tape::OpenOptions& options) -> Result<tape::AnyProvider> {
        TURNTABLE_TRY(tape::AnyProvider inner, open_tape_memory("", options));
        return tape::AnyProvider(Lesser(std::move(inner), read_only));
    };
    conformance::Options options;
    options.race_rounds = 3;
    options.largest_bytes = std::size_t{256} << 10U;
    return conformance::run_conformance(subject, options);
}

TEST(TapeConformanceSuite, AProviderThatCannotAppendIsTriedForTheRest) {
    const auto report = run_over_lesser(false);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    EXPECT_THAT(conformance::to_json(report), testing::HasSubstr("needs append"));
    EXPECT_THAT(conformance::to_json(report), testing::HasSubstr("needs reopen"));
    EXPECT_GE(report.count(conformance::Status::passed), 50U);
}

TEST(TapeConformanceSuite, AReadOnlyProviderIsTriedForWhatItRefuses) {
    const auto report = run_over_lesser(true);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
    EXPECT_THAT(conformance::to_json(report),
                testing::HasSubstr(R"("name":"read_only.is_refused","status":"passed")"));
}

TEST(TapeConformanceSuite, NamesEachCaseOnceWithASentence) {
    std::set<std::string_view> names;
    for (const conformance::Case& one : conformance::all_cases()) {
        EXPECT_TRUE(names.insert(one.name).second) << one.name;
        EXPECT_THAT(std::string(one.promise), testing::EndsWith(".")) << one.name;
    }
    EXPECT_GE(names.size(), 70U);
}

TEST(TapeConformanceSuite, AWipedSubjectBeginsEmpty) {
    const auto open = [](const tape::OpenOptions& options) {
        return open_tape_memory("conformance_wiped", options);
    };
    const tape::OpenOptions how{.analyzer = conformance::sample_analyzer()};
    tape::AnyProvider kept = *open(how);
    const std::string text = conformance::sample_tape(conformance::sample_head("left"), {});
    const auto content = std::make_shared<tape::MemorySource>(turntable::Bytes::copy(text));
    ASSERT_TRUE(kept.save_tape({}, {.content = content}).wait());
    conformance::Options options;
    options.filter = "list.empty";
    const auto report =
        conformance::run_conformance(conformance::wiped_subject("wiped", open), options);
    EXPECT_TRUE(report.certified()) << conformance::to_json(report);
}

}  // namespace
