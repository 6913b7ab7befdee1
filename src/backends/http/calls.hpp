#pragma once

#include <memory>
#include <span>
#include <string>

#include "backends/http/session.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/context.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/kv/contract.hpp"

/// \file
/// The calls of the contract, made over a session.
/// Purpose: each is one coroutine that makes attempts. Ownership: a call keeps its session; what
/// the contract lends was encoded before. Threads: any. Errors: as kv/http.hpp.
namespace turntable::inline v0::kv::http {

/// The content type of the data path.
inline constexpr std::string_view protobuf = "application/x-protobuf";

/// `message` is the encoded request, of so many ranges.
Async<ReadOutput> read_call(std::shared_ptr<Session> session, Context context, std::string message,
                            std::size_t ranges, Consistency consistency);
/// A write as it is sent, and what a server has to be able to do for it.
struct WriteMessage {
    std::string bytes;
    std::size_t checks = 0;
    bool needs_our_server = false;
};
Async<CommitResult> write_call(std::shared_ptr<Session> session, Context context,
                               WriteMessage message);
Stream<WatchOutput> watch_call(const std::shared_ptr<Session>& session,
                               std::span<const WatchTarget> targets, std::string message);

Async<QueueMessage> take_call(std::shared_ptr<Session> session, Context context);
Async<void> finish_call(std::shared_ptr<Session> session, Context context, std::string id,
                        Delivery delivery);
Async<void> extend_call(std::shared_ptr<Session> session, Context context, std::string id);

Async<Health> health_call(std::shared_ptr<Session> session, Context context);
Async<void> connect_call(std::shared_ptr<Session> session, Context context);

/// A call of the data path, once: the reply if it has status 200.
Async<Reply> data_call(std::shared_ptr<Session> session, Context context, ConnectedPtr connected,
                       Consistency consistency, std::string method, std::string message);

}  // namespace turntable::inline v0::kv::http
