#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/handler.hpp"
#include "server/access.hpp"
#include "server/backup_schedule.hpp"
#include "server/cors.hpp"
#include "server/routes.hpp"
#include "server/served_database.hpp"
#include "server/settings.hpp"
#include "server/telemetry.hpp"
#include "server/write_memory.hpp"
#include "turntable/core/runtime.hpp"

namespace turntable::inline v0::server {

/// What a Service is made of.
struct ServiceOptions {
    /// Null: Runtime::shared().
    std::shared_ptr<Runtime> runtime = nullptr;
    Settings settings = {};
    /// At least one; the first is the default one.
    std::vector<ServedDatabase> databases = {};
    /// Null: nobody needs a token.
    std::shared_ptr<LiveAccess> access = nullptr;
    /// Asked for `/readyz`; empty: there are no backups.
    std::function<std::vector<BackupState>()> backups = {};
};

/// Databases over HTTP: everything that `turntable serve` answers.
///
/// Purpose: the handler that a transport is given. docs/protocol.md has what it answers.
/// Ownership: shares the databases, which it does not close.
/// Threads: any. Nothing waits on the calling thread.
/// Errors: are responses; an answer is never an Error.
class TURNTABLE_EXPORT Service final : public net::http::Handler {
  public:
    /// `invalid_config` for settings that are wrong, no database, or a name that is none or taken.
    static Result<std::shared_ptr<Service>> create(ServiceOptions options);

    std::uint64_t body_limit(const net::http::RequestHead& head) override;
    Async<net::http::Response> handle(net::http::Request request, const Context& context) override;

    /// For an address of its own: `/metrics`, `/healthz` and `/readyz` without a token, and nothing
    /// else.
    static std::shared_ptr<net::http::Handler> operations(std::shared_ptr<Service> service);

  private:
    struct Hosted {
        ServedDatabase served;
        std::string id;
        std::unique_ptr<Quota> quota;
        std::shared_ptr<WriteMemory> memory;
    };

    class Operations;

    explicit Service(ServiceOptions options);
    Async<net::http::Response> answer(const net::http::Request& request, const Context& context,
                                      RequestNote& note);
    Async<net::http::Response> answer_database(const net::http::Request& request,
                                               const Route& route, const Context& context,
                                               RequestNote& note);
    Async<net::http::Response> answer_operator(const net::http::RequestHead& head, RouteKind kind,
                                               bool needs_token, const Context& context) const;
    Async<net::http::Response> ready(const Context& context) const;
    net::http::Response exchange(const net::http::Request& request, const Hosted& hosted,
                                 const Grant& grant) const;
    /// For what goes on for a while.
    std::function<bool()> still_holds(const Grant& grant) const;
    const Hosted* find(std::string_view name) const noexcept;
    WallTime now() const noexcept { return runtime_->clock().wall_now(); }

    std::shared_ptr<Runtime> runtime_;
    Settings settings_;
    std::function<std::vector<BackupState>()> backups_;
    std::vector<Hosted> databases_;
    std::shared_ptr<LiveAccess> access_;
    std::shared_ptr<const Cors> cors_;
    std::shared_ptr<Telemetry> telemetry_;
};

}  // namespace turntable::inline v0::server
