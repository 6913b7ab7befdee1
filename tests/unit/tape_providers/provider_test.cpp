#include "turntable/tape/provider.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/providers.hpp"
#include "support/recorded_tape.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::tape {
namespace {

/// What one row of the suite opens: a URL with `DIR` for a folder of the test's own.
struct Where {
    const char* name;
    const char* url;
    bool reopens;
};

void PrintTo(const Where& where, std::ostream* out) { *out << where.name; }

class ProviderSuite : public testing::TestWithParam<Where> {
  protected:
    Library open() {
        std::string url = GetParam().url;
        for (std::size_t at = 0; (at = url.find("DIR", at)) != std::string::npos;) {
            url.replace(at, 3, folder_.path().string());
        }
        auto library = test::provider_registry().open(url, {.analyzer = test::words()});
        EXPECT_TRUE(library) << library.error().to_string();
        return *std::move(library);
    }
    AnyProvider& provider() { return library_.provider(); }
    static std::shared_ptr<Source> content(std::string text) {
        return std::make_shared<MemorySource>(Bytes::copy(text));
    }
    Result<TapeMetadata> save(const std::string& text, Labels labels = {}, bool replace = false) {
        return provider().save_tape(waits_, {content(text), std::move(labels), replace}).wait();
    }
    std::string read(std::string_view id, const ContentRange& range = {}) {
        std::string text;
        auto stream = provider().stream(waits_, id, range).value();
        for (auto piece = stream.next(waits_).wait(); piece && *piece;
             piece = stream.next(waits_).wait()) {
            text += (*piece)->text();
        }
        return text;
    }
    std::string ids(const SearchCriteria& criteria = {}) {
        const auto page = provider().list_tapes(waits_, criteria).wait();
        EXPECT_TRUE(page) << page.error().to_string();
        std::string all;
        for (const TapeMetadata& tape : page->tapes) {
            all += (all.empty() ? "" : " ") + tape.id;
        }
        return all;
    }
    static SearchCriteria parse(std::string_view query, WallTime now) {
        const auto criteria = parse_query(query, now);
        EXPECT_TRUE(criteria) << query << ": " << criteria.error().to_string();
        return criteria ? *criteria : SearchCriteria();
    }
    /// What a tape holds, read back from the provider.
    SearchContent content_of(const std::string& id) {
        const std::string text = read(id);
        return {.calls = [text](const std::function<bool(const Call&)>& visit) -> Result<void> {
                    std::vector<Call> calls;
                    const auto each = [&calls](const Call& one) { calls.push_back(one); };
                    TURNTABLE_TRY(const auto whole,
                                  derive_metadata(std::make_unique<MemorySource>(Bytes::copy(text)),
                                                  test::words(), each));
                    (void)whole;
                    (void)std::ranges::all_of(calls, visit);
                    return {};
                },
                .contains = [text](std::string_view part) -> Result<bool> {
                    std::string plain;
                    TURNTABLE_CHECK(convert(std::make_unique<MemorySource>(Bytes::copy(text)),
                                            std::make_unique<MemorySink>(plain), {}));
                    return contains_folded(plain, part);
                }};
    }
    static ErrorCode code_of(const auto& result) {
        EXPECT_FALSE(result);
        return result ? ErrorCode::backend : result.error().code();
    }

