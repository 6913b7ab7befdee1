#include <algorithm>
#include <array>
#include <utility>

#include "config/tree.hpp"
#include "turntable/config.hpp"
#include "turntable/config_import.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {

namespace {

using detail::Member;
using detail::Node;

/// What to use instead of the settings of a section.
struct Section {
    std::string_view name;
    std::string_view advice;
};
constexpr std::array<Section, 10> sections{
    {{"server", "addresses are arguments: turntable replay, turntable record -- CMD"},
     {"proxy", "what is recorded is an argument: turntable record -- CMD"},
     {"transport", "recordings are of stdio"},
     {"session", "times and limits of live sessions are options of tape::SessionStore"},
     {"recording", "how a tape is recorded is said to turntable record"},
     {"interceptor", "traffic is recorded, never changed"},
     {"auth", "turntable serves nobody; its values are not copied"},
     {"telemetry", "a layer of a store: layers = [\"metrics\"]"},
     {"metrics", "a layer of a store: layers = [\"metrics\"]"},
     {"logging", "a layer of a store: layers = [\"logging\"]"}}};

std::string name_of_key(std::string_view key) {
    const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    return plain ? std::string(key) : json_quoted(key);
}

/// A text of the file; a dollar sign would begin a variable.
std::string toml_value(std::string_view text) {
    std::string doubled;
    for (const char c : text) {
        doubled += c;
        doubled += c == '$' ? "$" : "";
    }
    return json_quoted(doubled);
}

/// The path in `sqlite:sessions.db`, `sqlite://sessions.db?mode=rwc` or `sessions.db`; nothing for
/// the URL of anything else, which may have a password in it.
std::string sqlite_path(std::string_view text) {
    for (const std::string_view scheme : {"sqlite://", "sqlite:", "file:"}) {
        if (text.starts_with(scheme)) {
            text.remove_prefix(scheme.size());
            break;
        }
    }
    text = text.substr(0, text.find('?'));
    return text.find(':') == std::string_view::npos && text.find('@') == std::string_view::npos
               ? std::string(text)
               : std::string();
}

class ShadowcatConfig {
  public:
    Result<ImportedConfig> import(const Node& document) {
        for (const Member& section : document.members) {
            if (section.value.kind == Node::Kind::table) {
                take_table(section.key, name_of_key(section.key), section.value);
            } else {
                leave_out({}, name_of_key(section.key));
            }
        }
        write();
        return std::move(out_);
    }

  private:
    void take_table(std::string_view section, const std::string& name, const Node& table) {
        for (const Member& member : table.members) {
            // There a name may be a secret itself: `[auth.keys]`, and a key for each user.
            const bool hidden = section == "auth";
            const std::string key = name_of_key(member.key);
            const std::string whole = name + "." + (hidden && key.starts_with('"') ? "*" : key);
            if (member.value.kind == Node::Kind::table && !hidden) {
                take_table(section, whole, member.value);
            } else if (take(whole, member.value)) {
                out_.used.push_back(whole);
            } else {
                leave_out(section, whole);
            }
        }
    }

    /// Whether a setting has a counterpart.
    bool take(const std::string& name, const Node& value) {
        const auto take_text = [&value](std::string& into) {
            into = value.kind == Node::Kind::text ? value.text : std::string();
            return !into.empty();
        };
        if (name == "recording.output_dir") {
            return take_text(recordings_);
        }
        if (name == "recording.compression") {
            compressed_ = value.text != "none" && value.text != "false";
            return true;
        }
        if (name == "recording.include_timing") {
            return value.text == "true";  // a tape has the times in any case
        }
        if (name == "session.storage") {
            return take_text(sessions_) && (sessions_ == "memory" || sessions_ == "sqlite");
        }
        if (name == "session.path" || name == "session.database" ||
            name == "session.database_url" || name == "session.sqlite_path") {
            session_path_ = sqlite_path(value.text);
            return !session_path_.empty();
        }
        return false;
    }

    void leave_out(std::string_view section, const std::string& name) {
        out_.left_out.push_back(name);
        const auto* const known = std::ranges::find(sections, section, &Section::name);
        comments_ += "#   " + name;
        comments_ += known == sections.end() ? "" : ": " + std::string(known->advice);
        comments_ += '\n';
    }

    void write() {
        std::string& text = out_.text;
        text = "# Made from a shadowcat.toml. See turntable config check.\n";
        if (!recordings_.empty()) {
            // Beside the old folder: a library adds an index to its own.
            std::string folder = recordings_;
            while (folder.size() > 1 && folder.ends_with('/')) {
                folder.pop_back();
            }
            text +=
                "\n# The recordings that are there, only read.\n"
                "[tape.old]\nprovider = \"captures\"\npath = " +
                toml_value(recordings_) +
                "\n\n# New ones, and old ones after: "
                "turntable tape import FOLDER --library @recordings\n"
                "[tape.recordings]\nprovider = \"tape\"\nroot_path = " +
                toml_value(folder + "-turntable") + "\n";
            text += compressed_ ? "compression = \"zstd\"\n" : "";
        }
        if (sessions_ == "memory" || sessions_ == "sqlite") {
            text += "\n# Live sessions: tape::SessionStore.\n[kv.sessions]\nprovider = \"" +
                    sessions_ + "\"\n";
            if (sessions_ == "sqlite") {
                // Its tables are others than those of the old file.
                const std::string path = session_path_.empty() ? "sessions.db" : session_path_;
                text += "path = " + toml_value(path + ".turntable") + "\n";
            }
        }
        if (!comments_.empty()) {
            text += "\n# Settings without a counterpart here:\n" + comments_;
        }
    }

    std::string recordings_;
    bool compressed_ = false;
    std::string sessions_;
    std::string session_path_;
    std::string comments_;
    ImportedConfig out_;
};

}  // namespace

Result<ImportedConfig> import_shadowcat_config(std::string_view text, std::string origin) {
    if (text.size() > config_bytes_max) {
        return Error(ErrorCode::limit_exceeded, origin + ": a configuration has at most 1 MiB");
    }
    TURNTABLE_TRY(const Node document, detail::parse_toml(text, origin));
    return ShadowcatConfig().import(document);
}

}  // namespace turntable::inline v0
