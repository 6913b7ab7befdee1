// What several do at once.
#include <array>
#include <atomic>

#include "blob/cases/groups.hpp"
#include "blob/environment.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

constexpr unsigned racers = 8;

/// Two handles where the subject can give two, so that a lock inside one does not help.
std::array<const Store*, 2> handles(Environment& environment) {
    const Store* first = &environment.store();
    const Store* second =
        environment.subject().open_second == nullptr ? first : &environment.second();
    return {first, second};
}

/// Counts what still goes on, also when it fails.
class Busy {
  public:
    explicit Busy(std::atomic<unsigned>& count) noexcept : count_(count) {}
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() { --count_; }

  private:
    std::atomic<unsigned>& count_;
};

/// A content that tells whether it is whole: one byte, repeated as often as it says.
std::string whole(unsigned number) {
    const auto letter = static_cast<char>('a' + number % 26);
    return std::string(20'000 + number % 26 * 3'000, letter);
}

void expect_whole(std::string_view text, const Location& where = Location::current()) {
    const unsigned number = text.empty() ? 0 : static_cast<unsigned char>(text.front()) - 'a';
    if (text != whole(number)) {
        fail("what is read while it is overwritten", "one content, whole",
             show(text.size()) + " bytes that begin with " + show(ByteView(text)), where);
    }
}

