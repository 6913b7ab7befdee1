// completion SHELL: generated from the definition of the command line, so it is never stale.

#include <iostream>

#include "cli/app.hpp"

namespace turntable_cli {

namespace {

/// The words that may follow a command: its verbs and its options.
std::string words_of(const CLI::App& command) {
    std::string words;
    for (const CLI::App* verb : command.get_subcommands({})) {
        words += verb->get_name() + " ";
    }
    for (const CLI::App* scope = &command; scope != nullptr; scope = scope->get_parent()) {
        for (const CLI::Option* option : scope->get_options({})) {
            for (const std::string& name : option->get_lnames()) {
                words += "--" + name + " ";
            }
        }
    }
    if (!words.empty()) {
        words.pop_back();
    }
    return words;
}

/// A case of the shell function for this command and each below it.
void print_cases(const CLI::App& command, const std::string& path) {
    std::cout << "        \"" << path << "\") words=\"" << words_of(command) << "\" ;;\n";
    for (const CLI::App* verb : command.get_subcommands({})) {
        print_cases(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name());
    }
}

void print_bash(const CLI::App& root) {
    std::cout << "_turntable() {\n"
                 "    local path=\"\" word words=\"\"\n"
                 "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                 "        case \"$path $word\" in\n";
    for (const CLI::App* verb : root.get_subcommands({})) {
        std::cout << "        \" " << verb->get_name() << "\") path=\"" << verb->get_name()
                  << "\" ;;\n";
        for (const CLI::App* inner : verb->get_subcommands({})) {
            const std::string path = verb->get_name() + " " + inner->get_name();
            std::cout << "        \"" << path << "\") path=\"" << path << "\" ;;\n";
        }
    }
    std::cout << "        esac\n"
                 "    done\n"
                 "    case \"$path\" in\n";
    print_cases(root, "");
    std::cout << "    esac\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                 "}\n"
                 "complete -o default -F _turntable turntable\n";
}

void print_fish(const CLI::App& command, const std::string& seen) {
    for (const CLI::App* verb : command.get_subcommands({})) {
        const std::string condition =
            seen.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + seen;
        const std::string text = verb->get_description();
        std::cout << "complete -c turntable -f -n '" << condition << "' -a " << verb->get_name()
                  << " -d '" << text.substr(0, text.find('\n')) << "'\n";
        print_fish(*verb, verb->get_name());
    }
}

}  // namespace

void add_completion(CLI::App& root, App& app) {
    auto shell = std::make_shared<std::string>();
    auto* command = root.add_subcommand("completion", "Print the completion script of a shell");
    command->add_option("SHELL", *shell, "bash, zsh or fish")->required();
    command->footer(
        "bash: source <(turntable completion bash)   zsh: the same\n"
        "fish: turntable completion fish | source");
    command->callback([&root, &app, shell] {
        if (*shell == "zsh") {
            std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
        }
        if (*shell == "bash" || *shell == "zsh") {
            print_bash(root);
        } else if (*shell == "fish") {
            print_fish(root, "");
        } else {
            app.fail(ExitCode::usage, "completion is there for bash, zsh and fish");
        }
    });
}

}  // namespace turntable_cli
