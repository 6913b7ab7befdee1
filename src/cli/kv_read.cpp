// kv get, list, count.

#include <iostream>

#include "cli/app.hpp"
#include "cli/entry_output.hpp"
#include "cli/selector_options.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

namespace kv = turntable::kv;

namespace {

void add_kv_get(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("get", "Print the value of a key");
    auto key = std::make_shared<std::string>();
    auto form = std::make_shared<EntryForm>(EntryForm::value);
    command->add_option("KEY", *key, "Such as users/42n")->required();
    auto* json = command->add_flag_callback(
        "--json", [form] { *form = EntryForm::json; }, "Print key, value and versionstamp as JSON");
    command
        ->add_flag_callback(
            "--raw", [form] { *form = EntryForm::raw; }, "Write the stored bytes as they are")
        ->excludes(json);
    command->callback([&app, key, form] {
        const auto parsed = kv::parse_key(*key);
        if (!parsed) {
            return app.fail(parsed.error());
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        const auto entry = database->get(*parsed);
        if (!entry) {
            return app.fail(entry.error());
        }
        if (!entry->has_value()) {
            return app.fail(ExitCode::not_found, "there is no entry under " + *key);
        }
        print_entry(std::cout, parsed->encoded(), (*entry)->value, (*entry)->versionstamp, *form);
    });
}

void add_kv_list(CLI::App& parent, App& app) {
    struct Options {
        SelectorOptions selector;
        std::optional<std::uint64_t> limit;
        std::optional<std::uint32_t> batch;
        bool reverse = false;
        bool json = false;
        bool keys_only = false;
        bool show_cursor = false;
        std::string cursor;
    };
    auto* command = parent.add_subcommand("list", "Print entries in key order");
    auto options = std::make_shared<Options>();
    options->selector.add_to(*command);
    command->add_option("--limit", options->limit, "At most this many");
    command->add_option("--batch", options->batch, "Entries read at a time");
    command->add_option("--cursor", options->cursor, "Go on where another list stopped");
    command->add_flag("--show-cursor", options->show_cursor,
                      "Print the cursor to standard error at the end");
    command->add_flag("--reverse", options->reverse, "From the last key to the first");
    command->add_flag("--keys", options->keys_only, "Print keys only");
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([&app, options] {
        const auto selector = options->selector.selector();
        if (!selector) {
            return app.fail(selector.error());
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        kv::ListOptions list_options;
        list_options.limit = options->limit;
        list_options.batch = options->batch;
        list_options.reverse = options->reverse;
        list_options.cursor = options->cursor;
        auto list = database->list(*selector, list_options);
        const EntryForm form = options->json        ? EntryForm::json
                               : options->keys_only ? EntryForm::key
                                                    : EntryForm::key_and_value;
        while (true) {
            const auto entry = list.next(app.stop().get_token());
            if (!entry) {
                return app.fail(entry.error());
            }
            if (!entry->has_value()) {
                break;
            }
            print_entry(std::cout, (*entry)->key.encoded(), (*entry)->value, (*entry)->versionstamp,
                        form);
        }
        if (options->show_cursor) {
            std::cerr << list.cursor() << '\n';
        }
    });
}

void add_count(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("count", "Print how many entries there are");
    auto options = std::make_shared<SelectorOptions>();
    auto json = std::make_shared<bool>(false);
    options->add_to(*command);
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([&app, options, json] {
        const auto selector = options->selector();
        if (!selector) {
            return app.fail(selector.error());
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        const auto count = database->count(*selector);
        if (!count) {
            return app.fail(count.error());
        }
        if (*json) {
            std::cout << "{\"count\":" << *count << "}\n";
        } else {
            std::cout << *count << '\n';
        }
    });
}

}  // namespace

void add_kv_read(CLI::App& kv, App& app) {
    add_kv_get(kv, app);
    add_kv_list(kv, app);
    add_count(kv, app);
}

}  // namespace turntable_cli
