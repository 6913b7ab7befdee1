// Searches in a library of 10,000 tapes with a million frames, in one SQLite file. `bench_search
// FOLDER` puts it there.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"
#include "turntable/mcp/facts.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/registry.hpp"
#include "turntable/tape/sqlite.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable_bench {
namespace {

namespace tape = turntable::tape;
using turntable::Bytes;

constexpr int tape_count = 10'000;
constexpr int calls_per_tape = 50;
/// One tape in so many has the rare word, in one frame.
constexpr int needle_every = 500;

void require(bool holds, const std::string& what) {
    if (!holds) {
        std::fprintf(stderr, "bench_search: %s\n", what.c_str());
        std::abort();
    }
}

double ms_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

/// Sessions of MCP: calls of some tools, with texts of 2,000 words.
class Sessions {
  public:
    Sessions() {
        const char* const parts[] = {"ba",  "ter", "lo", "min", "gra", "ve",  "sok", "ul",
                                     "ent", "pra", "xi", "ond", "fu",  "tel", "nor", "is"};
        for (int i = 0; i < 2000; ++i) {
            std::string& word = words_.emplace_back();
            for (int part = 0; part < 3; ++part) {
                word += parts[random_.next() % std::size(parts)];
            }
        }
    }
    std::string next() {
        const int number = number_++;
        std::string text;
        tape::Head head;
        head.id = "t" + std::to_string(number);
        head.name = "run " + std::to_string(number);
        head.created = tape::WallNanoseconds(std::chrono::seconds(1'700'000'000 + 60 * number));
        head.transport = "stdio";
        head.attributes = {{"tags", number % 20 == 0 ? "prod" : "dev"}};
        tape::WriterOptions options;
        options.flush_each = false;
        auto writer =
            tape::Writer::create(std::make_unique<tape::MemorySink>(text), head, options).value();
        for (int call = 0; call < calls_per_tape; ++call) {
            const bool needle = number % needle_every == 7 && call == calls_per_tape / 2;
            add_call(writer, call, needle ? "needle in the haystack" : sentence(6));
        }
        require(writer.end(time_).has_value(), "the end is refused");
        return text;
    }

  private:
    std::string sentence(int count) {
        std::string text;
        for (int i = 0; i < count; ++i) {
            text += (i == 0 ? "" : " ") + words_[random_.next() % words_.size()];
        }
        return text;
    }
    void add(tape::Writer& writer, tape::Direction direction, const std::string& text) {
        require(writer.frame({.time = time_, .direction = direction, .payload = Bytes::copy(text)})
                    .has_value(),
                "a frame is refused");
    }
    void add_call(tape::Writer& writer, int call, const std::string& answer) {
        const char* const tools[] = {"search", "read_file", "list_files", "fetch", "write_file"};
        const std::string id = std::to_string(call);
        time_ = tape::TapeTime(call * 1'000'000);
        add(writer, tape::Direction::client_to_server,
            R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"tools/call","params":{"name":")" +
                tools[random_.next() % std::size(tools)] + R"(","arguments":{"query":")" +
                sentence(3) + R"("}}})");
        // One call in a thousand takes some seconds.
        time_ += tape::TapeTime(random_.next() % 1000 == 0 ? 3'000'000'000 : 500'000);
        const bool failed = random_.next() % 100 == 0;
        add(writer, tape::Direction::server_to_client,
            R"({"jsonrpc":"2.0","id":)" + id +
                (failed ? R"(,"error":{"code":-32000,"message":")" + answer + "\"}}"
                        : R"(,"result":{"content":[{"type":"text","text":")" + answer + "\"}]}}"));
    }

    Sequence random_{1};
    std::vector<std::string> words_;
    int number_ = 0;
    tape::TapeTime time_{};
};

void make(const tape::Library& library) {
    const auto start = std::chrono::steady_clock::now();
    Sessions sessions;
    constexpr int batch = 500;
    for (int i = 0; i < tape_count; i += batch) {
        std::vector<std::unique_ptr<tape::Source>> contents;
        for (int one = 0; one < batch; ++one) {
            contents.push_back(std::make_unique<tape::MemorySource>(Bytes::take(sessions.next())));
        }
        for (const auto& saved : library.save_all(std::move(contents))) {
            require(saved.has_value(), saved ? "" : saved.error().to_string());
        }
    }
    std::printf("{\"name\":\"tapes, saved a second\",\"value\":%.0f}\n",
                tape_count * 1000.0 / ms_since(start));
}

