// tape ls, search, stats.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/tape_library.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::json_quoted;

namespace {

struct SearchArguments {
    std::vector<std::string> query;
    std::optional<std::uint32_t> limit;
    std::string after;
    bool json = false;
};

void search(App& app, const SearchArguments& options) {
    auto criteria = read_query(app, options.query);
    if (!criteria) {
        return;
    }
    criteria->limit = options.limit.value_or(criteria->limit);
    criteria->cursor = options.after;
    const auto tapes = open_library(app);
    if (!tapes) {
        return;
    }
    const auto page = tapes->search(*criteria, {app.stop().get_token()});
    if (!page) {
        return app.fail(page.error());
    }
    for (const tape::TapeMetadata& found : page->tapes) {
        print_tape(found, options.json);
    }
    if (options.json) {
        std::cout << "{\"page\":{\"tapes\":" << page->tapes.size()
                  << ",\"answered\":" << json_quoted(to_string(page->answered))
                  << ",\"scanned\":" << page->scanned << ",\"next\":" << json_quoted(page->next)
                  << "}}\n";
        return;
    }
    if (page->answered == tape::Answered::scan) {
        std::cerr << "read the contents of " << print_count(page->scanned)
                  << (page->scanned == 1 ? " tape\n" : " tapes\n");
    }
    if (!page->next.empty()) {
        std::cerr << "more: --after " << page->next << '\n';
    }
}

void print_names(std::string_view title, const std::vector<tape::NameCount>& names) {
    for (const tape::NameCount& name : names) {
        std::cout << title << ' ' << shown_text(name.name) << ": " << print_count(name.count)
                  << '\n';
    }
}

void print_json_names(std::string_view member, const std::vector<tape::NameCount>& names) {
    std::cout << ",\"" << member << "\":{";
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::cout << (i == 0 ? "" : ",") << json_quoted(names[i].name) << ':' << names[i].count;
    }
    std::cout << '}';
}

void stats(App& app, const SearchArguments& options) {
    const auto criteria = read_query(app, options.query);
    const auto tapes = criteria ? open_library(app) : std::nullopt;
    if (!tapes) {
        return;
    }
    const auto sums = tapes->statistics(criteria->where, {app.stop().get_token()});
    if (!sums) {
        return app.fail(sums.error());
    }
    const std::pair<const char*, std::uint64_t> rows[] = {
        {"tapes", sums->tapes},           {"frames", sums->frames},
        {"bytes", sums->bytes},           {"stored_bytes", sums->stored_bytes},
        {"requests", sums->requests},     {"errors", sums->errors},
        {"unanswered", sums->unanswered}, {"dropped", sums->dropped},
        {"pinned", sums->pinned}};
    if (options.json) {
        const char* separator = "{";
        for (const auto& [name, value] : rows) {
            std::cout << std::exchange(separator, ",") << '"' << name << "\":" << value;
        }
        print_json_names("states", sums->states);
        print_json_names("tools", sums->tools);
        std::cout << "}\n";
        return;
    }
    for (const auto& [name, value] : rows) {
        std::cout << name << ": " << print_count(value) << '\n';
    }
    print_names("state", sums->states);
    print_names("tool", sums->tools);
}

}  // namespace

void add_tape_list(CLI::App& tape, App& app) {
    auto* list = tape.add_subcommand("ls", "List the tapes of a library, newest first");
    auto* find = tape.add_subcommand("search", "Find tapes");
    for (CLI::App* command : {list, find}) {
        auto options = std::make_shared<SearchArguments>();
        if (command == find) {
            command
                ->add_option("QUERY", options->query,
                             "Such as: tool:search error 'took>2s' since:7d")
                ->required();
        }
        command->add_option("--limit", options->limit, "At most so many; 100 without it")
            ->check(CLI::Range(1, 10'000));
        command->add_option("--after", options->after, "Go on behind a page: what it printed");
        command->add_flag("--json", options->json, "Print a JSON object a line, the page last");
        add_library_option(*command, app);
        command->callback([&app, options] { search(app, *options); });
    }
    auto options = std::make_shared<SearchArguments>();
    auto* sums = tape.add_subcommand("stats", "Tell what tapes hold, all or those of a query");
    sums->add_option("QUERY", options->query, "Such as: tag:prod since:7d");
    sums->add_flag("--json", options->json, "Print a JSON object");
    add_library_option(*sums, app);
    sums->callback([&app, options] { stats(app, *options); });
}

}  // namespace turntable_cli
