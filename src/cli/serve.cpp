// serve: databases over HTTP, until a signal.

#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/serve_settings.hpp"
#include "cli/server_log.hpp"
#include "cli/text.hpp"
#include "net/server.hpp"
#include "server/backup_schedule.hpp"
#include "server/open_access.hpp"
#include "server/service.hpp"
#include "server/webhook.hpp"
#include "turntable/kv/sqlite.hpp"

namespace turntable_cli {

namespace kv = turntable::kv;
namespace net = turntable::net;
namespace server = turntable::server;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// What was opened, in the order in which it has to end.
struct Serving {
    std::shared_ptr<turntable::Runtime> runtime;
    server::Settings settings;
    server::OpenedAccess access;
    std::vector<server::ServedDatabase> databases;
    /// Null: no database has any.
    std::shared_ptr<server::BackupSchedule> backups;
    std::unique_ptr<net::Server> listener;
    std::unique_ptr<net::Server> operators;
    std::vector<std::unique_ptr<server::Webhook>> webhooks;
};

/// A native backup is a file of SQLite, the only engine that has one.
Result<void> check_native_backup(const std::string& path) {
    kv::SqliteOptions as_is;
    as_is.path = path;
    as_is.read_only = true;
    as_is.create = false;
    as_is.verify = kv::SqliteVerify::always;
    TURNTABLE_TRY(kv::SqliteBackend backend, kv::open_sqlite(as_is));
    return backend.connect();
}

Result<void> open_stores(App& app, const ServePlan& plan, Serving& serving) {
    for (const PlannedDatabase& planned : plan.databases) {
        TURNTABLE_TRY(kv::Database database,
                      app.registry().open(planned.settings.url, {.runtime = serving.runtime}));
        // Now, so that a server that cannot serve does not start.
        TURNTABLE_TRY(const turntable::Health health, database.health());
        if (health.state == turntable::Health::State::unhealthy) {
            return Error(ErrorCode::invalid_config,
                         "the store " + planned.name + " cannot be served: " + health.reason);
        }
        serving.databases.push_back(
            {.name = planned.name,
             .database = std::move(database),
             .read_only = plan.settings.read_only || planned.settings.read_only,
             .quota = planned.settings.quota(plan.settings)});
    }
    return {};
}

Result<void> plan_backups(const ServePlan& plan, Serving& serving) {
    std::vector<server::ScheduledBackup> backups;
    for (std::size_t i = 0; i < plan.databases.size(); ++i) {
        const server::DatabaseSettings& settings = plan.databases[i].settings;
        if (!settings.backup_folder.empty()) {
            backups.push_back({.database_name = plan.databases[i].name,
                               .database = serving.databases[i].database,
                               .folder = settings.backup_folder,
                               .every = settings.backup_every,
                               .keep = settings.backup_keep,
                               .check_native = check_native_backup});
        }
    }
    if (!backups.empty()) {
        TURNTABLE_TRY(serving.backups,
                      server::BackupSchedule::create(serving.runtime, std::move(backups)));
    }
    return {};
}

Result<void> start_webhooks(const ServePlan& plan, Serving& serving) {
    for (std::size_t i = 0; i < plan.databases.size(); ++i) {
        const server::DatabaseSettings& settings = plan.databases[i].settings;
        if (!settings.webhook_url.empty()) {
            TURNTABLE_TRY(auto webhook, server::Webhook::start(
                                            serving.runtime, plan.databases[i].name,
                                            serving.databases[i].database, settings.webhook()));
            serving.webhooks.push_back(std::move(webhook));
        }
    }
    return {};
}

Result<void> listen(Serving& serving) {
    const server::Settings& settings = serving.settings;
    server::ServiceOptions what{.runtime = serving.runtime,
                                .settings = settings,
                                .databases = serving.databases,
                                .access = serving.access.live};
    if (serving.backups) {
        what.backups = [backups = serving.backups] { return backups->states(); };
    }
    TURNTABLE_TRY(const std::shared_ptr<server::Service> service,
                  server::Service::create(std::move(what)));
    net::ServerOptions how;
    how.listen = {settings.listen};
    how.handler = service;
    how.runtime = serving.runtime;
    how.threads = settings.threads;
    how.connections_max = settings.connections_max;
    how.limits.idle_time = settings.idle_time;
    how.limits.head_time = settings.head_time;
    how.limits.body_time = settings.body_time;
    how.limits.write_time = settings.write_time;
    if (settings.is_secure()) {
        how.tls = net::TlsFiles{.certificate = settings.tls_certificate, .key = settings.tls_key};
    }
    TURNTABLE_TRY(serving.listener, net::Server::start(std::move(how)));
    if (settings.metrics_listen.empty()) {
        return {};
    }
    net::ServerOptions apart;
    apart.listen = {settings.metrics_listen};
    apart.handler = server::Service::operations(service);
    apart.runtime = serving.runtime;
    apart.threads = 1;
    TURNTABLE_TRY(serving.operators, net::Server::start(std::move(apart)));
    return {};
}

std::string url_of(const Serving& serving) {
    const std::string& address = serving.listener->addresses().front();
    if (address.starts_with("unix:")) {
        return address;
    }
    return (serving.settings.is_secure() ? "https://" : "http://") + address;
}

Result<Serving> start(App& app, const ServeOptions& options) {
    Serving serving;
    serving.runtime = turntable::Runtime::create({.log = log_to_stderr()});
    TURNTABLE_TRY(ServePlan plan, plan_serve(app, options));
    serving.settings = plan.settings;
    TURNTABLE_TRY(serving.access, server::open_access(serving.runtime, serving.settings));
    TURNTABLE_CHECK(open_stores(app, plan, serving));
    TURNTABLE_CHECK(plan_backups(plan, serving));
    TURNTABLE_CHECK(listen(serving));
    // denokv says so too, and on this stream: scripts wait for it as the first line.
    std::cerr << "Listening on " << url_of(serving) << std::endl;
    if (serving.backups) {
        serving.backups->begin();
    }
    TURNTABLE_CHECK(start_webhooks(plan, serving));
    return serving;
}

/// How clients get the token into their environment.
std::string export_line(const server::Settings& settings) {
    return settings.token_file.empty() ? "export DENO_KV_ACCESS_TOKEN=...   # the one you gave\n"
                                       : "export DENO_KV_ACCESS_TOKEN=$(grep -m1 -o '^[^# ]*' " +
                                             settings.token_file + ")\n";
}

void print_examples(const Serving& serving, const std::string& url) {
    const std::string token =
        serving.settings.needs_token() ? export_line(serving.settings) : "# nobody needs a token\n";
    const std::string bearer =
        serving.settings.needs_token() ? " -H \"authorization: Bearer $DENO_KV_ACCESS_TOKEN\"" : "";
    std::cout << "\nDeno:\n  " << token << "  deno repl --unstable-kv --allow-net --allow-env\n"
              << "  const kv = await Deno.openKv(\"" << url << "\"); await kv.set([\"a\"], 1)\n"
              << "\nNode:\n  " << token << "  npm install @deno/kv && node\n"
              << "  const kv = await (await import(\"@deno/kv\")).openKv(\"" << url
              << "\", { encodeV8: v8.serialize, decodeV8: v8.deserialize })\n"
              << "\ncurl:\n  " << token << "  curl " << url << "/readyz\n"
              << "  curl" << bearer << " -H 'content-type: application/json' \\\n"
              << "    -d '{\"value\":\"hello\"}' " << url << "/queue/enqueue\n";
}

void print_start(const Serving& serving) {
    const std::string url = url_of(serving);
    for (const server::ServedDatabase& served : serving.databases) {
        const bool first = &served == serving.databases.data();
        std::cout << served.name << ": " << url << (first ? "/" : "/db/" + served.name)
                  << (served.read_only ? " (read-only)" : "") << '\n';
    }
    if (serving.operators) {
        std::cout << "metrics: http://" << serving.operators->addresses().front() << "/metrics\n";
    }
    if (!serving.settings.token_file.empty()) {
        std::cout << "tokens: " << serving.settings.token_file
                  << (serving.access.made_file ? " (made now; keep it to yourself)" : "") << '\n';
    }
    if (!url.starts_with("unix:")) {
        print_examples(serving, url);
    }
    std::cout.flush();
}

/// Waits for SIGINT or SIGTERM. SIGHUP reads the certificate again.
void wait_for_stop(App& app, Serving& serving) {
    app.signals->hand_to([&](int number, bool /*from_terminal*/) {
        if (number != SIGHUP) {
            if (!app.stop().request_stop()) {
                _exit(128 + number);
            }
            return;
        }
        if (const auto read = serving.settings.is_secure() ? serving.listener->reload_certificate()
                                                           : Result<void>();
            !read) {
            serving.runtime->log(turntable::LogLevel::error, "server", read.error().to_string());
        }
    });
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait(lock, app.stop().get_token(), [] { return false; });
}

std::chrono::milliseconds left_until(turntable::Instant until, turntable::Instant now) {
    return std::max(std::chrono::floor<std::chrono::milliseconds>(until - now),
                    std::chrono::milliseconds(0));
}

void end(App& app, Serving& serving) {
    const auto grace = serving.settings.drain_time;
    const auto& clock = serving.runtime->clock();
    const turntable::Instant until = clock.steady_now() + grace;
    // All are asked first, so that they share the time.
    for (const auto& webhook : serving.webhooks) {
        webhook->request_stop();
    }
    if (serving.backups) {
        serving.backups->request_stop();
    }
    bool all_ended = serving.listener->stop(grace);
    for (const auto& webhook : serving.webhooks) {
        all_ended = webhook->stop(left_until(until, clock.steady_now())) && all_ended;
    }
    if (!all_ended) {
        std::cerr << "turntable: some requests were broken off after " << grace.count() << " ms\n";
    }
    if (serving.backups) {
        serving.backups->stop();
    }
    if (serving.operators) {
        serving.operators->stop(std::chrono::seconds(0));
    }
    serving.access.watch.reset();
    for (const server::ServedDatabase& served : serving.databases) {
        if (const auto closed = served.database.close(); !closed) {
            app.fail(closed.error());
        }
    }
    app.signals->hand_to(nullptr);
}

void serve(App& app, const ServeOptions& options) {
    if (options.no_token && (!options.token_file.empty() || !options.access_token.empty())) {
        return app.fail(ExitCode::usage, "--no-token contradicts the token that is given");
    }
    auto serving = start(app, options);
    if (!serving) {
        return app.fail(ExitCode::cannot_open, shown_text(serving.error().to_string()));
    }
    print_start(*serving);
    wait_for_stop(app, *serving);
    end(app, *serving);
}

}  // namespace

