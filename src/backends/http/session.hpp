#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backends/http/connected.hpp"
#include "backends/http/reply.hpp"
#include "net/client.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/gate.hpp"
#include "turntable/core/layers/loop.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/kv/http.hpp"

namespace turntable::inline v0::kv::http {

using ConnectedPtr = std::shared_ptr<const Connected>;

/// What all calls of one backend share: connections, and what the last exchange said.
///
/// Purpose: one exchange for however many callers wait for it, made again before its token ends.
/// Ownership: shared by the backend and the calls under way. Threads: any.
/// Errors: those of the exchange.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(HttpOptions options, Location base, std::shared_ptr<Runtime> runtime,
            std::unique_ptr<net::Client> client);

    Runtime& runtime() noexcept { return *runtime_; }
    Instant now() const noexcept { return runtime_->clock().steady_now(); }
    const HttpOptions& options() const noexcept { return options_; }
    net::Client& client() noexcept { return *client_; }
    /// Calls are inside until they end.
    Gate& calls() noexcept { return calls_; }
    /// What waits without a call, or makes calls again, ends with it.
    const std::shared_ptr<turntable::detail::LoopHost>& host() noexcept { return host_; }
    bool is_ending() const noexcept { return host_->ending().stop_requested(); }

    /// What the newest exchange said, or will say.
    Async<ConnectedPtr> connected(const Context& context);
    /// The server did not take what `refused` says; the next caller exchanges anew.
    void distrust(const ConnectedPtr& refused);
    /// Exchanges so far: what is told by a later one is news.
    std::uint64_t exchanges() const;
    Capabilities capabilities() const;

    /// One request, in `request_timeout`, and its whole answer. `sent` of an error says whether the
    /// server may have seen it, see net::http::may_have_been_sent.
    Async<Reply> post(const Context& context, Location where, net::http::Headers headers,
                      std::string body);
    /// The same for an answer whose body comes bit by bit.
    Async<net::ClientResponse> open(const Context& context, const Location& where,
                                    net::http::Headers headers, std::string body);
    /// The secrets that no error may show.
    std::string secret() const;

  private:
    using Waiting = std::shared_ptr<SharedPromise<ConnectedPtr>>;

    static Async<void> refresh(std::shared_ptr<Session> self);
    static Async<ConnectedPtr> exchange(std::shared_ptr<Session> self);
    Result<ConnectedPtr> read_exchange(const Location& at, const Result<Reply>& reply);
    Result<std::string> access_token();
    void told(const Result<ConnectedPtr>& result);

    const HttpOptions options_;
    const Location base_;
    const std::shared_ptr<Runtime> runtime_;
    const std::shared_ptr<turntable::detail::LoopHost> host_;
    Gate calls_;
    mutable std::mutex mutex_;
    ConnectedPtr current_;
    Capabilities capabilities_ = capabilities_at_most();
    std::uint64_t exchanges_ = 0;
    bool refreshing_ = false;
    /// Not asked again beside the calls before this, after it failed.
    Instant not_before_ = Instant::min();
    std::vector<Waiting> waiting_;
    std::string last_token_;
    // The last member: its thread ends first.
    std::unique_ptr<net::Client> client_;
};

}  // namespace turntable::inline v0::kv::http
