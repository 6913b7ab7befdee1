#include "server/write_memory.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/keep_running.hpp"
#include "server/responses.hpp"
#include "turntable/core/tap.hpp"

namespace turntable::inline v0::server {

namespace {

using kv::connect::decode_write_key;
using kv::connect::fate_final;
using kv::connect::fate_forgotten;
using kv::connect::write_fate_header;
using net::http::Response;

/// Keys of a later time than this ahead are of nobody who goes by our clock.
constexpr std::uint64_t ahead_ms_max = 60'000;

Response forgotten() {
    Response response =
        text_response(412,
                      "atomic_write: the server cannot know whether a write with this key was "
                      "made; nothing was written now. Make the metadata exchange again, and a "
                      "new key");
    response.headers.add(write_fate_header, fate_forgotten);
    return response;
}

Response too_many() {
    return text_response(503, "atomic_write: too many writes are under way; call again");
}

Response not_yet() {
    return text_response(503, "atomic_write: this write is still under way; call again");
}

}  // namespace

WriteMemory::WriteMemory(std::shared_ptr<Runtime> runtime, WriteMemoryLimits limits)
    : runtime_(std::move(runtime)),
      limits_(limits),
      instance_{runtime_->random().next(), runtime_->random().next()} {}

std::uint64_t WriteMemory::tick_ms() const {
    const auto since = runtime_->clock().steady_now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

std::size_t WriteMemory::size() const {
    const std::scoped_lock guard(mutex_);
    return fates_.size();
}

Response WriteMemory::Outcome::response() const {
    return {.status = status, .headers = headers, .body = body};
}

bool WriteMemory::may_be_forgotten(std::uint64_t tick_ms, std::uint64_t now_ms) const noexcept {
    const auto age_ms = static_cast<std::uint64_t>(limits_.age.count());
    return tick_ms <= forgotten_ms_ || tick_ms + age_ms < now_ms || tick_ms > now_ms + ahead_ms_max;
}

void WriteMemory::forget_old(std::uint64_t now_ms) {
    const auto age_ms = static_cast<std::uint64_t>(limits_.age.count());
    for (auto fate = fates_.begin(); fate != fates_.end();) {
        const bool is_old = fate->first.tick_ms + age_ms < now_ms;
        if (!is_old && fates_.size() < limits_.keys) {
            return;
        }
        if (fate->second.outcome == nullptr) {  // under way
            ++fate;
            continue;
        }
        forgotten_ms_ = std::max(forgotten_ms_, fate->first.tick_ms);
        fate = fates_.erase(fate);
    }
}

Async<Response> WriteMemory::answer(std::string_view key, std::string_view token, Write write,
                                    const Context& context) {
    const auto parsed = decode_write_key(key);
    if (!parsed) {
        return text_response(400, parsed.error().message());
    }
    if (parsed->instance != instance_) {
        return forgotten();
    }
    Name name{parsed->tick_ms, parsed->random, std::string(token)};
    const std::uint64_t now_ms = tick_ms();
    {
        const std::scoped_lock guard(mutex_);
        const auto known = fates_.find(name);
        if (known != fates_.end()) {
            return known->second.outcome == nullptr ? wait(known->second, context)
                                                    : known->second.outcome->response();
        }
        if (may_be_forgotten(name.tick_ms, now_ms)) {
            return forgotten();
        }
        forget_old(now_ms);
        if (fates_.size() >= limits_.keys) {
            return too_many();
        }
        fates_.try_emplace(name);
    }
    return make(std::move(name), std::move(write), context);
}

Async<Response> WriteMemory::wait(Fate& fate, const Context& context) {
    auto [promise, async] = SharedPromise<Response>::make(*runtime_, context);
    promise->on_stop([weak = std::weak_ptr(promise)](StopReason /*reason*/) {
        if (const auto open = weak.lock()) {
            open->complete(not_yet());
        }
    });
    fate.waiting.push_back(std::move(promise));
    return std::move(async);
}

Async<Response> WriteMemory::make(Name name, Write write, const Context& context) {
    const auto outcome_of = [](const Result<Response>& made) {
        Response response = made
                                ? Response{made->status, made->headers, std::get<Bytes>(made->body)}
                                : not_yet();  // never: the answers of a write are no errors
        response.headers.add(write_fate_header, fate_final);
        return std::make_shared<const Outcome>(
            Outcome{response.status, response.headers, std::get<Bytes>(response.body)});
    };
    Async<Response> made = write();
    if (made.is_ready()) {
        const auto outcome = outcome_of(made.peek());
        settle(name, outcome);
        return outcome->response();
    }
    Async<Response> answer = [&] {
        const std::scoped_lock guard(mutex_);
        return wait(fates_.find(name)->second, context);
    }();
    turntable::detail::keep_running(tap(
        std::move(made),
        [self = shared_from_this(), name = std::move(name),
         outcome_of](Result<Response>& response) { self->settle(name, outcome_of(response)); }));
    return answer;
}

void WriteMemory::settle(const Name& name, const std::shared_ptr<const Outcome>& outcome) {
    std::vector<Waiting> waiting;
    {
        const std::scoped_lock guard(mutex_);
        Fate& fate = fates_.find(name)->second;
        fate.outcome = outcome;
        waiting = std::exchange(fate.waiting, {});
    }
    for (const Waiting& one : waiting) {
        one->complete(outcome->response());
    }
}

}  // namespace turntable::inline v0::server