void add_serve(CLI::App& root, App& app) {
    auto options = std::make_shared<ServeOptions>();
    // In front of the verb, as denokv has it.
    root.add_option("--sqlite-path", options->sqlite_path)
        ->envname("DENO_KV_SQLITE_PATH")
        ->group("");
    auto* command = root.add_subcommand("serve", "Serve databases over HTTP (KV Connect)");
    command->add_option("STORE", options->stores,
                        "What to serve: NAME=URL or @NAME, the first also a URL alone; without "
                        "any, --store, those of turntable.toml, or sqlite:turntable.db");
    command->add_option(
        "--listen,--addr", options->listen,
        "HOST:PORT, [IPV6]:PORT or unix:PATH; 127.0.0.1:4512 unless told otherwise");
    command->add_option("--token-file", options->token_file,
                        "Access tokens, a line each; made at the first start. Without it "
                        "turntable.tokens");
    command
        ->add_option("--access-token", options->access_token,
                     "One token that opens everything, instead of a file")
        ->envname("DENO_KV_ACCESS_TOKEN");
    command->add_flag("--no-token", options->no_token,
                      "Nobody needs a token; only where this machine alone reaches the server");
    command->add_flag("--read-only", options->read_only, "Refuse every write");
    command->add_option("--tls-certificate", options->certificate,
                        "PEM file of the certificate and its chain; SIGHUP reads it again");
    command->add_option("--tls-key", options->key, "PEM file of its key");
    command->add_option("--set", options->settings,
                        "NAME=VALUE of another setting; docs/server.md has them all");
    command->callback([&app, options] { serve(app, *options); });
}

}  // namespace turntable_cli
