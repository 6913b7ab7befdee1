#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/http/handler.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/database.hpp"

/// \file
/// What operators ask: is it alive, is it ready, what does it count.
/// Purpose: `/healthz`, `/readyz`, `/metrics`. Ownership: values. Threads: plain functions that
/// never wait. Errors: are answers.
namespace turntable::inline v0::server {

/// A database and its name, for the answer of `/readyz`.
struct NamedDatabase {
    std::string name;
    kv::Database database;
};

/// 200 whenever the program answers at all.
net::http::Response live_answer();
/// A line for each database. 200 when every one of them is healthy or degraded, else 503. Reasons,
/// which may name files, go to the log.
Async<net::http::Response> ready_answer(std::vector<NamedDatabase> databases,
                                        const Context& context);
/// The registry of the runtime as Prometheus reads it.
net::http::Response metrics_answer(Runtime& runtime);

}  // namespace turntable::inline v0::server
