// What several do at once.
#include <array>
#include <atomic>
#include <mutex>

#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

constexpr unsigned racers = 8;

/// Two providers where the subject can give two, so that a lock inside one does not help.
std::array<const Tapes*, 2> handles(Environment& environment) {
    const Tapes* first = &environment.tapes();
    return {first, &environment.other()};
}

void one_saves(Environment& environment) {
    const auto tapes = handles(environment);
    const unsigned rounds = environment.options().race_rounds;
    std::vector<std::atomic<unsigned>> winners(rounds);
    std::vector<std::atomic<unsigned>> winner(rounds);
    in_rounds(racers, rounds, [&](unsigned thread, unsigned round) {
        const std::string id = "t" + std::to_string(round);
        const std::string text =
            sample_tape(sample_head(id, "by " + std::to_string(thread)), {{"a"}});
        const auto saved =
            tapes[thread % 2]->save(text, Labels{.description = std::to_string(thread)});
        if (saved) {
            winners[round] += 1;
            winner[round] = thread;
        } else {
            expect_code(saved, {ErrorCode::already_exists, ErrorCode::busy, ErrorCode::conflict},
                        "save_tape of one who was not first");
        }
    });
    for (unsigned round = 0; round < rounds; ++round) {
        const std::string id = "t" + std::to_string(round);
        expect_equal(1U, winners[round].load(), "who of eight saved " + id);
        const std::string who = std::to_string(winner[round].load());
        const TapeMetadata tape = tapes[0]->metadata(id);
        expect_equal("by " + who, tape.head_name, "the tape of the one who saved");
        tapes[0]->expect_whole(id, {.description = who});
    }
}

void one_deletes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const unsigned rounds = environment.options().race_rounds;
    for (unsigned round = 0; round < rounds; ++round) {
        tapes.put(sample_tape(sample_head("t" + std::to_string(round)), {{"a"}}));
    }
    std::vector<std::atomic<unsigned>> winners(rounds);
    in_rounds(racers, rounds, [&](unsigned, unsigned round) {
        const auto removed = tapes.remove("t" + std::to_string(round));
        if (removed) {
            winners[round] += 1;
        } else {
            expect_code(removed, {ErrorCode::not_found}, "delete_tape of one who was not first");
        }
    });
    for (const std::atomic<unsigned>& count : winners) {
        expect_equal(1U, count.load(), "who of eight deleted a tape");
    }
    tapes.expect_ids({});
}

void one_begins(Environment& environment) {
    const auto tapes = handles(environment);
    const unsigned rounds = environment.options().race_rounds;
    std::vector<std::atomic<unsigned>> winners(rounds);
    in_rounds(racers, rounds, [&](unsigned thread, unsigned round) {
        const std::string id = "t" + std::to_string(round);
        const auto begun = tapes[thread % 2]->append(
            id, 0, sample_tape(sample_head(id, "by " + std::to_string(thread)), {}, ""));
        if (begun) {
            winners[round] += 1;
        } else {
            expect_code(begun, {ErrorCode::already_exists, ErrorCode::busy, ErrorCode::conflict},
                        "append of one who was not first");
        }
    });
    for (unsigned round = 0; round < rounds; ++round) {
        expect_equal(1U, winners[round].load(), "who of eight began a tape");
        const std::string id = "t" + std::to_string(round);
        expect_ok(tapes[0]->finish(id), "finish_tape");
        tapes[0]->expect_whole(id, {});
    }
}

void labels_add_up(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"));
    const unsigned rounds = environment.options().race_rounds;
    in_rounds(racers, rounds, [&](unsigned thread, unsigned round) {
        expect_ok(tapes.update("t1", {.add_tags = {std::to_string(round * racers + thread)}}),
                  "update_metadata");
    });
    expect_equal(std::size_t{racers} * rounds, tapes.metadata("t1").labels.tags.size(),
                 "tags that were added");
}

