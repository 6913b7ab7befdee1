#pragma once

/// \file
/// The `http:` and `https:` backend: a database on a server that speaks KV Connect.
///
/// Purpose: what `turntable serve`, denokv and Deno Deploy serve, as a backend like any other.
/// docs/backends/http.md describes it, docs/protocol.md what goes over the wire.
/// Ownership: owns a thread for its connections, and the connections.
/// Threads: any. Calls share connections and are pending until the answer is there; none holds a
/// thread.
/// Errors: what the server says, by its status, and exactly from a server of this library; `io` and
/// `timeout` when it cannot be reached for as long as calls are made again; `commit_unknown` for a
/// write whose answer was lost, unless the server remembers writes: then it is sent again.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "turntable/core/runtime.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

/// The version of HTTP on connections that are not encrypted; on others both ends agree.
enum class HttpVersion : std::uint8_t {
    http_1,  ///< HTTP/1.1, for proxies that speak nothing else
    http_2,  ///< without asking first: all servers of KV Connect take it
};

/// The settings of an http: or https: store.
///
/// Purpose: what `https://HOST/PATH?name=value` says, typed. Ownership: a value. Threads: a value.
/// Errors: invalid_config from http_settings().validate.
struct HttpOptions {
    /// What a client opens: `https://HOST[:PORT]/PATH`.
    std::string url{};
    /// Sent in the metadata exchange, and nowhere else.
    std::string access_token{};
    /// A file with the access token in its first line that is no comment; read at each exchange.
    std::string token_file{};
    /// PEM file with the authorities that are believed; empty: those of the system.
    std::string authorities{};
    /// Believe a server only if its certificate is good.
    bool verify = true;
    HttpVersion http = HttpVersion::http_2;
    /// Connections of HTTP/1.1.
    std::uint32_t connections = 16;
    std::chrono::milliseconds connect_timeout{10'000};
    /// How long an answer may take before the request counts as lost.
    std::chrono::milliseconds request_timeout{30'000};
    /// How long a call is made again that failed for a passing reason, from that failure on; 0: it
    /// is made once.
    std::chrono::milliseconds retry_for{10'000};
};

/// The description of HttpOptions: names, ranges, help.
TURNTABLE_EXPORT const SettingsDescription<HttpOptions>& http_settings();

class Registry;
class HttpBackend;

/// A backend for the server at `options.url`, which is not asked yet. A null runtime is
/// Runtime::shared(). Errors: invalid_config.
TURNTABLE_EXPORT Result<HttpBackend> open_http(HttpOptions options,
                                               std::shared_ptr<Runtime> runtime = nullptr);

/// A database on a server; models kv::Backend.
///
/// Purpose: what open_http gives; goes into kv::AnyBackend or BasicDatabase as it is.
/// Capabilities are an upper bound until the first call or connect(), and exact afterwards; a
/// server that is replaced by another may change them.
/// Ownership: see the top of this file. Destroying it fails what is under way.
/// Threads: any. Errors: as kv::Backend, and those at the top of this file.
class TURNTABLE_EXPORT HttpBackend {
  public:
    HttpBackend(HttpBackend&& other) noexcept;
    HttpBackend& operator=(HttpBackend&& other) noexcept;
    ~HttpBackend();

    /// Makes the metadata exchange now, instead of with the first call.
    Async<void> connect(const Context& context = {});

    Capabilities capabilities() const;
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options);
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write);
    Result<Stream<WatchOutput>> watch(const Context& context, std::span<const WatchTarget> targets);
    Async<QueueMessage> queue_take(const Context& context);
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery);
    Async<void> queue_extend(const Context& context, std::string_view id);
    Async<Health> health(const Context& context);
    Async<void> close(const Context& context);

  private:
    friend Result<HttpBackend> open_http(HttpOptions, std::shared_ptr<Runtime>);
    struct State;
    explicit HttpBackend(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

/// Serves `http://HOST/PATH` and `https://HOST/PATH`. `access_token` is for URLs that name none;
/// a program that takes it from the environment says so itself: DENO_KV_ACCESS_TOKEN is the usual
/// variable. Errors: as Registry::add.
TURNTABLE_EXPORT Result<void> register_http(Registry& registry, std::string access_token = {});

}  // namespace turntable::inline v0::kv
