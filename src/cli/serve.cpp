// serve: databases over HTTP, until a signal.

#include <unistd.h>
#include <csignal>

#include <condition_variable>
#include <iostream>
#include <mutex>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/server_log.hpp"
#include "cli/text.hpp"
#include "net/server.hpp"
#include "server/open_access.hpp"
#include "server/service.hpp"

namespace turntable_cli {

namespace kv = turntable::kv;
namespace net = turntable::net;
namespace server = turntable::server;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

constexpr const char* default_store = "sqlite:turntable.db";
constexpr const char* default_token_file = "turntable.tokens";
/// What denokv listens on, unless told otherwise.
constexpr const char* denokv_listen = "0.0.0.0:4512";
/// How long requests under way may take when the server ends.
constexpr std::chrono::seconds grace{10};

struct ServeOptions {
    std::vector<std::string> stores;
    /// denokv's way to name its one database.
    std::string sqlite_path;
    std::string listen;
    std::string token_file;
    std::string access_token;
    bool no_token = false;
    bool read_only = false;
    std::string certificate;
    std::string key;
    std::vector<std::string> settings;
};

/// What was opened, in the order in which it has to end.
struct Serving {
    std::shared_ptr<turntable::Runtime> runtime;
    server::Settings settings;
    server::OpenedAccess access;
    std::vector<server::ServedDatabase> databases;
    std::unique_ptr<net::Server> listener;
    std::unique_ptr<net::Server> operators;
};

Result<server::Settings> read_settings(const ServeOptions& options) {
    turntable::SettingMap map;
    for (const std::string& text : options.settings) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            return Error(ErrorCode::invalid_config, "--set wants NAME=VALUE, not " + text);
        }
        map[text.substr(0, equals)] = text.substr(equals + 1);
    }
    if (!options.listen.empty()) {
        map["listen"] = options.listen;
    } else if (!options.sqlite_path.empty() && !map.contains("listen")) {
        map["listen"] = denokv_listen;
    }
    if (!options.access_token.empty()) {
        map["access_token"] = options.access_token;
    }
    if (!options.token_file.empty()) {
        map["token_file"] = options.token_file;
    } else if (!options.no_token && !map.contains("access_token") && !map.contains("token_file")) {
        map["token_file"] = default_token_file;
    }
    return server::server_settings().from_map(std::move(map));
}

struct NamedStore {
    std::string name;
    std::string url;
};

/// `NAME=URL`, `@NAME`, or, for the first, a URL alone.
Result<NamedStore> named_store_of(const std::string& text, bool first) {
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && server::is_database_name(text.substr(0, equals))) {
        return NamedStore{text.substr(0, equals), text.substr(equals + 1)};
    }
    if (text.starts_with('@') && server::is_database_name(text.substr(1))) {
        return NamedStore{text.substr(1), text};
    }
    if (first) {
        return NamedStore{"main", text};
    }
    return Error(ErrorCode::invalid_config,
                 "each store after the first needs a name: NAME=URL, or @NAME of turntable.toml");
}

Result<std::vector<NamedStore>> stores_of(App& app, const ServeOptions& options) {
    std::vector<std::string> texts = options.stores;
    if (texts.empty() && !options.sqlite_path.empty()) {
        texts.push_back("main=sqlite:" + options.sqlite_path);
    }
    if (texts.empty()) {
        const std::string url = app.store.empty() ? app.registry().default_url() : app.store;
        texts.push_back(url.empty() ? default_store : url);
    }
    std::vector<NamedStore> stores;
    for (const std::string& text : texts) {
        TURNTABLE_TRY(NamedStore store, named_store_of(text, stores.empty()));
        stores.push_back(std::move(store));
    }
    return stores;
}

