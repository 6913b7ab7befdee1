// man FOLDER: manual pages, generated from the definition of the command line like --help.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>

#include "cli/app.hpp"
#include "turntable/version.hpp"

namespace turntable_cli {

namespace {

/// Text as roff takes it, line by line; a dash is one that can be copied.
std::string escaped(std::string_view text) {
    std::string out;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) {
            out += "\\&";
        }
        line_start = c == '\n';
        out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return out;
}

/// The name of a page: turntable-kv-copy.
std::string page_name(const CLI::App& command) {
    return command.get_parent() == nullptr
               ? "turntable"
               : page_name(*command.get_parent()) + "-" + command.get_name();
}

std::string spoken_name(const CLI::App& command) {
    return command.get_parent() == nullptr
               ? "turntable"
               : spoken_name(*command.get_parent()) + " " + command.get_name();
}

std::string upper(std::string text) {
    for (char& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// The arguments of a verb, in brackets where they may be left out.
std::string arguments_of(const CLI::App& command) {
    std::string out;
    for (const CLI::Option* option : command.get_options({})) {
        if (!option->get_positional()) {
            continue;
        }
        const std::string name =
            option->get_name(true) + (option->get_items_expected_max() > 1 ? " ..." : "");
        out += option->get_required() ? " " + name : " [" + name + "]";
    }
    return out;
}

void print_option(std::ostream& page, const CLI::Option& option) {
    page << ".TP\n";
    if (option.get_positional()) {
        page << "\\fI" << escaped(option.get_name(true)) << "\\fR\n";
    } else {
        std::string names;
        for (const std::string& name : option.get_snames()) {
            names += (names.empty() ? "" : ", ") + ("\\fB\\-" + escaped(name) + "\\fR");
        }
        for (const std::string& name : option.get_lnames()) {
            names += (names.empty() ? "" : ", ") + ("\\fB\\-\\-" + escaped(name) + "\\fR");
        }
        const std::string type = option.get_type_name();
        page << names << (takes_value(option) ? " \\fI" + escaped(type) + "\\fR" : "") << '\n';
    }
    page << escaped(option.get_description());
    if (const std::string value = option.get_default_str(); !value.empty()) {
        page << " (default " << escaped(value) << ')';
    }
    page << '\n';
}

void print_options(std::ostream& page, const CLI::App& command) {
    page << ".SH OPTIONS\n";
    for (const bool positional : {true, false}) {
        for (const CLI::Option* option : command.get_options({})) {
            if (option->get_positional() == positional) {
                print_option(page, *option);
            }
        }
    }
    if (command.get_parent() != nullptr) {
        page << ".PP\nThe options of\n.BR turntable (1)\ngo with every verb.\n";
    }
}

/// What stands below the options in --help, as it is.
void print_footer(std::ostream& page, const CLI::App& command) {
    if (!command.get_footer().empty()) {
        page << ".SH NOTES\n.nf\n" << escaped(command.get_footer()) << "\n.fi\n";
    }
}

void print_verbs(std::ostream& page, const CLI::App& command) {
    const auto verbs = command.get_subcommands({});
    if (verbs.empty()) {
        return;
    }
    page << ".SH VERBS\n";
    for (const CLI::App* verb : verbs) {
        page << ".TP\n.BR " << escaped(page_name(*verb)) << " (1)\n"
             << escaped(verb->get_description()) << '\n';
    }
}

std::string page_of(const CLI::App& command) {
    std::ostringstream page;
    const std::string name = page_name(command);
    page << ".TH " << escaped(upper(name)) << " 1 \"\" \"turntable "
         << escaped(turntable::library_version()) << "\" \"Turntable\"\n"
         << ".SH NAME\n"
         << escaped(name) << " \\- " << escaped(command.get_description()) << "\n.SH SYNOPSIS\n.B "
         << escaped(spoken_name(command)) << "\n[\\fIOPTIONS\\fR]"
         << escaped(command.get_subcommands({}).empty() ? arguments_of(command) : " VERB ...")
         << '\n';
    print_verbs(page, command);
    print_options(page, command);
    print_footer(page, command);
    if (command.get_parent() != nullptr) {
        page << ".SH SEE ALSO\n.BR " << escaped(page_name(*command.get_parent())) << " (1)\n";
    }
    return page.str();
}

bool write_pages(const CLI::App& command, const std::filesystem::path& folder) {
    std::ofstream file(folder / (page_name(command) + ".1"), std::ios::binary);
    file << page_of(command);
    bool written = file.flush().good();
    for (const CLI::App* verb : command.get_subcommands({})) {
        written = write_pages(*verb, folder) && written;
    }
    return written;
}

}  // namespace

void add_man(CLI::App& root, App& app) {
    auto folder = std::make_shared<std::string>();
    auto* command = root.add_subcommand("man", "Write the manual pages, one for each verb");
    command->add_option("FOLDER", *folder, "Where they go; none: print that of turntable itself");
    command->callback([&root, &app, folder] {
        if (folder->empty()) {
            std::cout << page_of(root);
            return;
        }
        std::error_code problem;
        std::filesystem::create_directories(*folder, problem);
        if (!write_pages(root, *folder)) {
            app.fail(ExitCode::failed, "the pages cannot be written to " + *folder);
        }
    });
}

}  // namespace turntable_cli
