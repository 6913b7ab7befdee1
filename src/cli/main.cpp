#include <algorithm>
#include <iostream>

#include "cli/app.hpp"
#include "cli/signals.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/version.hpp"

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 no such key or blob, 4 a check failed,\n"
    "5 the store or configuration cannot be used, 6 a store is unhealthy, does not conform, or is\n"
    "not equal to the other, 130 stopped by a signal.";

void define(CLI::App& root, turntable_cli::App& app) {
    using namespace turntable_cli;
    root.set_version_flag("--version", "turntable " + std::string(turntable::library_version()));
    root.add_option("-s,--store", app.store, "URL, @NAME or path of the store");
    root.add_option("--config", app.config_file, "The configuration file");
    root.footer(exit_codes);
    root.require_subcommand(1);
    root.fallthrough();  // --store may stand behind the verb
    add_kv(root, app);
    add_blob(root, app);
    add_record(root, app);
    add_wrap(root, app);
    add_tape(root, app);
    add_replay(root, app);
    add_serve(root, app);
    add_conform(root, app);
    add_backends(root, app);
    add_layers(root, app);
    add_check(root, app);
    add_config(root, app);
    add_help(root, app);
    add_completion(root, app);
    add_man(root, app);
    add_tour(root, app);
    add_version(root, app);
    for (CLI::App* verb : root.get_subcommands({})) {
        verb->fallthrough();
        for (CLI::App* inner : verb->get_subcommands({})) {
            inner->fallthrough();
        }
    }
}

std::vector<std::string> verbs_of(const CLI::App& root) {
    std::vector<std::string> verbs;
    for (const CLI::App* verb : root.get_subcommands({})) {
        verbs.push_back(verb->get_name());
    }
    return verbs;
}

/// Tells of a first word that is no verb, with the nearest one; CLI11 would only miss a verb.
bool unknown_verb(const CLI::App& root, std::string_view word) {
    const std::vector<std::string> verbs = verbs_of(root);
    if (word.starts_with('-') || std::find(verbs.begin(), verbs.end(), word) != verbs.end()) {
        return false;
    }
    std::cerr << "turntable: there is no verb " << word;
    if (const auto nearest = turntable::nearest_name(word, verbs)) {
        std::cerr << "; did you mean " << *nearest << '?';
    }
    std::cerr << "\nSee turntable --help for all of them.\n";
    return true;
}

/// Verbs that run a command, which stands behind `--`.
constexpr std::string_view command_verbs[] = {"record", "replay"};

/// Takes the command off the command line, so that nobody reads its arguments as ours; gives how
/// many are left.
int take_command(const CLI::App& root, turntable_cli::App& app, int argc, char** argv) {
    const std::vector<std::string> verbs = verbs_of(root);
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
        if (std::ranges::find(verbs, argv[i]) == verbs.end()) {
            continue;
        }
        if (std::ranges::find(command_verbs, argv[i]) == std::end(command_verbs)) {
            return argc;
        }
        char** const end = argv + argc;
        char** const marker = std::find(argv + i, end, std::string_view("--"));
        if (marker != end) {
            app.command.assign(marker + 1, end);
        }
        return static_cast<int>(marker - argv);
    }
    return argc;
}

}  // namespace

int main(int argc, char** argv) {
    turntable_cli::App app;
    turntable_cli::SignalStop signals(app.stop());
    app.signals = &signals;
    CLI::App root{"One storage interface; a URL picks the engine."};
    define(root, app);
    if (argc > 1 && unknown_verb(root, argv[1])) {
        return static_cast<int>(turntable_cli::ExitCode::usage);
    }
    argc = take_command(root, app, argc, argv);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = root.exit(error);
        return code == 0 ? 0 : static_cast<int>(turntable_cli::ExitCode::usage);
    }
    return static_cast<int>(app.exit_code());
}