Result<void> open_stores(App& app, const ServeOptions& options, Serving& serving) {
    TURNTABLE_TRY(const std::vector<NamedStore> stores, stores_of(app, options));
    for (const NamedStore& store : stores) {
        TURNTABLE_TRY(kv::Database database,
                      app.registry().open(store.url, {.runtime = serving.runtime}));
        // Now, so that a server that cannot serve does not start.
        TURNTABLE_TRY(const turntable::Health health, database.health());
        if (health.state == turntable::Health::State::unhealthy) {
            return Error(ErrorCode::invalid_config,
                         "the store " + store.name + " cannot be served: " + health.reason);
        }
        serving.databases.push_back(
            {.name = store.name, .database = std::move(database), .read_only = options.read_only});
    }
    return {};
}

Result<void> listen(const ServeOptions& options, Serving& serving) {
    TURNTABLE_TRY(const std::shared_ptr<server::Service> service,
                  server::Service::create({.runtime = serving.runtime,
                                           .settings = serving.settings,
                                           .databases = serving.databases,
                                           .access = serving.access.live}));
    net::ServerOptions how;
    how.listen = {serving.settings.listen};
    how.handler = service;
    how.runtime = serving.runtime;
    if (!options.certificate.empty()) {
        how.tls = net::TlsFiles{.certificate = options.certificate, .key = options.key};
    }
    TURNTABLE_TRY(serving.listener, net::Server::start(std::move(how)));
    if (serving.settings.metrics_listen.empty()) {
        return {};
    }
    net::ServerOptions apart;
    apart.listen = {serving.settings.metrics_listen};
    apart.handler = server::Service::operations(service);
    apart.runtime = serving.runtime;
    apart.threads = 1;
    TURNTABLE_TRY(serving.operators, net::Server::start(std::move(apart)));
    return {};
}

Result<Serving> start(App& app, const ServeOptions& options) {
    Serving serving;
    serving.runtime = turntable::Runtime::create({.log = log_to_stderr()});
    TURNTABLE_TRY(serving.settings, read_settings(options));
    TURNTABLE_TRY(serving.access, server::open_access(serving.runtime, serving.settings));
    TURNTABLE_CHECK(open_stores(app, options, serving));
    TURNTABLE_CHECK(listen(options, serving));
    return serving;
}

std::string url_of(const Serving& serving, bool secure) {
    const std::string& address = serving.listener->addresses().front();
    if (address.starts_with("unix:")) {
        return address;
    }
    return (secure ? "https://" : "http://") + address;
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

void print_start(const Serving& serving, bool secure) {
    const std::string url = url_of(serving, secure);
    // denokv says so too, and on this stream: scripts wait for it.
    std::cerr << "Listening on " << url << std::endl;
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
void wait_for_stop(App& app, Serving& serving, bool secure) {
    app.signals->hand_to([&](int number, bool /*from_terminal*/) {
        if (number != SIGHUP) {
            if (!app.stop().request_stop()) {
                _exit(128 + number);
            }
            return;
        }
        if (const auto read = secure ? serving.listener->reload_certificate() : Result<void>();
            !read) {
            serving.runtime->log(turntable::LogLevel::error, "server", read.error().to_string());
        }
    });
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait(lock, app.stop().get_token(), [] { return false; });
}

void end(App& app, Serving& serving) {
    if (!serving.listener->stop(grace)) {
        std::cerr << "turntable: some requests were broken off after "
                  << std::chrono::seconds(grace).count() << " s\n";
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
    if (options.certificate.empty() != options.key.empty()) {
        return app.fail(ExitCode::usage, "--tls-certificate and --tls-key go together");
    }
    if (options.no_token && (!options.token_file.empty() || !options.access_token.empty())) {
        return app.fail(ExitCode::usage, "--no-token contradicts the token that is given");
    }
    auto serving = start(app, options);
    if (!serving) {
        return app.fail(ExitCode::cannot_open, shown_text(serving.error().to_string()));
    }
    const bool secure = !options.certificate.empty();
    print_start(*serving, secure);
    wait_for_stop(app, *serving, secure);
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
                        "any --store, or sqlite:turntable.db");
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
