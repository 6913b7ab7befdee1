// wrap, unwrap: put a recorder into the configuration of an MCP client, and take it out again.

#include <array>
#include <filesystem>
#include <iostream>
#include <ranges>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/client_config.hpp"
#include "cli/text.hpp"
#include "turntable/core/new_file.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/tape/redaction.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::NewFile;
using turntable::Result;

namespace {

struct KnownClient {
    const char* name;
    /// Below HOME.
    const char* file;
};

#ifdef __APPLE__
constexpr KnownClient claude_desktop{
    "claude-desktop", "Library/Application Support/Claude/claude_desktop_config.json"};
constexpr KnownClient vscode{"vscode", "Library/Application Support/Code/User/mcp.json"};
#else
constexpr KnownClient claude_desktop{"claude-desktop", ".config/Claude/claude_desktop_config.json"};
constexpr KnownClient vscode{"vscode", ".config/Code/User/mcp.json"};
#endif
constexpr std::array known_clients{claude_desktop,
                                   KnownClient{"claude-code", ".claude.json"},
                                   KnownClient{"cursor", ".cursor/mcp.json"},
                                   vscode,
                                   KnownClient{"windsurf", ".codeium/windsurf/mcp_config.json"},
                                   KnownClient{"gemini-cli", ".gemini/settings.json"}};

constexpr int backups_max = 1000;

struct WrapArguments {
    std::string client;
    std::vector<std::string> servers;
    std::string folder;
    std::vector<std::string> tags;
    bool dry_run = false;
    bool json = false;
};

/// The configuration of a client by its name, or the file of that name. Links lead to the file that
/// is changed.
Result<std::filesystem::path> config_file(const std::string& client) {
    std::filesystem::path file = client;
    const auto known = std::ranges::find(known_clients, client, &KnownClient::name);
    if (known != known_clients.end()) {
        const auto environment = turntable::process_environment();
        const auto home = environment.find("HOME");
        if (home == environment.end()) {
            return Error(ErrorCode::not_found, "there is no HOME; name the file of the client");
        }
        file = std::filesystem::path(home->second) / known->file;
    }
    std::error_code problem;
    const auto real = std::filesystem::canonical(file, problem);
    if (problem) {
        return Error(ErrorCode::not_found,
                     "the configuration cannot be read: " + problem.message() +
                         "; name the file, or one of claude-desktop, claude-code, cursor, vscode, "
                         "windsurf, gemini-cli")
            .with("file", file.string());
    }
    return real;
}

/// A file that only those can read who could read `like`: configurations hold secrets.
Result<void> write_like(const std::filesystem::path& like, const std::string& path, bool replace,
                        std::string_view text) {
    TURNTABLE_TRY(NewFile file, NewFile::create(path, replace));
    std::error_code problem;
    std::filesystem::permissions(file.partial_path(),
                                 std::filesystem::status(like, problem).permissions(), problem);
    if (problem) {
        return Error(ErrorCode::io, "the permissions cannot be set: " + problem.message())
            .with("file", file.partial_path());
    }
    TURNTABLE_CHECK(file.write(text));
    return file.commit();
}

/// The first name that is free.
Result<std::string> write_backup(const std::filesystem::path& file, std::string_view text) {
    for (int number = 1; number <= backups_max; ++number) {
        const std::string path = file.string() + ".backup-" + std::to_string(number);
        const auto written = write_like(file, path, false, text);
        if (written) {
            return path;
        }
        if (written.error().code() != ErrorCode::already_exists) {
            return written.error();
        }
    }
    return Error(ErrorCode::already_exists, "there are a thousand backups; remove some")
        .with("file", file.string());
}

/// The lines that change, without secrets. No change adds or takes away a line.
Result<void> print_difference(std::string_view before, std::string_view after) {
    TURNTABLE_TRY(auto redactor, turntable::tape::Redactor::create({}));
    std::size_t number = 0;
    auto now = after;
    for (const auto& part : std::views::split(before, '\n')) {
        ++number;
        const std::string_view old_line(part.begin(), part.end());
        const std::string_view new_line = now.substr(0, now.find('\n'));
        now.remove_prefix(std::min(now.size(), new_line.size() + 1));
        if (old_line != new_line) {
            std::cout << "@@ line " << number << " @@\n-" << redactor.redacted(old_line) << "\n+"
                      << redactor.redacted(new_line) << '\n';
        }
    }
    return {};
}

struct ChangeWords {
    const char* done;
    const char* as_it_was;
};
constexpr ChangeWords wrap_words{"wrapped", "is wrapped already"};
constexpr ChangeWords unwrap_words{"unwrapped", "is not wrapped"};

void print_servers(const ChangedConfig& changed, const std::string& file, const ChangeWords& words,
                   bool json) {
    for (const ServerChange& one : changed.servers) {
        const bool is_changed = one.action == ServerChange::Action::changed;
        if (json) {
            const char* action = is_changed                                       ? words.done
                                 : one.action == ServerChange::Action::no_command ? "no command"
                                                                                  : "as it was";
            std::cout << "{\"file\":" << turntable::json_quoted(file)
                      << ",\"server\":" << turntable::json_quoted(one.server)
                      << ",\"action\":" << turntable::json_quoted(action) << "}\n";
            continue;
        }
        std::cout << shown_name(one.server) << ": "
                  << (is_changed ? words.done
                      : one.action == ServerChange::Action::no_command
                          ? "has no command that could be recorded"
                          : words.as_it_was)
                  << '\n';
    }
}

/// Replaces the file, if it is still what was read.
Result<std::string> replace_config(const std::filesystem::path& file, const std::string& before,
                                   const std::string& after) {
    TURNTABLE_TRY(std::string backup, write_backup(file, before));
    TURNTABLE_TRY(const std::string now, read_all(file.string()));
    if (now != before) {
        return Error(ErrorCode::busy, "somebody else changed it meanwhile; do it again")
            .with("file", file.string());
    }
    TURNTABLE_CHECK(write_like(file, file.string(), true, after));
    return backup;
}

using ChangeText = std::function<Result<ChangedConfig>(std::string_view)>;

Result<void> change_file(const WrapArguments& options, const ChangeWords& words,
                         const ChangeText& change_text) {
    TURNTABLE_TRY(const std::filesystem::path file, config_file(options.client));
    TURNTABLE_TRY(const std::string before, read_all(file.string()));
    auto changed = change_text(before);
    if (!changed) {
        return Error(changed.error().code(), changed.error().message()).with("file", file.string());
    }
    if (options.dry_run && !options.json) {
        TURNTABLE_CHECK(print_difference(before, changed->text));
    }
    std::string backup;
    if (!options.dry_run && changed->text != before) {
        TURNTABLE_TRY(backup, replace_config(file, before, changed->text));
    }
    print_servers(*changed, file.string(), words, options.json);
    if (!backup.empty() && !options.json) {
        std::cout << "what it was is in " << shown_name(backup)
                  << "; the client has to be started again\n";
    }
    return {};
}

Result<WrapOptions> wrap_options(const WrapArguments& options) {
    WrapOptions out;
    std::error_code problem;
    out.program = std::filesystem::read_symlink("/proc/self/exe", problem).string();
    if (problem) {
        return Error(ErrorCode::io, "cannot tell where this program is: " + problem.message());
    }
    out.servers = options.servers;
    out.options = {"--best-effort"};
    if (!options.folder.empty()) {
        out.options.emplace_back("--dir");
        out.options.push_back(std::filesystem::absolute(options.folder, problem).string());
    }
    for (const std::string& tag : options.tags) {
        out.options.emplace_back("--tag");
        out.options.push_back(tag);
    }
    return out;
}

CLI::App* add_change_verb(CLI::App& root, WrapArguments& options, const char* name,
                          const char* text) {
    auto* command = root.add_subcommand(name, text);
    command
        ->add_option("CLIENT", options.client,
                     "claude-desktop, claude-code, cursor, vscode, windsurf, gemini-cli, or the "
                     "file of any other")
        ->required();
    command->add_option("--server", options.servers, "Only this one; again for more")
        ->allow_extra_args(false);
    command->add_flag("--dry-run", options.dry_run, "Only show what would change");
    command->add_flag("--json", options.json, "Print a JSON object for each server");
    return command;
}

}  // namespace

