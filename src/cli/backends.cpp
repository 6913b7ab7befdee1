// backends: what is built in and what each can do.

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <utility>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::BackendInfo;
using turntable::json_quoted;

namespace {

std::string url_form(const BackendInfo& backend) {
    return backend.prefix.ends_with(':') ? backend.prefix : backend.prefix + ":";
}

/// One engine may serve several prefixes; it is listed under its first.
std::vector<BackendInfo> each_once(std::vector<BackendInfo> backends) {
    std::vector<BackendInfo> once;
    for (BackendInfo& backend : backends) {
        const bool known = std::any_of(once.begin(), once.end(), [&](const BackendInfo& seen) {
            return seen.name == backend.name;
        });
        if (!known) {
            once.push_back(std::move(backend));
        }
    }
    return once;
}

void print_json(const std::vector<BackendInfo>& backends, std::string_view surface,
                const char*& separator) {
    for (const BackendInfo& backend : backends) {
        std::cout << std::exchange(separator, ",\n ") << "{\"name\":" << json_quoted(backend.name)
                  << ",\"surface\":" << json_quoted(surface)
                  << ",\"prefix\":" << json_quoted(backend.prefix)
                  << ",\"summary\":" << json_quoted(backend.summary) << ",\"facts\":{";
        for (std::size_t j = 0; j < backend.facts.size(); ++j) {
            std::cout << (j == 0 ? "" : ",") << json_quoted(backend.facts[j].first) << ':'
                      << json_quoted(backend.facts[j].second);
        }
        std::cout << "}}";
    }
}

void print_text(const std::vector<BackendInfo>& backends) {
    for (const BackendInfo& backend : backends) {
        std::cout << url_form(backend) << "  " << backend.summary << '\n';
        for (const auto& [name, value] : backend.facts) {
            std::cout << "    " << std::left << std::setw(30) << name << ' ' << value << '\n';
        }
    }
}

/// The table of the README: a column for each backend, a row for each fact.
void print_markdown(const std::vector<BackendInfo>& backends) {
    std::vector<std::string> names;
    for (const BackendInfo& backend : backends) {
        for (const auto& [name, value] : backend.facts) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.push_back(name);
            }
        }
    }
    std::cout << "| |";
    for (const BackendInfo& backend : backends) {
        std::cout << " `" << url_form(backend) << "` |";
    }
    std::cout << "\n|---|";
    for (std::size_t i = 0; i < backends.size(); ++i) {
        std::cout << "---|";
    }
    std::cout << '\n';
    for (const std::string& name : names) {
        std::cout << "| " << name << " |";
        for (const BackendInfo& backend : backends) {
            const auto fact = std::find_if(backend.facts.begin(), backend.facts.end(),
                                           [&](const auto& one) { return one.first == name; });
            std::cout << ' ' << (fact == backend.facts.end() ? "" : fact->second) << " |";
        }
        std::cout << '\n';
    }
}

}  // namespace

void add_backends(CLI::App& root, App& app) {
    struct Options {
        std::string surface;
        bool json = false;
        bool markdown = false;
    };
    auto options = std::make_shared<Options>();
    auto* command = root.add_subcommand("backends", "List the backends and what each can do");
    command->add_option("--surface", options->surface, "kv or blob; none: both")
        ->check(CLI::IsMember({"kv", "blob"}));
    command->add_flag("--json", options->json, "Print a JSON array");
    command->add_flag("--markdown", options->markdown,
                      "Print the table of the documentation, that of kv unless told otherwise");
    command->callback([&app, options] {
        const auto kv = each_once(app.registry().describe());
        const auto blob = each_once(app.blobs().describe());
        const bool wants_kv = options->surface != "blob";
        const bool wants_blob = options->surface != "kv";
        if (options->markdown) {
            return print_markdown(wants_kv ? kv : blob);
        }
        if (options->json) {
            const char* separator = "[";
            print_json(wants_kv ? kv : blob, wants_kv ? "kv" : "blob", separator);
            if (wants_kv && wants_blob) {
                print_json(blob, "blob", separator);
            }
            std::cout << "]\n";
            return;
        }
        if (wants_kv) {
            print_text(kv);
        }
        if (wants_blob) {
            std::cout << (wants_kv ? "\nOf blobs:\n" : "");
            print_text(blob);
        }
        std::cout << "\nSettings of one: turntable help NAME\n";
    });
}

}  // namespace turntable_cli
