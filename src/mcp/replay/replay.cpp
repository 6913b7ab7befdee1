#include "turntable/mcp/replay.hpp"

#include "mcp/replay/batches.hpp"
#include "mcp/replay/inbox.hpp"
#include "mcp/replay/live_server.hpp"
#include "mcp/stdio/pipe.hpp"
#include "turntable/mcp/message.hpp"
#include "turntable/mcp/player_protocol.hpp"

namespace turntable::inline v0::mcp {

namespace {

using tape::Direction;

/// What a live server has for ending by itself.
constexpr std::chrono::seconds live_end_time_max{2};

/// One client, one tape, and perhaps a live server.
class Session {
  public:
    Session(tape::Player& player, const ReplayOptions& options, std::shared_ptr<Runtime> runtime)
        : player_(player), options_(options), runtime_(std::move(runtime)) {
        if (options_.record != nullptr) {
            record_from_ = options_.record->totals().time;
        }
    }

    Result<ReplayOutcome> run();

  private:
    Instant now() const { return runtime_->clock().steady_now(); }
    /// False: the client is gone.
    bool send_due();
    bool send(const Bytes& line) {
        const auto bytes = batches_.take(line);
        return !bytes || write_all(options_.output, *bytes);
    }
    void forget_cancelled(const Message& message);
    void send_unfinished_batches();
    Result<void> hear(const Heard& heard);
    Result<void> hear_client(const Bytes& line);
    void hear_live(const Bytes& line);
    void live_ended();
    void close_live();
    Result<void> pass_on(const tape::Miss& miss);
    void record(Direction direction, const Bytes& line);
    bool is_over() const {
        return client_ended_ && !player_.due() && (live_ == nullptr || !live_->has_unanswered());
    }

    tape::Player& player_;
    const ReplayOptions& options_;
    std::shared_ptr<Runtime> runtime_;
    Instant began_ = now();
    tape::TapeTime record_from_{};
    Inbox inbox_;
    BatchAnswers batches_;
    std::unique_ptr<LiveServer> live_;
    Bytes initialize_;
    bool client_ended_ = false;
    bool client_gone_ = false;
    ReplayOutcome outcome_;
};

bool Session::send_due() {
    while (const auto bytes = player_.next(now())) {
        if (!send(*bytes)) {
            return false;
        }
    }
    return true;
}

void Session::record(Direction direction, const Bytes& line) {
    if (options_.record == nullptr || outcome_.record_error) {
        return;
    }
    tape::Frame frame;
    frame.time = record_from_ + (now() - began_);
    frame.direction = direction;
    frame.payload = line;
    if (options_.filter) {
        if (auto filtered = options_.filter(frame); !filtered) {
            outcome_.record_error = filtered.error();
            return;
        }
    }
    if (auto done = options_.record->frame(frame); !done) {
        outcome_.record_error = done.error();
    }
}

Result<void> Session::pass_on(const tape::Miss& miss) {
    if (live_ == nullptr) {
        const bool begins = miss.asked.group == "initialize";
        TURNTABLE_TRY(live_, LiveServer::start(options_.command, options_.errors,
                                               begins ? Bytes() : initialize_, inbox_));
    }
    ++outcome_.passed_on;
    record(Direction::client_to_server, miss.asked.bytes);
    live_->ask(miss.asked.id, miss.asked.bytes);
    return {};
}

/// A request of a batch that its client cancelled is not waited for.
void Session::forget_cancelled(const Message& message) {
    if (message.method != "notifications/cancelled") {
        return;
    }
    if (const auto bytes = batches_.forget(json_at(message.params, {"requestId"}))) {
        client_gone_ = client_gone_ || !write_all(options_.output, *bytes);
    }
}

void Session::send_unfinished_batches() {
    for (const Bytes& bytes : batches_.flush()) {
        client_gone_ = client_gone_ || !write_all(options_.output, bytes);
    }
}

Result<void> Session::hear_client(const Bytes& line) {
    const std::vector<Message> messages = read_messages(line);
    batches_.expect(messages);
    for (const Message& message : messages) {
        forget_cancelled(message);
    }
    if (messages.size() == 1) {
        if (messages[0].method == "initialize") {
            initialize_ = line;
        }
        if (live_ != nullptr && live_->take(messages[0], line)) {
            record(Direction::client_to_server, line);
            return {};
        }
    }
    for (const tape::Miss& miss : player_.hear(line, now())) {
        if (options_.on_miss) {
            options_.on_miss(miss);
        }
        if (!options_.command.empty() && (live_ == nullptr || live_->is_alive())) {
            TURNTABLE_CHECK(pass_on(miss));
        } else {
            client_gone_ = client_gone_ || !send(miss.answer.bytes);
        }
    }
    return {};
}

void Session::hear_live(const Bytes& line) {
    if (const auto to_client = live_->hear(line)) {
        record(Direction::server_to_client, *to_client);
        client_gone_ = client_gone_ || !send(*to_client);
    }
}

void Session::live_ended() {
    for (const std::string& id : live_->end()) {
        const Bytes answer =
            Bytes::take(R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" +
                        std::to_string(replay_miss_code) +
                        R"(,"message":"the live server ended without an answer"}})" + "\n");
        client_gone_ = client_gone_ || !send(answer);
    }
}

/// Lets the live server end by itself, when it sees that its client has.
void Session::close_live() {
    if (live_ == nullptr) {
        return;
    }
    live_->close_input();
    const Instant until = now() + live_end_time_max;
    while (live_->is_alive()) {
        const auto heard = inbox_.take(runtime_->clock(), until);
        if (!heard) {
            return;
        }
        if (heard->from == Speaker::live_server && heard->end) {
            (void)live_->end();
        }
    }
}

Result<void> Session::hear(const Heard& heard) {
    if (heard.from == Speaker::live_server) {
        if (heard.end) {
            live_ended();
        } else {
            hear_live(heard.line);
        }
        return {};
    }
    if (!heard.end) {
        return hear_client(heard.line);
    }
    client_ended_ = true;
    player_.end(now());
    return {};
}

Result<ReplayOutcome> Session::run() {
    TURNTABLE_TRY(PipeEnds stop_reading, make_pipe());
    const LineReader reader(options_.input, Speaker::client, inbox_, std::move(stop_reading));
    const std::stop_callback on_stop(options_.stop, [this] { inbox_.stop(); });
    Result<void> done;
    player_.begin(now());
    while (done && !client_gone_ && send_due() && !is_over() && !inbox_.stopped()) {
        if (const auto heard = inbox_.take(runtime_->clock(), player_.due())) {
            done = hear(*heard);
        }
    }
    send_unfinished_batches();
    close_live();
    inbox_.stop();  // whoever still reads must not wait for room
    live_.reset();
    TURNTABLE_CHECK(std::move(done));
    outcome_.report = player_.report();
    return std::move(outcome_);
}

}  // namespace

Result<ReplayOutcome> replay(tape::Player& player, const ReplayOptions& options) {
    return Session(player, options, options.runtime ? options.runtime : Runtime::shared()).run();
}

}  // namespace turntable::inline v0::mcp