    const Context waits_{.caller_waits = true};
    test::TempFolder folder_;
    Library library_ = open();
};

const std::vector<test::SaidCall> two_calls = {{"search x", "fail 7", std::chrono::seconds(3)},
                                               {"fetch y", "ok Answer"}};

TEST_P(ProviderSuite, GivesBackWhatWasSaved) {
    const std::string text = test::tape_text(test::head_of("t1", "first"), two_calls);
    const TapeMetadata saved = save(text, {.tags = {"b", "a"}}).value();
    EXPECT_EQ(saved.id, "t1");
    EXPECT_EQ(saved.state, TapeState::complete);
    EXPECT_EQ(saved.labels.tags, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(saved.tools, (std::vector<NameCount>{{"fetch", 1}, {"search", 1}}));
    EXPECT_EQ(provider().get_metadata(waits_, "t1").wait().value(), saved);
    const StoredTape loaded = provider().load_tape(waits_, "t1").wait().value();
    EXPECT_EQ(loaded.metadata, saved);
    EXPECT_EQ(read("t1"), loaded.content.view().to_string());
    EXPECT_EQ(saved.stored_bytes, loaded.content.size());
    // Whatever the form, the lines are the same.
    std::string plain;
    ASSERT_TRUE(convert(std::make_unique<MemorySource>(loaded.content),
                        std::make_unique<MemorySink>(plain), {}));
    EXPECT_EQ(plain, text);
    const std::string whole = read("t1");
    EXPECT_EQ(read("t1", {3, 5}), whole.substr(3, 5));
    EXPECT_EQ(read("t1", {3}), whole.substr(3));
    EXPECT_EQ(read("t1", {whole.size() - 1, 10}), whole.substr(whole.size() - 1));
    EXPECT_EQ(read("t1", {whole.size() + 5, 10}), "");
}

TEST_P(ProviderSuite, RefusesWhatIsThereOrIsNoTape) {
    const std::string text = test::tape_text(test::head_of("t1", "first"), two_calls);
    ASSERT_TRUE(save(text));
    EXPECT_EQ(code_of(save(text)), ErrorCode::already_exists);
    const std::string other = test::tape_text(test::head_of("t1", "other"), {{"a"}});
    EXPECT_EQ(save(other, {}, true).value().name(), "other");
    EXPECT_EQ(provider().get_metadata(waits_, "t1").wait().value().frames, 2U);
    EXPECT_FALSE(save("no tape"));
    EXPECT_EQ(code_of(save(test::tape_text(test::head_of("../x"), {}))),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(save(test::tape_text(test::head_of("t2"), {}), {.tags = {"a b"}})),
              ErrorCode::invalid_argument);
    EXPECT_EQ(ids(), "t1");
}

TEST_P(ProviderSuite, NamesWhatIsNotThere) {
    EXPECT_EQ(code_of(provider().get_metadata(waits_, "t9").wait()), ErrorCode::not_found);
    EXPECT_EQ(code_of(provider().load_tape(waits_, "t9").wait()), ErrorCode::not_found);
    EXPECT_EQ(code_of(provider().delete_tape(waits_, "t9").wait()), ErrorCode::not_found);
    EXPECT_EQ(code_of(provider().update_metadata(waits_, "t9", {.name = "x"}).wait()),
              ErrorCode::not_found);
    EXPECT_EQ(code_of(provider().append(waits_, "t9", 5, "x").wait()), ErrorCode::not_found);
    for (const char* id : {"", "..", "a/b", "../../etc/passwd"}) {
        EXPECT_EQ(code_of(provider().get_metadata(waits_, id).wait()), ErrorCode::invalid_argument)
            << id;
        EXPECT_EQ(code_of(provider().append(waits_, id, 0, "x").wait()),
                  ErrorCode::invalid_argument)
            << id;
    }
}

TEST_P(ProviderSuite, ARepeatedAppendDoublesNothing) {
    const std::string text = test::tape_text(test::head_of("live"), two_calls);
    const std::size_t line = text.find('\n') + 1;
    const std::string head = text.substr(0, line);
    const std::string rest = text.substr(line);
    const auto append = [this](std::uint64_t offset, std::string_view bytes) {
        return provider().append(waits_, "live", offset, bytes).wait();
    };
    EXPECT_EQ(append(0, head).value(), line);
    EXPECT_EQ(append(0, head).value(), line);
    EXPECT_EQ(provider().get_metadata(waits_, "live").wait().value().state, TapeState::recording);
    EXPECT_EQ(append(line, rest).value(), text.size());
    EXPECT_EQ(append(line, rest).value(), text.size());
    EXPECT_EQ(read("live"), text);
    // Half of it had arrived.
    EXPECT_EQ(append(text.size() - 4, text.substr(text.size() - 4) + "more").value(),
              text.size() + 4);
    EXPECT_EQ(read("live"), text + "more");
    EXPECT_EQ(code_of(append(line, "other")), ErrorCode::conflict);
    EXPECT_EQ(code_of(append(text.size() + 5, "x")), ErrorCode::conflict);
    EXPECT_EQ(code_of(append(0, "another head")), ErrorCode::already_exists);
    EXPECT_EQ(read("live"), text + "more");
}

TEST_P(ProviderSuite, FinishingALiveTapeBringsItsMetadataUpToDate) {
    const std::string text = test::tape_text(test::head_of("live"), two_calls);
    ASSERT_TRUE(provider().append(waits_, "live", 0, text).wait());
    const TapeMetadata finished = provider().finish_tape(waits_, "live").wait().value();
    EXPECT_EQ(finished.state, TapeState::complete);
    EXPECT_EQ(finished.frames, 4U);
    EXPECT_EQ(finished.facts.errors, 1U);
    EXPECT_EQ(provider().get_metadata(waits_, "live").wait().value(), finished);
}

TEST_P(ProviderSuite, LabelsChangeAndStay) {
    ASSERT_TRUE(save(test::tape_text(test::head_of("t1", "first"), two_calls)));
    const TapeMetadata labelled =
        provider()
            .update_metadata(waits_, "t1", {.name = "../../a/b", .add_tags = {"x"}, .pinned = true})
            .wait()
            .value();
    EXPECT_EQ(labelled.name(), "../../a/b");
    EXPECT_EQ(provider().get_metadata(waits_, "t1").wait().value(), labelled);
    EXPECT_EQ(code_of(provider().update_metadata(waits_, "t1", {.add_tags = {""}}).wait()),
              ErrorCode::invalid_argument);
    const TapeMetadata again =
        provider().update_metadata(waits_, "t1", {.name = "", .remove_tags = {"x"}}).wait().value();
    EXPECT_EQ(again.name(), "first");
    EXPECT_EQ(again.labels, (Labels{.pinned = true}));
}

TEST_P(ProviderSuite, TagsOfTheRecorderCanBeTakenOff) {
    Head head = test::head_of("t1");
    head.attributes = {{"tags", "x,y"}};
    const std::string text = test::tape_text(head, two_calls);
    const SaveRequest as_it_is{content(text), std::nullopt, false};
    const auto saved = provider().save_tape(waits_, as_it_is).wait();
    EXPECT_EQ(saved->labels.tags, (std::vector<std::string>{"x", "y"}));
    const LabelChange all_off{.remove_tags = {"x", "y"}};
    EXPECT_EQ(provider().update_metadata(waits_, "t1", all_off).wait()->labels, Labels());
    EXPECT_EQ(provider().inspect(waits_, {.contents = true, .repair = true}).wait()->repaired, 0U);
    EXPECT_EQ(provider().finish_tape(waits_, "t1").wait()->labels, Labels());
    // A copy says all that there is to say.
    EXPECT_EQ(save(text, {}, true).value().labels, Labels());
}

TEST_P(ProviderSuite, WhatIsDeletedIsGone) {
    const std::string text = test::tape_text(test::head_of("t1"), two_calls);
    ASSERT_TRUE(save(text, {.tags = {"x"}}));
    ASSERT_TRUE(provider().delete_tape(waits_, "t1").wait());
    EXPECT_EQ(code_of(provider().get_metadata(waits_, "t1").wait()), ErrorCode::not_found);
    EXPECT_EQ(ids(), "");
    EXPECT_EQ(save(text).value().labels, Labels());
}

TEST_P(ProviderSuite, FindsAsTheReferenceDoes) {
    std::vector<TapeMetadata> saved;
    for (int i = 0; i < 9; ++i) {
        Head head = test::head_of("t" + std::to_string(i), "run " + std::to_string(i % 3));
        head.created += std::chrono::hours(i % 4);
        std::vector<test::SaidCall> calls(two_calls.begin() + i % 2, two_calls.end());
        calls.push_back({"other " + std::to_string(i), i % 3 == 0 ? "" : "ok"});
        saved.push_back(save(test::tape_text(head, calls, i % 5 == 0 ? "" : "complete"),
                             {.tags = i % 2 == 0 ? std::vector<std::string>{"even"}
                                                 : std::vector<std::string>{}})
                            .value());
    }
    const WallTime now(std::chrono::milliseconds(1'700'000'000'000));
    for (const char* query : {"",
                              "limit:4",
                              "sort:name limit:2",
                              "sort:-size limit:3",
                              "sort:id limit:9",
                              "tag:even -tool:search",
                              "tool:search error took>2s",
                              "tool:fetch error",
                              "-error",
                              "unanswered",
                              "state:interrupted",
                              "name:\"run 1\" or tag:even",
                              "\"other 4\"",
                              "answer -\"other 4\"",
                              "created>=2023-11-14T23:00 sort:created limit:2",
                              "tool:oth*",
                              "tool:none",
                              "id:t3",
                              "took<1s tool:fetch",
                              "-(tool:search error) limit:2"}) {
        auto criteria = parse(query, now);
        for (int page = 0; page < 10; ++page) {
            const auto expected = select_page(
                criteria, saved, [this](const TapeMetadata& tape) { return content_of(tape.id); });
            const auto found = provider().list_tapes(waits_, criteria).wait();
            ASSERT_TRUE(found) << query << ": " << found.error().to_string();
            EXPECT_EQ(found->tapes, expected->tapes) << query << ", page " << page;
            EXPECT_EQ(found->next.empty(), expected->next.empty()) << query;
            if (found->next.empty()) {
                break;
            }
            criteria.cursor = found->next;
        }
    }
    EXPECT_EQ(provider().list_tapes(waits_, parse("tag:even", now)).wait()->answered,
              Answered::index);
    EXPECT_EQ(code_of(provider().list_tapes(waits_, {.limit = 0}).wait()),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(code_of(provider().list_tapes(waits_, {.cursor = "x"}).wait()),
              ErrorCode::invalid_argument);
}

TEST_P(ProviderSuite, IsHealthyAndAgreesWithItself) {
    ASSERT_TRUE(save(test::tape_text(test::head_of("t1"), two_calls), {.tags = {"x"}}));
    EXPECT_EQ(provider().health_check(waits_).wait()->state, Health::State::healthy);
    const auto report = provider().inspect(waits_, {.contents = true}).wait();
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_TRUE(report->problems.empty());
}

TEST_P(ProviderSuite, KeepsWhatItHolds) {
    if (!GetParam().reopens) {
        GTEST_SKIP() << "in memory";
    }
    const std::string text = test::tape_text(test::head_of("t1"), two_calls);
    const TapeMetadata saved = save(text, {.tags = {"x"}}).value();
    library_ = open();
    EXPECT_EQ(provider().get_metadata(waits_, "t1").wait().value(), saved);
    EXPECT_EQ(ids(), "t1");
}

TEST_P(ProviderSuite, RefusesCallsAfterClose) {
    ASSERT_TRUE(save(test::tape_text(test::head_of("t1"), two_calls)));
    ASSERT_TRUE(provider().close(waits_).wait());
    ASSERT_TRUE(provider().close(waits_).wait());
    EXPECT_EQ(code_of(provider().get_metadata(waits_, "t1").wait()), ErrorCode::closed);
    EXPECT_EQ(code_of(save(test::tape_text(test::head_of("t2"), two_calls))), ErrorCode::closed);
}

TEST_P(ProviderSuite, WhoDoesNotWaitIsAnsweredTheSame) {
    const Context later;
    const std::string text = test::tape_text(test::head_of("t1"), two_calls);
    ASSERT_TRUE(provider().save_tape(later, {content(text)}).wait());
    EXPECT_EQ(provider().get_metadata(later, "t1").wait().value().frames, 4U);
    auto page = provider().list_tapes(later, parse("tool:search error", {})).wait();
    ASSERT_TRUE(page);
    EXPECT_EQ(page->tapes.size(), 1U);
    ASSERT_TRUE(provider().delete_tape(later, "t1").wait());
}

std::vector<Where> stock_providers() {
    std::vector<Where> rows = {{"memory", "memory:", false},
                               {"folder", "tape:DIR/t", true},
                               {"index_in_memory", "tape:DIR/t?index_strategy=memory", true},
                               {"sqlite", "tape+sqlite:DIR/t.db", true},
                               {"pair", "tape+pair:?blobs=memory:&index=sqlite:DIR/i.db", false}};
#ifdef TURNTABLE_TEST_ZSTD
    rows.push_back({"zstd", "tape:DIR/t?compression=zstd", true});
#endif
    return rows;
}

INSTANTIATE_TEST_SUITE_P(Stock, ProviderSuite, testing::ValuesIn(stock_providers()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace turntable::tape
