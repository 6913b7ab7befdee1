#include "backends/http/session.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <utility>

#include "core/keep_running.hpp"
#include "turntable/core/coroutine.hpp"

namespace turntable::inline v0::kv::http {

namespace {

/// More than the largest answer: 1000 entries of 64 KiB.
constexpr std::size_t reply_bytes_max = std::size_t{128} << 20U;
constexpr std::size_t redirects_max = 5;
constexpr std::chrono::seconds refresh_pause{5};

std::string path_of(const std::string& file) { return "the token file " + file; }

/// The first line that says something.
Result<std::string> token_in(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) {
        return Error(ErrorCode::invalid_config, path_of(file) + " cannot be read");
    }
    std::string line;
    while (std::getline(stream, line)) {
        const std::string word = line.substr(0, line.find_first_of(" \t\r#"));
        if (!word.empty()) {
            return word;
        }
    }
    return Error(ErrorCode::invalid_config, path_of(file) + " has no token in it");
}

/// An answer that did not come in time counts as one that was lost.
Error lost(const Error& error, const Context& context, Runtime& runtime) {
    const bool of_caller = runtime.clock().steady_now() >= context.deadline;
    if (error.code() != ErrorCode::timeout || of_caller) {
        return error;
    }
    return Error(ErrorCode::io, "the server did not answer in time")
        .with_retry(Retry::temporary)
        .with("sent", net::http::may_have_been_sent(error) ? "maybe" : "no");
}

Async<Reply> whole_reply(std::shared_ptr<Session> session, Context context, Instant until,
                         Async<net::ClientResponse> response) {
    Result<net::ClientResponse>& head = co_await response;
    if (!head) {
        co_return lost(head.error(), context, session->runtime());
    }
    Context limited = context;
    limited.deadline = until;
    auto reading = net::read_all(std::move(head->body), reply_bytes_max, limited);
    Result<Bytes>& body = co_await reading;
    if (!body) {
        co_return lost(body.error(), context, session->runtime());
    }
    co_return Reply{head->status, std::move(head->headers), *std::move(body)};
}

}  // namespace

Session::Session(HttpOptions options, Location base, std::shared_ptr<Runtime> runtime,
                 std::unique_ptr<net::Client> client)
    : options_(std::move(options)),
      base_(std::move(base)),
      runtime_(std::move(runtime)),
      host_(std::make_shared<turntable::detail::LoopHost>(runtime_)),
      client_(std::move(client)) {}

std::uint64_t Session::exchanges() const {
    const std::scoped_lock guard(mutex_);
    return exchanges_;
}

Capabilities Session::capabilities() const {
    const std::scoped_lock guard(mutex_);
    return capabilities_;
}

std::string Session::secret() const {
    const std::scoped_lock guard(mutex_);
    return last_token_;
}

void Session::distrust(const ConnectedPtr& refused) {
    const std::scoped_lock guard(mutex_);
    if (current_ == refused) {
        current_ = nullptr;
    }
}

Async<net::ClientResponse> Session::open(const Context& context, const Location& where,
                                         net::http::Headers headers, std::string body) {
    Context limited = context;
    limited.deadline = std::min(context.deadline, now() + options_.request_timeout);
    return client_->fetch({.method = "POST",
                           .origin = where.origin,
                           .target = where.target,
                           .headers = std::move(headers),
                           .body = Bytes::take(std::move(body))},
                          limited);
}

Async<Reply> Session::post(const Context& context, Location where, net::http::Headers headers,
                           std::string body) {
    const Instant until = std::min(context.deadline, now() + options_.request_timeout);
    return whole_reply(shared_from_this(), context, until,
                       open(context, where, std::move(headers), std::move(body)));
}