void add_wrap(CLI::App& root, App& app) {
    auto options = std::make_shared<WrapArguments>();
    auto* wrap =
        add_change_verb(root, *options, "wrap", "Record the servers of an MCP client from now on");
    wrap->add_option("--dir", options->folder, "The folder of their tapes: see turntable record");
    wrap->add_option("--tag", options->tags, "A word to find the tapes by; again for more")
        ->allow_extra_args(false);
    wrap->footer(
        "Only commands and their arguments change; all else stays as it is, byte for byte. What\n"
        "the file was is kept beside it. Paths of its own, such as .mcp.json, are named as files.");
    wrap->callback([&app, options] {
        const auto done = [&]() -> Result<void> {
            TURNTABLE_TRY(const WrapOptions with, wrap_options(*options));
            return change_file(*options, wrap_words,
                               [&](std::string_view text) { return wrap_servers(text, with); });
        }();
        if (!done) {
            app.fail(done.error());
        }
    });
    auto others = std::make_shared<WrapArguments>();
    auto* unwrap = add_change_verb(root, *others, "unwrap", "Undo what wrap did");
    unwrap->callback([&app, others] {
        const auto done = change_file(*others, unwrap_words, [&](std::string_view text) {
            return unwrap_servers(text, others->servers);
        });
        if (!done) {
            app.fail(done.error());
        }
    });
}

}  // namespace turntable_cli
