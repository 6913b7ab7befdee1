// kv set, remove, enqueue.

#include <algorithm>
#include <cmath>
#include <iostream>

#include "cli/app.hpp"
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

void add_remove(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("remove", "Remove entries; absent ones are fine");
    auto keys = std::make_shared<std::vector<std::string>>();
    auto json = std::make_shared<bool>(false);
    command->add_option("KEY", *keys, "Removed together, in one commit")->required();
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([&app, keys, json] {
        std::vector<kv::Key> parsed;
        for (const std::string& key : *keys) {
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
        print_versionstamp(commit->versionstamp, *json);
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