void no_torn_read(Environment& environment) {
    const auto tapes = handles(environment);
    // Of different lengths, so that a piece of one in the other shows.
    const std::array<std::string, 2> texts = {environment.tape("t1", 90'000),
                                              environment.tape("t1", 50'000)};
    std::array<std::string, 2> stored;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        expect_ok(tapes[0]->save(texts[i], {}, true), "save_tape");
        stored[i] = tapes[0]->text("t1");
    }
    const unsigned rounds = environment.options().race_rounds;
    in_rounds(3, rounds, [&](unsigned thread, unsigned round) {
        if (thread == 0) {
            expect_ok(tapes[0]->save(texts[round % 2], {}, true), "replacing");
            return;
        }
        for (int again = 0; again < 20; ++again) {
            const StoredTape tape = expect_ok(tapes[thread - 1]->load("t1"), "load_tape");
            expect(tape.content.view() == ByteView(stored[0]) ||
                       tape.content.view() == ByteView(stored[1]),
                   "what is loaded is one of the two tapes");
            expect_equal(std::uint64_t{tape.content.size()}, tape.metadata.stored_bytes,
                         "the size in the metadata that came with it");
        }
    });
}

void recordings(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    std::array<std::string, racers> texts;
    for (unsigned i = 0; i < racers; ++i) {
        texts[i] = environment.tape("live" + std::to_string(i), 20'000);
    }
    in_threads(racers, [&](unsigned thread) {
        const std::string id = "live" + std::to_string(thread);
        const std::string& text = texts[thread];
        for (std::size_t from = 0; from < text.size();) {
            const std::size_t to = text.find('\n', from) + 1;
            tapes.record(id, from, std::string_view(text).substr(from, to - from));
            from = to;
        }
        expect_ok(tapes.finish(id), "finish_tape");
    });
    for (unsigned i = 0; i < racers; ++i) {
        const std::string id = "live" + std::to_string(i);
        expect_equal(texts[i], tapes.text(id), "what was recorded, byte for byte");
        tapes.expect_whole(id, {});
    }
}

void same_append(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live", 10'000);
    in_threads(racers, [&](unsigned) {
        for (std::size_t from = 0; from < text.size();) {
            const std::size_t to = text.find('\n', from) + 1;
            const auto answer =
                tapes.append("live", from, std::string_view(text).substr(from, to - from));
            if (!answer && from == 0) {
                // Another one went on already.
                expect_code(answer, {ErrorCode::already_exists}, "beginning what goes on");
            } else {
                expect(expect_ok(answer, "append") >= to, "the content has these bytes then");
            }
            from = to;
        }
    });
    expect_equal(text, tapes.text("live"), "nothing is doubled");
}

void listing(Environment& environment) {
    const auto tapes = handles(environment);
    const unsigned rounds = environment.options().race_rounds;
    in_rounds(4, rounds, [&](unsigned thread, unsigned round) {
        const std::string id = "t" + std::to_string(thread);
        if (thread < 2) {
            expect_ok(
                tapes[thread]->save(sample_tape(sample_head(id, std::to_string(round)), {{"a"}})),
                "save_tape");
            expect_ok(tapes[thread]->remove(id), "delete_tape");
            return;
        }
        for (const TapeMetadata& tape : expect_ok(tapes[thread - 2]->list(), "list_tapes").tapes) {
            const auto loaded = tapes[thread - 2]->load(tape.id);
            if (!loaded) {
                expect_code(loaded, {ErrorCode::not_found}, "load_tape of what was listed");
            }
        }
    });
    tapes[0]->expect_ids({});
}

}  // namespace

std::vector<Case> race_cases() {
    using enum Need;
    return {
        {"race.one_saves", "Of eight that save one id, one does.", {writes}, one_saves},
        {"race.one_begins", "Of eight that begin one id, one does.", {writes, append}, one_begins},
        {"race.one_deletes", "Of eight that delete one tape, one does.", {writes}, one_deletes},
        {"race.labels_add_up", "Labels that are added at once all stay.", {writes}, labels_add_up},
        {"race.no_torn_read",
         "Who reads while others replace gets one tape, with its own metadata.",
         {writes},
         no_torn_read},
        {"race.recordings",
         "Recordings beside each other do not mix.",
         {writes, append},
         recordings},
        {"race.same_append", "The same append by several is one.", {writes, append}, same_append},
        {"race.listing",
         "What a listing names can be read, unless it was deleted since.",
         {writes},
         listing},
    };
}

}  // namespace turntable::inline v0::tape::conformance
