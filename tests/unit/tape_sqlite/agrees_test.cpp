// What the SQLite provider finds is what a scan finds: random criteria over random tapes.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/providers.hpp"
#include "support/recorded_tape.hpp"
#include "support/temp_folder.hpp"
#include "turntable/tape/query.hpp"

namespace turntable::tape {
namespace {

using namespace std::string_literals;

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
    bool one_in(std::size_t count) { return below(count) == 0; }
    template <class T>
    const T& of(const std::vector<T>& choices) {
        return choices[below(choices.size())];
    }

  private:
    std::mt19937_64 random_;
};

const std::vector<std::string> words = {
    "search", "Fetch", "get_file",    "get_dir",  "x",          "ok",      "timeout",
    "ABC",    "bcd",   "caf\xc3\xa9", "nul\0in"s, "\xff\x80"s,  "a b c d", "prod",
    "dev",    "7",     "-32000",      "stdio",    "notes here", "st",      "deadline exceeded"};

/// A word that is UTF-8: labels and heads have no others.
const std::string& readable(Chance& chance) {
    for (;;) {
        const std::string& word = chance.of(words);
        if (word[0] != '\xff') {
            return word;
        }
    }
}

/// Calls with messages, of both directions, some of which nobody answers.
class TalkAnalyzer final : public Analyzer {
  public:
    void take(const Record& record, std::vector<Call>& finished) override {
        const auto* frame = std::get_if<Frame>(&record);
        if (frame == nullptr) {
            return;
        }
        facts_.protocol = "Talk";
        facts_.client.name = "Client";
        facts_.versions = {"v1", ""};
        const std::string text = frame->payload.view().to_string();
        const std::size_t sum =
            text.size() + static_cast<unsigned char>(text.empty() ? 0 : text[0]);
        ++facts_.requests;
        Call call;
        call.request = frame->number;
        call.direction = frame->direction;
        static const std::vector<std::string> methods = {"tools/call", "resources/read",
                                                         "prompts/get", "Tools/Call", "ping"};
        call.method = methods[sum % methods.size()];
        call.subject = text.substr(0, text.find(' '));
        if (sum % 4 == 0) {
            ++facts_.errors;
            call.error = words[sum % words.size()];
            call.error_text = text;
        }
        if (sum % 3 != 0) {
            call.took = TapeTime(static_cast<std::int64_t>(sum % 7) * 1'000'000);
        }
        finished.push_back(std::move(call));
    }
    Facts finish(std::vector<Call>&) override { return facts_; }

