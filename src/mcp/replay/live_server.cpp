#include "mcp/replay/live_server.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "mcp/stdio/pipe.hpp"

namespace turntable::inline v0::mcp {

namespace {

/// A line with the id of its message replaced.
Bytes with_id(const Bytes& line, const Message& message, std::string_view id) {
    const auto at = static_cast<std::size_t>(message.id.data() - line.text().data());
    std::string out(line.text().substr(0, at));
    out += id;
    out += line.text().substr(at + message.id.size());
    return Bytes::take(std::move(out));
}

/// The message of a line with a single one.
std::optional<Message> single(const Bytes& line) {
    std::vector<Message> messages = read_messages(line);
    return messages.size() == 1 && !messages[0].batched ? std::optional(std::move(messages[0]))
                                                        : std::nullopt;
}

}  // namespace

LiveServer::LiveServer(Child child, int errors, const Bytes& initialize, Inbox& inbox,
                       PipeEnds stop, PipeEnds stop_errors)
    : child_(std::move(child)), stop_errors_(std::move(stop_errors)) {
    errors_ = std::jthread([this, errors] {
        std::vector<char> buffer(pipe_bytes);
        while (wait_readable(child_.errors.get(), stop_errors_.read.get())) {
            const std::size_t got = read_some(child_.errors.get(), buffer);
            if (got == 0 || !write_all(errors, ByteView(buffer.data(), got))) {
                break;
            }
        }
    });
    reader_ = std::make_unique<LineReader>(child_.output.get(), Speaker::live_server, inbox,
                                           std::move(stop));
    if (const auto message = single(initialize)) {
        send(initialize);
        initialize_id_ = std::string(message->id);
        initialized_by_us_ = true;
    }
}

Result<std::unique_ptr<LiveServer>> LiveServer::start(const std::vector<std::string>& command,
                                                      int errors, const Bytes& initialize,
                                                      Inbox& inbox) {
    TURNTABLE_TRY(PipeEnds stop, make_pipe());
    TURNTABLE_TRY(PipeEnds stop_errors, make_pipe());
    TURNTABLE_TRY(Child child, start_child(command));
    return std::unique_ptr<LiveServer>(new LiveServer(std::move(child), errors, initialize, inbox,
                                                      std::move(stop), std::move(stop_errors)));
}

LiveServer::~LiveServer() {
    child_.input.close();
    (void)::kill(child_.pid, SIGKILL);
    while (::waitpid(child_.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    [[maybe_unused]] const auto told = ::write(stop_errors_.write.get(), "", 1);
}

void LiveServer::send(ByteView line) {
    // A server that reads no more answers no more: its end is heard as the end of its output.
    (void)write_all(child_.input.get(), line);
}

void LiveServer::ask(std::string_view id, const Bytes& line) {
    asked_.emplace(id);
    if (!initialize_id_.empty()) {
        waiting_.push_back(line);
    } else {
        send(line);
    }
}

std::set<std::string, std::less<>> LiveServer::end() {
    alive_ = false;
    return std::exchange(asked_, {});
}

bool LiveServer::take(const Message& message, const Bytes& line) {
    if (message.is_answer()) {
        const auto found = ids_.find(std::string(message.id));
        if (found == ids_.end()) {
            return false;
        }
        send(with_id(line, message, found->second));
        ids_.erase(found);
        return true;
    }
    if (message.kind != MessageKind::notification) {
        return false;
    }
    if (message.method == "notifications/cancelled") {
        const auto asked = asked_.find(json_at(message.params, {"requestId"}));
        if (asked == asked_.end()) {
            return false;
        }
        asked_.erase(asked);
    } else if (message.method == "notifications/initialized" && initialized_by_us_) {
        return false;
    }
    send(line);
    // The tape may have it too, and what followed it.
    return message.method == "notifications/cancelled";
}

std::optional<Bytes> LiveServer::hear(const Bytes& line) {
    const auto message = single(line);
    if (!message) {
        return line;
    }
    if (message->is_answer() && !initialize_id_.empty() && message->id == initialize_id_) {
        initialize_id_.clear();
        send(std::string_view("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"));
        for (const Bytes& waiting : waiting_) {
            send(waiting);
        }
        waiting_.clear();
        return std::nullopt;
    }
    if (message->is_answer()) {
        if (const auto asked = asked_.find(message->id); asked != asked_.end()) {
            asked_.erase(asked);
        }
        return line;
    }
    if (message->kind == MessageKind::request) {
        const std::string id = "\"live-" + std::to_string(next_id_++) + "\"";
        ids_[id] = std::string(message->id);
        return with_id(line, *message, id);
    }
    return line;
}

}  // namespace turntable::inline v0::mcp
