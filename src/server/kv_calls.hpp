#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http/message.hpp"
#include "server/access.hpp"
#include "server/served_database.hpp"
#include "server/write_memory.hpp"
#include "turntable/core/async.hpp"
#include "turntable/kv/limits.hpp"

/// \file
/// KV Connect, the server's side, after it is known who asks for which database.
///
/// Purpose: docs/protocol.md as code. Ownership: a call keeps what it needs; the request may go
/// when the call has returned. Threads: plain functions that never wait: what the database answers
/// later is pending. Errors: are answers, see responses.hpp; an Async never holds an error.
namespace turntable::inline v0::server {

/// What is accepted: Deno's limits, with 100 checks, where denokv takes 10.
TURNTABLE_EXPORT const kv::Limits& served_limits() noexcept;

/// What the metadata exchange is to tell, beside the database.
struct ExchangeReply {
    /// Where the data path is, absolute; and relative to the server, for versions from 2 on.
    std::string absolute_url;
    std::string relative_url;
    std::string token;
    WallTime expires = {};
    /// Whoever asked may not write.
    bool read_only = false;
};

/// The answer to a metadata exchange.
net::http::Response answer_exchange(const net::http::Request& request, const ServedDatabase& served,
                                    const WriteMemory& memory, const ExchangeReply& reply);

/// The methods of the data path.
enum class KvMethod : std::uint8_t { snapshot_read, atomic_write, watch };
std::optional<KvMethod> kv_method_from(std::string_view name) noexcept;

/// A call of the data path, and on whose behalf.
struct KvCall {
    KvMethod method = KvMethod::snapshot_read;
    /// Of the database; needed only until the call returns.
    std::string_view database_id;
    Grant grant;
    std::chrono::milliseconds keep_alive{5000};
    /// Of the database.
    std::shared_ptr<WriteMemory> memory = {};
    /// Asked while a watch goes on.
    std::function<bool()> may_go_on = {};
};

Async<net::http::Response> answer_call(const net::http::Request& request, ServedDatabase served,
                                       KvCall call, const Context& context);

}  // namespace turntable::inline v0::server