void race_no_torn_read(Environment& environment) {
    const auto stores = handles(environment);
    stores[0]->put("file", whole(0));
    std::atomic<unsigned> writing = 2;
    in_threads(4, [&](unsigned thread) {
        const Store& store = *stores[thread % 2];
        if (thread < 2) {
            const Busy busy(writing);
            for (unsigned i = 0; i < 100; ++i) {
                store.put("file", whole(i * 2 + thread));
            }
            return;
        }
        for (unsigned i = 0; writing > 0 || i < 20; ++i) {
            expect_whole(store.text("file"));
            if (store.can().read_one_version) {
                Reader reader = expect_ok(store->reader("file", {.chunk_bytes = 4096}), "reader");
                std::string text;
                while (text.size() < reader.size_bytes()) {
                    text += expect_ok(reader.read(5'000), "read").text();
                }
                expect_whole(text);
            }
        }
    });
}

void race_writers_do_not_mix(Environment& environment) {
    const auto stores = handles(environment);
    in_rounds(4, 25, [&](unsigned thread, unsigned round) {
        const Store& store = *stores[thread % 2];
        const std::string content = whole(thread + round);
        Writer writer = expect_ok(store->writer("file"), "writer");
        for (std::size_t at = 0; at < content.size(); at += 5'000) {
            expect_ok(writer.write(std::string_view(content).substr(at, 5'000)), "write");
        }
        expect_ok(writer.finish(), "finish");
        expect_whole(store.text("file"));
    });
}

/// `attempt(store, thread, round)` must work for exactly one of the racers of each round, and give
/// `loses` to the others.
template <class F>
std::vector<std::atomic<unsigned>> race(Environment& environment, ErrorCode loses, F attempt) {
    const auto stores = handles(environment);
    const unsigned rounds = environment.options().race_rounds;
    std::vector<std::atomic<unsigned>> winners(rounds);
    std::vector<std::atomic<unsigned>> winner(rounds);
    in_rounds(racers, rounds, [&](unsigned thread, unsigned round) {
        const auto result = attempt(*stores[thread % 2], thread, round);
        if (result) {
            ++winners[round];
            winner[round] = thread;
        } else {
            expect_code(result, {loses}, "what the losers get");
        }
    });
    for (unsigned round = 0; round < rounds; ++round) {
        expect_equal(1U, winners[round].load(), "winners in round " + show(round));
    }
    return winner;
}

std::string race_name(std::string_view what, unsigned round) {
    return "race/" + std::string(what) + std::to_string(round);
}

void race_one_creates(Environment& environment) {
    const auto winner =
        race(environment, ErrorCode::already_exists,
             [](const Store& store, unsigned thread, unsigned round) {
                 const std::string path = race_name("", round);
                 if (round % 2 == 0) {
                     return store->write(path, whole(thread), {.if_not_exists = true});
                 }
                 Result<Writer> writer = store->writer(path, {.if_not_exists = true});
                 if (!writer) {
                     return Result<Metadata>(std::move(writer).error());
                 }
                 expect_ok(writer->write(whole(thread)), "write");
                 return writer->finish();
             });
    const Store& store = environment.store();
    for (unsigned round = 0; round < winner.size(); ++round) {
        expect(store.text(race_name("", round)) == whole(winner[round]),
               "what the winner wrote is there");
    }
    expect_equal(winner.size(), store.names("race/").size(), "nothing else is left");
}

void race_one_replaces(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> etags;
    for (unsigned round = 0; round < environment.options().race_rounds; ++round) {
        etags.push_back(store.put(race_name("", round), "old").etag);
    }
    const auto winner = race(environment, ErrorCode::condition_failed,
                             [&](const Store& handle, unsigned thread, unsigned round) {
                                 return handle->write(race_name("", round), whole(thread),
                                                      {.if_match = etags[round]});
                             });
    for (unsigned round = 0; round < winner.size(); ++round) {
        expect(store.text(race_name("", round)) == whole(winner[round]),
               "what the winner wrote is there");
    }
}

void race_one_copies(Environment& environment) {
    const Store& store = environment.store();
    for (unsigned thread = 0; thread < racers; ++thread) {
        store.put(race_name("from", thread), whole(thread));
    }
    const auto winner =
        race(environment, ErrorCode::already_exists,
             [](const Store& handle, unsigned thread, unsigned round) {
                 return handle->copy(race_name("from", thread), race_name("to", round),
                                     {.if_not_exists = true});
             });
    for (unsigned round = 0; round < winner.size(); ++round) {
        expect(store.text(race_name("to", round)) == whole(winner[round]),
               "what the winner copied is there");
    }
}

void race_one_renames(Environment& environment) {
    const Store& store = environment.store();
    const unsigned rounds = environment.options().race_rounds;
    const auto from = [](unsigned thread, unsigned round) {
        return race_name("from" + std::to_string(thread) + "-", round);
    };
    for (unsigned round = 0; round < rounds; ++round) {
        for (unsigned thread = 0; thread < racers; ++thread) {
            store.put(from(thread, round), std::to_string(thread));
        }
    }
    const auto winner = race(environment, ErrorCode::already_exists,
                             [&](const Store& handle, unsigned thread, unsigned round) {
                                 return handle->rename(from(thread, round), race_name("to", round),
                                                       {.if_not_exists = true});
                             });
    for (unsigned round = 0; round < rounds; ++round) {
        expect_equal(std::to_string(winner[round]), store.text(race_name("to", round)),
                     "what the winner renamed");
    }
    expect_equal(std::size_t{rounds} * racers, store.names("race/").size(),
                 "the sources of the losers stay");
}

void race_one_removes(Environment& environment) {
    const Store& store = environment.store();
    std::vector<std::string> etags;
    for (unsigned round = 0; round < environment.options().race_rounds; ++round) {
        etags.push_back(store.put(race_name("", round), "old").etag);
    }
    (void)race(environment, ErrorCode::condition_failed,
               [&](const Store& handle, unsigned, unsigned round) {
                   return handle->remove(race_name("", round), {.if_match = etags[round]});
               });
    store.expect_files({});
}

void race_updates_add_up(Environment& environment) {
    const auto stores = handles(environment);
    stores[0]->put("counter", "0");
    constexpr unsigned each = 25;
    in_threads(4, [&](unsigned thread) {
        const Store& store = *stores[thread % 2];
        for (unsigned done = 0; done < each;) {
            const std::string etag = store.stat("counter").etag;
            const auto seen = store->read("counter", {}, {.if_match = etag});
            if (!seen) {
                expect_code(seen, {ErrorCode::condition_failed}, "read of this version");
                continue;
            }
            const std::string next = std::to_string(std::stoul(seen->to_string()) + 1);
            const auto written = store->write("counter", next, {.if_match = etag});
            if (!written) {
                expect_code(written, {ErrorCode::condition_failed}, "write over this version");
            }
            done += written ? 1 : 0;
        }
    });
    stores[0]->expect_text("counter", std::to_string(4 * each));
}

void race_appends_add_up(Environment& environment) {
    const auto stores = handles(environment);
    constexpr unsigned each = 50;
    constexpr std::size_t record = 200;
    const auto record_of = [](unsigned thread, unsigned round) {
        std::string text = std::to_string(thread) + ":" + std::to_string(round) + ";";
        return text.append(record - text.size(), static_cast<char>('a' + thread));
    };
    in_rounds(4, each, [&](unsigned thread, unsigned round) {
        const Store& store = *stores[thread % 2];
        expect_ok(store->append("log", record_of(thread, round)), "append");
        expect_equal(0U, store.text("log").size() % record, "half a record is never read");
    });
    const std::string log = stores[0]->text("log");
    expect_equal(4 * each * record, log.size(), "the size of all that was appended");
    std::array<unsigned, 4> next{};
    for (std::size_t at = 0; at < log.size(); at += record) {
        const unsigned thread = static_cast<unsigned char>(log[at]) - '0';
        expect(thread < next.size(), "a record begins with its thread");
        expect_equal(record_of(thread, next[thread]++), log.substr(at, record),
                     "each record once, whole, in the order of its thread");
    }
}

/// Names that the threads of race_listing write; anything else in a listing is not theirs.
std::string listed_name(unsigned number) { return "dir/file" + std::to_string(number % 10); }

void expect_only_known(const Store& store) {
    for (const bool recursive : {false, true}) {
        for (const std::string& path :
             store.names(recursive ? "" : "dir/", {.recursive = recursive})) {
            const bool known = path == "dir/" || (path.size() == listed_name(0).size() &&
                                                  path.starts_with("dir/file") &&
                                                  path.back() >= '0' && path.back() <= '9');
            if (!known) {
                fail("a listing while others write", "only what they write", path);
            }
        }
    }
}

void race_listing(Environment& environment) {
    const auto stores = handles(environment);
    for (unsigned number = 0; number < 10; ++number) {
        stores[0]->put(listed_name(number), "x");
    }
    std::atomic<unsigned> writing = 3;
    in_threads(4, [&](unsigned thread) {
        const Store& store = *stores[thread % 2];
        if (thread == 0) {
            while (writing > 0) {
                expect_only_known(store);
            }
            return;
        }
        const Busy busy(writing);
        for (unsigned i = 0; i < 60; ++i) {
            Writer writer = expect_ok(store->writer(listed_name(i + thread)), "writer");
            expect_ok(writer.write(whole(i)), "write");
            if (i % 10 == 0) {
                expect_only_known(store);
            }
            if (i % 3 == 0) {
                expect_ok(writer.abort(), "abort");
            } else if (i % 3 == 1) {
                expect_ok(writer.finish(), "finish");
            }
            store.put(listed_name(i), whole(i));
            // Each thread removes a name of its own, and none that another copies.
            expect_ok(store->copy(listed_name(4 + i % 6), listed_name(thread)), "copy");
            if (i % 5 == 0) {
                expect_ok(store->remove(listed_name(thread)), "remove");
            }
        }
    });
    expect_only_known(*stores[0]);
}

void race_rename(Environment& environment) {
    const auto stores = handles(environment);
    stores[0]->put("to", whole(0));
    std::atomic<unsigned> writing = 1;
    in_threads(3, [&](unsigned thread) {
        const Store& store = *stores[thread % 2];
        if (thread == 0) {
            const Busy busy(writing);
            for (unsigned i = 0; i < 100; ++i) {
                store.put("from", whole(i));
                expect_ok(store->rename("from", "to"), "rename");
            }
            return;
        }
        for (unsigned i = 0; writing > 0 || i < 20; ++i) {
            expect_whole(store.text("to"));
        }
    });
    stores[0]->expect_files({"to"});
}

}  // namespace

std::vector<Case> race_cases() {
    using enum Need;
    return {
        {"race.no_torn_read",
         "Who reads while others overwrite sees one version, whole.",
         {writes, atomic_write},
         race_no_torn_read},
        {"race.writers_do_not_mix",
         "What several writers of one name write is never mixed.",
         {writes, atomic_write},
         race_writers_do_not_mix},
        {"race.one_creates",
         "Of eight that create one file, one succeeds, in each of many rounds.",
         {writes, exclusive_create},
         race_one_creates},
        {"race.one_replaces",
         "Of eight that replace one version, one succeeds.",
         {writes, etag, write_if_match},
         race_one_replaces},
        {"race.one_removes",
         "Of eight that remove one version, one succeeds.",
         {writes, etag, remove_if_match},
         race_one_removes},
        {"race.one_copies",
         "Of eight that copy to one name that is free, one succeeds.",
         {writes, exclusive_copy},
         race_one_copies},
        {"race.one_renames",
         "Of eight that rename to one name that is free, one succeeds.",
         {writes, exclusive_copy},
         race_one_renames},
        {"race.updates_add_up",
         "Updates under if_match lose nothing.",
         {writes, etag, write_if_match},
         race_updates_add_up},
        {"race.appends_add_up",
         "Appends at the same time lose nothing and do not mix.",
         {writes, atomic_append},
         race_appends_add_up},
        {"race.listing_shows_only_what_is_there",
         "A listing while others write shows no temporary file.",
         {writes, atomic_write},
         race_listing},
        {"race.rename_is_one_step",
         "A name that is renamed over is there at each moment, whole.",
         {writes, atomic_rename, atomic_write},
         race_rename},
    };
}

}  // namespace turntable::inline v0::blob::conformance