  private:
    Facts facts_;
};

AnalyzerFactory talk() {
    return [] { return std::make_unique<TalkAnalyzer>(); };
}

std::string random_tape(Chance& chance, const std::string& id, bool many) {
    Head head = test::head_of(id, chance.one_in(2) ? readable(chance) : "");
    head.created += std::chrono::minutes(chance.below(5));
    head.attributes = {{"env", readable(chance)}};
    if (chance.one_in(3)) {
        head.attributes.emplace_back("tags", "prod,dev");
    }
    if (chance.one_in(3)) {
        head.links = {{"copy_of", "t1"}};
    }
    std::vector<test::SaidCall> calls;
    // More names than metadata hold.
    const std::size_t count = many ? 300 : chance.below(6);
    for (std::size_t i = 0; i < count; ++i) {
        calls.push_back(
            {chance.of(words) + " " + chance.of(words) + std::to_string(count > 9 ? i : 0),
             chance.of(words), std::chrono::milliseconds(chance.below(4))});
        if (count > 9) {
            calls.back().request.insert(0, std::to_string(i));
        }
    }
    return test::tape_text(head, calls, chance.one_in(4) ? "" : "complete");
}

Labels random_labels(Chance& chance) {
    Labels labels;
    if (chance.one_in(3)) {
        labels.name = readable(chance);
    }
    if (chance.one_in(3)) {
        labels.description = readable(chance) + " " + readable(chance);
    }
    if (chance.one_in(2)) {
        labels.tags = {"prod", "Dev"};
    }
    if (chance.one_in(3)) {
        labels.notes = {readable(chance)};
        labels.attributes = {{"env", "mine"}};
    }
    labels.pinned = chance.one_in(4);
    return labels;
}

Term random_term(Chance& chance) {
    const FieldInfo& info = query_fields()[chance.below(query_fields().size())];
    Term term{.field = info.field};
    if (info.field == Field::attribute) {
        term.key = chance.one_in(2) ? "env" : "tags";
    }
    if (info.type != FieldType::text) {
        if (info.type != FieldType::flag) {
            static const std::vector<Compare> orders = {Compare::has,     Compare::equal,
                                                        Compare::less,    Compare::less_equal,
                                                        Compare::greater, Compare::greater_equal};
            term.compare = chance.of(orders);
            term.number = static_cast<std::int64_t>(chance.below(5)) *
                          (info.type == FieldType::duration ? 1'000'000
                           : chance.one_in(2)               ? 1
                                                            : 20);
        }
        if (info.type == FieldType::time) {
            term.compare = Compare::greater_equal;
            term.number = 1'700'000'000'000'000'000 +
                          static_cast<std::int64_t>(chance.below(5)) * 60'000'000'000;
        }
        return term;
    }
    if (info.field == Field::error && chance.one_in(2)) {
        term.any = true;
        return term;
    }
    static const std::vector<std::string> texts = {
        "prod", "t1", "complete", "c2s", "Talk", "v1", "client", "server", "tools/call"};
    term.text = chance.one_in(2) ? chance.of(words) : chance.of(texts);
    if (info.field != Field::text) {
        static const std::vector<Compare> texts_compared = {Compare::has, Compare::equal,
                                                            Compare::part};
        term.compare = chance.of(texts_compared);
        if (term.compare != Compare::part && chance.one_in(3)) {
            static const std::vector<std::string> globs = {"*", "get_*", "?*", "*e*", "t?", "*RO*"};
            term.text = chance.of(globs);
            term.glob = true;
        }
    } else if (chance.one_in(3)) {
        term.text = term.text.substr(0, 1 + chance.below(term.text.size()));
    }
    return term;
}

Expression random_expression(Chance& chance, int depth) {
    switch (depth == 0 ? 3 : chance.below(5)) {
        case 0:
            return Expression::negation(random_expression(chance, depth - 1));
        case 1:
        case 2: {
            std::vector<Expression> parts;
            const std::size_t count = 1 + chance.below(3);
            for (std::size_t i = 0; i < count; ++i) {
                parts.push_back(random_expression(chance, depth - 1));
            }
            return chance.one_in(2) ? Expression::all(std::move(parts))
                                    : Expression::any(std::move(parts));
        }
        default:
            return Expression::of(random_term(chance));
    }
}

SearchCriteria random_criteria(Chance& chance) {
    for (;;) {
        SearchCriteria criteria{.where = random_expression(chance, 3)};
        std::vector<Field> sortable;
        for (const FieldInfo& info : query_fields()) {
            if (info.sortable) {
                sortable.push_back(info.field);
            }
        }
        criteria.sort = {chance.of(sortable), chance.one_in(2)};
        criteria.limit = static_cast<std::uint32_t>(1 + chance.below(20));
        if (check(criteria)) {
            return criteria;
        }
    }
}

/// The same tapes in both, some of them still growing, some damaged.
void fill(const std::vector<Library>& libraries, Chance& chance) {
    const Context waits{.caller_waits = true};
    for (int i = 0; i < 24; ++i) {
        const std::string id = (i % 2 == 0 ? "t" : "T") + std::to_string(i);
        std::string text = random_tape(chance, id, i == 9);
        const Labels labels = random_labels(chance);
        const std::size_t kind = chance.below(6);
        const std::size_t line = text.find('\n', text.size() / 3) + 1;
        bool is_tape = true;
        for (const Library& library : libraries) {
            AnyProvider& provider = library.provider();
            if (kind < 2) {
                ASSERT_TRUE(provider.append(waits, id, 0, text.substr(0, line)).wait());
                ASSERT_TRUE(provider.append(waits, id, line, text.substr(line)).wait());
                if (kind == 1) {
                    ASSERT_TRUE(provider.finish_tape(waits, id).wait());
                }
            } else {
                std::string stored = text;
                if (const std::size_t at = stored.find('\n') + 10;
                    kind == 2 && i >= 8 && at < stored.size()) {
                    stored[at] ^= 1;
                }
                const SaveRequest request{std::make_shared<MemorySource>(Bytes::copy(stored)),
                                          labels, false};
                const auto saved = provider.save_tape(waits, request).wait();
                // Some damage leaves no tape: then for both.
                const bool first = &library == &libraries.front();
                is_tape = first ? saved.has_value() : is_tape;
                ASSERT_EQ(saved.has_value(), is_tape) << saved.error().to_string();
            }
        }
    }
    // Change, replace and remove, so that what was indexed has to go again.
    for (const Library& library : libraries) {
        ASSERT_TRUE(library.tag("t2", {"later"}));
        ASSERT_TRUE(library.rename("T3", "Deadline of ABC"));
        ASSERT_TRUE(library.remove("t4"));
        const std::string text =
            test::tape_text(test::head_of("t6", "again"), {{"search timeout"}});
        ASSERT_TRUE(library.save(std::make_unique<MemorySource>(Bytes::copy(text)),
                                 {.labels = Labels{}, .replace = true}));
    }
}

std::vector<std::string> ids(const TapePage& page) {
    std::vector<std::string> all;
    for (const TapeMetadata& tape : page.tapes) {
        all.push_back(tape.id);
    }
    return all;
}

TEST(TapeSqlite, FindsWhatAScanFinds) {
    const test::TempFolder folder;
    std::vector<Library> libraries;
    for (const std::string& url :
         {"memory:"s, "tape+sqlite:" + folder.file("tapes.db?durability=off")}) {
        libraries.push_back(test::provider_registry().open(url, {.analyzer = talk()}).value());
    }
    Chance chance(5);
    fill(libraries, chance);
    if (HasFatalFailure()) {
        return;
    }
    std::uint64_t found = 0;
    for (int round = 0; round < 150; ++round) {
        SearchCriteria criteria = random_criteria(chance);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + to_text(criteria));
        for (int page = 0; page < 50; ++page) {
            const auto expected = libraries[0].search(criteria);
            const auto answer = libraries[1].search(criteria);
            ASSERT_TRUE(expected) << expected.error().to_string();
            ASSERT_TRUE(answer) << answer.error().to_string();
            ASSERT_EQ(ids(*answer), ids(*expected)) << "page " << page;
            ASSERT_TRUE(answer->tapes == expected->tapes);
            ASSERT_EQ(answer->next, expected->next);
            EXPECT_LE(answer->scanned, expected->scanned);
            found += answer->tapes.size();
            criteria.cursor = answer->next;
            if (criteria.cursor.empty()) {
                break;
            }
        }
    }
    EXPECT_GT(found, 600U) << "the criteria hit too little to tell anything";
    const auto report = libraries[1].rebuild().value();
    EXPECT_GT(report.repaired, 0U);
    EXPECT_EQ(libraries[1].rebuild().value().repaired, 0U);
}

}  // namespace
}  // namespace turntable::tape