Async<ConnectedPtr> Session::connected(const Context& context) {
    Async<ConnectedPtr> answer = ConnectedPtr();
    {
        const std::scoped_lock guard(mutex_);
        const Instant at = now();
        const bool is_good = current_ != nullptr && at < current_->valid_until;
        if (is_good && (refreshing_ || at < std::max(current_->refresh_at, not_before_))) {
            return current_;
        }
        if (is_good) {
            answer = current_;
        } else {
            auto [promise, async] = SharedPromise<ConnectedPtr>::make(*runtime_, context);
            promise->on_stop([weak = std::weak_ptr(promise)](StopReason reason) {
                if (const auto open = weak.lock()) {
                    open->complete(stopped_error(reason).with("sent", "no"));
                }
            });
            waiting_.push_back(std::move(promise));
            answer = std::move(async);
        }
        if (std::exchange(refreshing_, true)) {
            return answer;
        }
    }
    turntable::detail::keep_running(refresh(shared_from_this()));
    return answer;
}

Async<void> Session::refresh(std::shared_ptr<Session> self) {
    Result<ConnectedPtr> result = co_await exchange(self);
    self->told(result);
    co_return {};
}

void Session::told(const Result<ConnectedPtr>& result) {
    std::vector<Waiting> waiting;
    {
        const std::scoped_lock guard(mutex_);
        refreshing_ = false;
        ++exchanges_;
        if (result) {
            current_ = *result;
            capabilities_ = current_->capabilities;
        } else {
            not_before_ = now() + refresh_pause;
        }
        waiting = std::exchange(waiting_, {});
    }
    for (const Waiting& one : waiting) {
        one->complete(result);
    }
}

Result<std::string> Session::access_token() {
    std::string token = options_.access_token;
    if (!options_.token_file.empty()) {
        TURNTABLE_TRY(token, token_in(options_.token_file));
    }
    const std::scoped_lock guard(mutex_);
    last_token_ = token;
    return token;
}

Result<ConnectedPtr> Session::read_exchange(const Location& at, const Result<Reply>& reply) {
    constexpr std::string_view operation = "metadata exchange";
    if (!reply) {
        return reply.error();
    }
    if (reply->status != 200) {
        return error_of(*reply, operation, secret()).with("endpoint", at.text());
    }
    const auto facts = reply->headers.find(connect::facts_header);
    auto connected = connected_from(at, reply->body.text(), facts, exchanges() + 1, now(),
                                    runtime_->clock().wall_now());
    if (!connected) {
        return std::move(connected).error().with("endpoint", at.text());
    }
    return connected;
}

Async<ConnectedPtr> Session::exchange(std::shared_ptr<Session> self) {
    const auto token = self->access_token();
    if (!token) {
        co_return token.error();
    }
    Location at = self->base_;
    for (std::size_t redirects = 0;; ++redirects) {
        net::http::Headers headers{{"content-type", "application/json"},
                                   {"accept", "application/json"}};
        if (!token->empty()) {
            headers.add("authorization", "Bearer " + *token);
        }
        Result<Reply> reply =
            co_await self->post({}, at, std::move(headers), connect::encode_metadata_request());
        const bool is_moved = reply && reply->status >= 300 && reply->status < 400 &&
                              reply->headers.find("location").has_value();
        if (!is_moved) {
            co_return self->read_exchange(at, reply);
        }
        auto to = resolve_location(at, reply->header("location"));
        if (!to) {
            co_return std::move(to).error();
        }
        if (redirects == redirects_max) {
            co_return Error(ErrorCode::backend,
                            "the server redirects the metadata exchange again "
                            "and again");
        }
        const bool shows_all = at.is_secure() && !to->is_secure();
        if (shows_all || (!token->empty() && !may_follow(at, *to))) {
            co_return Error(ErrorCode::permission_denied,
                            "the server redirects to another host, or away from https, where the "
                            "access token is not sent; open that URL itself if you trust it")
                .with("location", to->text());
        }
        at = *std::move(to);
    }
}

}  // namespace turntable::inline v0::kv::http
