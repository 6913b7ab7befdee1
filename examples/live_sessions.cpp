// Keeps the sessions of a proxy while they go on, and makes a tape of one that ended.
#include <turntable/kv.hpp>
#include <turntable/kv/memory.hpp>
#include <turntable/tape/session_store.hpp>
#include <turntable/tape/writer.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace turntable;

template <class T>
T must(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
        std::exit(1);
    }
    return *std::move(result);
}

tape::Frame said(tape::Direction by, std::string_view text) {
    return {.direction = by, .payload = Bytes::copy(text)};
}

/// The tape of a session: its frames, as far as they are kept.
std::string tape_of(const tape::SessionStore& sessions, const tape::Session& session) {
    std::string bytes;
    tape::Head head;
    head.id = session.id;
    head.created = tape::WallNanoseconds(session.created.time_since_epoch());
    head.transport = session.transport;
    auto writer = must(tape::Writer::create(std::make_unique<tape::MemorySink>(bytes), head));
    tape::TapeTime time{};
    if (session.first_frame > 1) {
        if (!writer.append(tape::Gap{.frames = session.first_frame - 1, .why = "kept no longer"})) {
            std::exit(1);
        }
    }
    for (const tape::Frame& frame : must(sessions.frames(session.id))) {
        must(writer.frame(frame));
        time = frame.time;
    }
    if (!writer.end(time)) {
        std::exit(1);
    }
    return bytes;
}

}  // namespace

int main() {
    // Any database does: with "sqlite:live.db" other processes see the same sessions.
    kv::Registry registry;
    if (!kv::register_memory(registry)) {
        return 1;
    }
    const auto sessions = must(tape::SessionStore::create(must(registry.open("memory:")),
                                                          {.sessions_max = 100, .frames_max = 3}));

    const std::string id = must(sessions.begin({}, {.transport = "stdio"})).id;
    must(sessions.update(id, {.state = tape::SessionState::active}));
    for (int call = 1; call <= 2; ++call) {
        must(sessions.append(id, said(tape::Direction::client_to_server, "ping")));
        must(sessions.append(id, said(tape::Direction::server_to_client, "pong")));
    }
    for (const tape::Session& one : must(sessions.list({.state = tape::SessionState::active}))) {
        std::printf("%s: %llu frames, from %llu on\n", one.transport.c_str(),
                    static_cast<unsigned long long>(one.frames),
                    static_cast<unsigned long long>(one.first_frame));
    }
    const tape::Session ended = must(sessions.end(id));
    const std::string tape = tape_of(sessions, ended);
    must(sessions.sweep());
    const tape::SessionCounts counts = must(sessions.counts());
    std::printf("%llu ended; its tape has %zu bytes\n",
                static_cast<unsigned long long>(counts.ended), tape.size());
    return counts.ended == 1 && counts.frames == 3 && !tape.empty() ? 0 : 1;
}