tape::SearchCriteria criteria_of(const std::string& query) {
    return tape::parse_query(query, turntable::WallTime(std::chrono::seconds(1'700'600'000)))
        .value();
}

/// The median of some runs, in milliseconds.
double search_ms(const tape::Library& library, const std::string& query) {
    const tape::SearchCriteria criteria = criteria_of(query);
    std::vector<double> times;
    for (int round = 0; round < 7; ++round) {
        const auto start = std::chrono::steady_clock::now();
        const auto page = library.search(criteria);
        times.push_back(ms_since(start));
        require(page.has_value(), page ? "" : page.error().to_string());
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

/// What a scan of the same tapes takes: all metadata, and the contents that these leave open.
double scan_ms(const tape::Library& library, const std::string& query) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<tape::TapeMetadata> all;
    const auto visited = library.for_each({}, [&](const tape::TapeMetadata& tape) {
        all.push_back(tape);
        return turntable::Result<bool>(true);
    });
    require(visited.has_value(), "the tapes cannot be listed");
    const auto content = [&library](const tape::TapeMetadata& tape) {
        const auto contains = [&library, id = tape.id](std::string_view text) {
            auto reader = tape::Reader::open(library.source(id).value()).value();
            for (auto record = reader.next().value(); record; record = reader.next().value()) {
                const auto* frame = std::get_if<tape::Frame>(&*record);
                if (frame != nullptr && tape::contains_folded(frame->payload.text(), text)) {
                    return turntable::Result<bool>(true);
                }
            }
            return turntable::Result<bool>(false);
        };
        return tape::SearchContent{.contains = contains};
    };
    const auto page = tape::select_page(criteria_of(query), std::move(all), content);
    require(page && page->tapes.size() == library.search(criteria_of(query))->tapes.size(),
            "the scan finds others: " + query);
    return ms_since(start);
}

/// The slowest of some searches counts.
void measure(const tape::Library& library, const std::string& kind, double target_ms,
             const std::vector<std::string>& queries) {
    double slowest = 0;
    for (const std::string& query : queries) {
        const double ms = search_ms(library, query);
        std::fprintf(stderr, "%8.2f ms  %s\n", ms, query.c_str());
        slowest = std::max(slowest, ms);
    }
    print({"search of 10,000 tapes, a million frames: " + kind + ", the slowest of " +
               std::to_string(queries.size()),
           "the target", "ms", slowest, target_ms, false, 1});
    print({"search of 10,000 tapes, a million frames: " + kind, "linear scan", "ms",
           search_ms(library, queries[0]), scan_ms(library, queries[0]), false, 0.1});
}

}  // namespace
}  // namespace turntable_bench

int main(int argc, char** argv) {
    const std::string path = std::string(argc > 1 ? argv[1] : ".") + "/search.db";
    turntable_bench::tape::Registry registry;
    turntable_bench::require(turntable_bench::tape::register_sqlite(registry).has_value(), "");
    {
        const auto library = registry.open("tape+sqlite:" + path + "?durability=off",
                                           {.analyzer = turntable::mcp::facts()});
        turntable_bench::make(library.value());
        turntable_bench::measure(
            *library, "metadata", 10,
            {"tag:prod tool:search since:2d", "tool:search error took>2s", "tool:search error",
             "name:\"run 77\"", "state:complete sort:-duration", "error:-32000 -tag:prod",
             "sort:name limit:100", "took>2s", "tag:none"});
        turntable_bench::measure(*library, "full text", 50,
                                 {"needle", "\"in the haystack\"", "\"tools/call\"", "balomin",
                                  "needle tag:prod", "nowhereatall"});
        // All its parts are common, and it is nowhere: the index hardly helps.
        const std::string common = "\"ent pra ent\"";
        turntable_bench::print({"search of 10,000 tapes, a million frames: text of common parts",
                                "linear scan", "ms", turntable_bench::search_ms(*library, common),
                                turntable_bench::scan_ms(*library, common), false, 1});
    }
    for (const char* ending : {"", "-wal", "-shm"}) {
        std::filesystem::remove(path + ending);
    }
    return 0;
}
