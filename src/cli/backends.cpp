// backends: what is built in and what each can do.

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/app.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::BackendInfo;
using turntable::json_quoted;

namespace {

std::string url_form(const BackendInfo& backend) {
    return backend.prefix.ends_with(':') ? backend.prefix : backend.prefix + ":";
}

void print_json(const std::vector<BackendInfo>& backends) {
    std::cout << '[';
    for (std::size_t i = 0; i < backends.size(); ++i) {
        const BackendInfo& backend = backends[i];
        std::cout << (i == 0 ? "" : ",\n ") << "{\"name\":" << json_quoted(backend.name)
                  << ",\"prefix\":" << json_quoted(backend.prefix)
                  << ",\"summary\":" << json_quoted(backend.summary) << ",\"facts\":{";
        for (std::size_t j = 0; j < backend.facts.size(); ++j) {
            std::cout << (j == 0 ? "" : ",") << json_quoted(backend.facts[j].first) << ':'
                      << json_quoted(backend.facts[j].second);
        }
        std::cout << "}}";
    }
    std::cout << "]\n";
}

void print_text(const std::vector<BackendInfo>& backends) {
    for (const BackendInfo& backend : backends) {
        std::cout << url_form(backend) << "  " << backend.summary << '\n';
        for (const auto& [name, value] : backend.facts) {
            std::cout << "    " << std::left << std::setw(30) << name << ' ' << value << '\n';
        }
    }
    std::cout << "\nSettings of one: turntable help NAME\n";
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
    auto json = std::make_shared<bool>(false);
    auto markdown = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("backends", "List the backends and what each can do");
    command->add_flag("--json", *json, "Print a JSON array");
    command->add_flag("--markdown", *markdown, "Print the table of the documentation");
    command->callback([&app, json, markdown] {
        std::vector<BackendInfo> backends = app.registry().describe();
        // One engine may serve several prefixes; it is listed under its first.
        std::vector<BackendInfo> once;
        for (BackendInfo& backend : backends) {
            const bool known = std::any_of(once.begin(), once.end(), [&](const BackendInfo& seen) {
                return seen.name == backend.name;
            });
            if (!known) {
                once.push_back(std::move(backend));
            }
        }
        if (*json) {
            print_json(once);
        } else if (*markdown) {
            print_markdown(once);
        } else {
            print_text(once);
        }
    });
}

}  // namespace turntable_cli
