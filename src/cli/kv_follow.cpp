// kv watch, listen: verbs that go on until they are stopped.

#include <iostream>

#include "cli/app.hpp"
#include "cli/entry_output.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/json.hpp"

namespace turntable_cli {

using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

namespace {

struct WatchOptions {
    std::vector<std::string> keys;
    std::string prefix;
    std::optional<std::uint64_t> steps;
    bool json = false;
};

Result<kv::WatchStream> open_watch(const kv::Database& database, const WatchOptions& options) {
    if (!options.prefix.empty()) {
        TURNTABLE_TRY(kv::Key prefix, kv::parse_key(options.prefix));
        return database.watch_prefix(std::move(prefix));
    }
    std::vector<kv::Key> keys;
    for (const std::string& text : options.keys) {
        TURNTABLE_TRY(kv::Key key, kv::parse_key(text));
        keys.push_back(std::move(key));
    }
    return database.watch(keys);
}

void print_changes(const kv::Changes& changes, bool json) {
    const EntryForm form = json ? EntryForm::json : EntryForm::key_and_value;
    for (const kv::Change& change : changes) {
        if (change.entry.has_value()) {
            print_entry(std::cout, change.key.encoded(), change.entry->value,
                        change.entry->versionstamp, form);
        } else {
            print_absent(std::cout, change.key.encoded(), form);
        }
    }
    std::cout.flush();
}

void watch(App& app, const WatchOptions& options) {
    if (options.keys.empty() == options.prefix.empty()) {
        return app.fail(ExitCode::usage, "name keys to watch, or --prefix KEY");
    }
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    auto stream = open_watch(*database, options);
    if (!stream) {
        return app.fail(stream.error());
    }
    for (std::uint64_t step = 0; !options.steps || step < *options.steps; ++step) {
        const auto changes = stream->next(app.stop().get_token());
        if (!changes && changes.error().code() == ErrorCode::cancelled) {
            return;  // stopped by a signal, which is how a watch ends
        }
        if (!changes) {
            return app.fail(changes.error());
        }
        if (!changes->has_value()) {
            return;
        }
        print_changes(**changes, options.json);
    }
}

void print_message(const kv::Message& message, bool json) {
    if (json) {
        const auto value = kv::to_json(message.value());
        std::cout << "{\"id\":" << turntable::json_quoted(message.id())
                  << ",\"value\":" << (value ? *value : "null") << "}\n";
    } else {
        std::cout << print_value(message.value()) << '\n';
    }
    std::cout.flush();
}

struct ListenOptions {
    std::optional<std::uint64_t> count;
    bool json = false;
};

void listen(App& app, const ListenOptions& options) {
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    for (std::uint64_t taken = 0; !options.count || taken < *options.count; ++taken) {
        auto message = database->receive(app.stop().get_token());
        if (!message && message.error().code() == ErrorCode::cancelled) {
            return;
        }
        if (!message) {
            return app.fail(message.error());
        }
        print_message(*message, options.json);
        // Not done before it is printed: a listener that dies in between gets it again.
        const auto finished = std::cout ? message->finish() : message->fail();
        if (!finished) {
            return app.fail(finished.error());
        }
    }
}

}  // namespace

void add_kv_follow(CLI::App& kv, App& app) {
    auto watch_options = std::make_shared<WatchOptions>();
    auto* watch_command =
        kv.add_subcommand("watch", "Print the state of keys now and whenever it changes");
    watch_command->add_option("KEY", watch_options->keys, "Keys to watch");
    watch_command->add_option("--prefix", watch_options->prefix,
                              "Watch all entries whose keys extend this key");
    watch_command->add_option("--steps", watch_options->steps, "Stop after this many prints");
    watch_command->add_flag("--json", watch_options->json, "Print one JSON object a line");
    watch_command->callback([&app, watch_options] { watch(app, *watch_options); });

    auto listen_options = std::make_shared<ListenOptions>();
    auto* listen_command =
        kv.add_subcommand("listen", "Take messages from the queue and print them");
    listen_command->add_option("--count", listen_options->count, "Stop after this many");
    listen_command->add_flag("--json", listen_options->json, "Print one JSON object a line");
    listen_command->callback([&app, listen_options] { listen(app, *listen_options); });
}

}  // namespace turntable_cli
