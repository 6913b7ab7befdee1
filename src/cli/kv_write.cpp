// kv set, remove, enqueue.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

#include "cli/app.hpp"
#include "cli/confirm.hpp"
#include "cli/text.hpp"
#include "cli/value_options.hpp"

namespace turntable_cli {

using turntable::Result;
namespace kv = turntable::kv;

namespace {

void print_versionstamp(const kv::Versionstamp& versionstamp, bool json) {
    if (json) {
        std::cout << "{\"versionstamp\":\"" << versionstamp.to_string() << "\"}\n";
    } else {
        std::cout << versionstamp.to_string() << '\n';
    }
}

void add_set(CLI::App& parent, App& app) {
    struct Options {
        std::string key;
        ValueOptions value;
        std::string expire_in;
        bool json = false;
    };
    auto* command = parent.add_subcommand("set", "Store a value; print its versionstamp");
    auto options = std::make_shared<Options>();
    command->add_option("KEY", options->key, "Such as users/42n")->required();
    options->value.add_to(*command);
    command->add_option("--expire-in", options->expire_in, "Such as 10m; never without it");
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        const auto key = kv::parse_key(options->key);
        if (!key) {
            return app.fail(key.error());
        }
        const auto value = options->value.read();
        if (!value) {
            return app.fail(value.error());
        }
        kv::SetOptions set_options;
        if (!options->expire_in.empty()) {
            const auto expire_in = parse_duration("--expire-in", options->expire_in);
            if (!expire_in) {
                return app.fail(expire_in.error());
            }
            set_options.expire_in = *expire_in;
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        const auto versionstamp = database->set(*key, *value, set_options);
        if (!versionstamp) {
            return app.fail(versionstamp.error());
        }
        print_versionstamp(*versionstamp, options->json);
    });
}

struct RemoveOptions {
    std::vector<std::string> keys;
    std::optional<std::string> prefix;
    bool dry_run = false;
    bool yes = false;
    bool json = false;
};

void remove_keys(App& app, const RemoveOptions& options) {
    std::vector<kv::Key> parsed;
    for (const std::string& key : options.keys) {
        auto one = kv::parse_key(key);
        if (!one) {
            return app.fail(one.error());
        }
        parsed.push_back(*std::move(one));
    }
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    auto write = database->atomic();
    for (const kv::Key& key : parsed) {
        write.remove(key);
    }
    const auto commit = write.commit();
    if (!commit) {
        return app.fail(commit.error());
    }
    print_versionstamp(commit->versionstamp, options.json);
}

void remove_prefix(App& app, const RemoveOptions& options) {
    auto prefix = kv::parse_key(*options.prefix);
    if (!prefix) {
        return app.fail(prefix.error());
    }
    const std::string which = prefix->empty() ? "" : " whose keys extend " + *options.prefix;
    const kv::Selector selector = kv::prefix(*std::move(prefix));
    const auto database = app.open_store();
    if (!database) {
        return;
    }
    if (options.dry_run || !options.yes) {
        const auto count = database->count(selector, app.stop().get_token());
        if (!count) {
            return app.fail(count.error());
        }
        const std::string entries = print_count(*count) + " entries" + which;
        if (options.dry_run && options.json) {
            std::cout << "{\"would_remove\":" << *count << "}\n";
        } else if (options.dry_run) {
            std::cout << "would remove " << entries << '\n';
        }
        if (options.dry_run || !confirmed(app, "Remove " + entries + "?")) {
            return;
        }
    }
    const auto removed = database->remove_range(selector, app.stop().get_token());
    if (!removed) {
        return app.fail(removed.error());
    }
    if (options.json) {
        std::cout << "{\"removed\":" << removed->removed << ",\"versionstamp\":\""
                  << removed->versionstamp.to_string() << "\"}\n";
    } else {
        std::cout << "removed " << print_count(removed->removed) << " entries\n";
    }
}

void add_remove(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("remove", "Remove entries; absent ones are fine");
    auto options = std::make_shared<RemoveOptions>();
    auto* keys = command->add_option("KEY", options->keys, "Removed together, in one commit");
    auto* prefix = command->add_option(
        "--prefix", options->prefix,
        "Remove all entries whose keys extend this key; \"\": all of the store");
    prefix->excludes(keys);
    command->add_flag("--dry-run", options->dry_run, "Only tell how many that would be")
        ->needs(prefix);
    command->add_flag("--yes", options->yes, "Do not ask")->needs(prefix);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        if (options->prefix) {
            remove_prefix(app, *options);
        } else if (options->keys.empty()) {
            app.fail(ExitCode::usage, "name keys to remove, or --prefix KEY");
        } else {
            remove_keys(app, *options);
        }
    });
}

Result<std::vector<std::chrono::milliseconds>> parse_backoff(const std::string& text) {
    std::vector<std::chrono::milliseconds> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        TURNTABLE_TRY(const auto step, parse_duration("--backoff", text.substr(at, comma - at)));
        out.push_back(step);
        at = comma + 1;
    }
    return out;
}

void add_enqueue(CLI::App& parent, App& app) {
    struct Options {
        ValueOptions value;
        std::string delay = "0";
        std::optional<std::string> backoff;
        std::vector<std::string> if_undelivered;
        bool json = false;
    };
    auto* command = parent.add_subcommand("enqueue", "Put a message into the queue");
    auto options = std::make_shared<Options>();
    options->value.add_to(*command);
    command->add_option("--delay", options->delay, "Deliver no earlier than after this");
    command->add_option("--backoff", options->backoff,
                        "Waits before further attempts, such as 100ms,1s; \"\": one attempt");
    command->add_option("--if-undelivered", options->if_undelivered,
                        "Key that gets the message when every attempt failed");
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        const auto value = options->value.read();
        const auto delay = parse_duration("--delay", options->delay);
        const auto backoff = parse_backoff(options->backoff.value_or(""));
        for (const turntable::Error* error :
             {value ? nullptr : &value.error(), delay ? nullptr : &delay.error(),
              backoff ? nullptr : &backoff.error()}) {
            if (error != nullptr) {
                return app.fail(*error);
            }
        }
        std::vector<kv::Key> keys;
        for (const std::string& text : options->if_undelivered) {
            auto key = kv::parse_key(text);
            if (!key) {
                return app.fail(key.error());
            }
            keys.push_back(*std::move(key));
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        kv::EnqueueOptions enqueue;
        enqueue.delay = *delay;
        enqueue.keys_if_undelivered = keys;
        if (options->backoff.has_value()) {
            enqueue.backoff = *backoff;
        }
        const auto versionstamp = database->enqueue(*value, enqueue);
        if (!versionstamp) {
            return app.fail(versionstamp.error());
        }
        print_versionstamp(*versionstamp, options->json);
    });
}

}  // namespace

void add_kv_write(CLI::App& kv, App& app) {
    add_set(kv, app);
    add_remove(kv, app);
    add_enqueue(kv, app);
}

}  // namespace turntable_cli
