#include "cli/client_config.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "turntable/core/nearest_name.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// A piece of the text.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

struct Member {
    std::string name;
    Span value;
};

/// Walks over JSON that is known to be valid, and only says where things are.
class Walk {
  public:
    Walk(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    std::size_t at() const noexcept { return at_; }
    char next() {
        at_ = text_.find_first_not_of(" \t\r\n", at_);
        return text_[at_];
    }
    bool take(char c) {
        if (next() != c) {
            return false;
        }
        ++at_;
        return true;
    }
    Span value() {
        (void)next();
        const Span begin{at_, at_};
        int depth = 0;
        do {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                continue;
            }
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            ++at_;
        } while (depth > 0 || !ends_here());
        return {begin.begin, at_};
    }

  private:
    /// Behind a text or a bracket a value has ended; a number or a word goes on to a separator.
    bool ends_here() const {
        const char last = text_[at_ - 1];
        return last == '"' || last == '}' || last == ']' || at_ == text_.size() ||
               std::string_view(" \t\r\n,]}").find(text_[at_]) != std::string_view::npos;
    }
    void skip_string() {
        for (++at_; text_[at_] != '"'; ++at_) {
            at_ += text_[at_] == '\\' ? 1U : 0U;
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_;
};

std::string text_of(std::string_view json) {
    return nlohmann::json::parse(json).get<std::string>();
}

bool is_text(std::string_view json) { return json.starts_with('"'); }

/// None if the value is no object.
std::optional<std::vector<Member>> members_of(std::string_view text, Span object) {
    Walk walk(text, object.begin);
    if (!walk.take('{')) {
        return std::nullopt;
    }
    std::vector<Member> members;
    while (!walk.take('}')) {
        std::string name = text_of(walk.value().of(text));
        (void)walk.take(':');
        members.push_back({std::move(name), walk.value()});
        (void)walk.take(',');
    }
    return members;
}

std::optional<std::vector<Span>> items_of(std::string_view text, Span array) {
    Walk walk(text, array.begin);
    if (!walk.take('[')) {
        return std::nullopt;
    }
    std::vector<Span> items;
    while (!walk.take(']')) {
        items.push_back(walk.value());
        (void)walk.take(',');
    }
    return items;
}

const Member* find(const std::vector<Member>& members, std::string_view name) {
    const auto found = std::ranges::find(members, name, &Member::name);
    return found == members.end() ? nullptr : &*found;
}

/// All objects whose members are servers.
void collect_servers(std::string_view text, Span object, bool top, std::vector<Member>& servers) {
    const auto members = members_of(text, object);
    for (const Member& member : members ? *members : std::vector<Member>()) {
        const auto inner = members_of(text, member.value);
        if (!inner) {
            continue;
        }
        if (member.name == "mcpServers" || member.name == "servers") {
            servers.insert(servers.end(), inner->begin(), inner->end());
        } else if (top && member.name == "mcp") {
            collect_servers(text, member.value, false, servers);
        } else if (top && member.name == "projects") {
            for (const Member& project : *inner) {
                collect_servers(text, project.value, false, servers);
            }
        }
    }
}

struct Edit {
    Span place;
    std::string text;
};

/// A server that is started by a command.
struct Command {
    Span command;
    /// None: there is no member `args`.
    std::optional<Span> arguments;
    std::vector<Span> items;
};

Result<std::optional<Command>> command_of(std::string_view text, const Member& server) {
    const auto wrong = [&](const char* what) {
        return Error(ErrorCode::invalid_argument, what).with("server", server.name);
    };
    const auto members = members_of(text, server.value);
    if (!members) {
        return wrong("a server is an object with a command");
    }
    const Member* command = find(*members, "command");
    if (command == nullptr) {
        return std::optional<Command>();
    }
    if (!is_text(command->value.of(text))) {
        return wrong("the command of a server is a text");
    }
    Command out{command->value, std::nullopt, {}};
    if (const Member* arguments = find(*members, "args")) {
        auto items = items_of(text, arguments->value);
        if (!items ||
            !std::ranges::all_of(*items, [&](Span one) { return is_text(one.of(text)); })) {
            return wrong("the arguments of a server are a list of texts");
        }
        out.arguments = arguments->value;
        out.items = *std::move(items);
    }
    return std::optional(std::move(out));
}

/// Where in the arguments the command of a wrapped server stands; none if it is not wrapped.
std::optional<std::size_t> wrapped_at(std::string_view text, const Command& server) {
    const std::filesystem::path program = text_of(server.command.of(text));
    if (program.filename() != "turntable" || server.items.size() < 3 ||
        text_of(server.items[0].of(text)) != "record") {
        return std::nullopt;
    }
    for (std::size_t i = 1; i + 1 < server.items.size(); ++i) {
        if (text_of(server.items[i].of(text)) == "--") {
            return i + 1;
        }
    }
    return std::nullopt;
}

std::vector<Edit> wrap_one(std::string_view text, const Member& server, const Command& command,
                           const WrapOptions& options) {
    // No space behind the commas says that there was no member `args`.
    const char* const comma = command.arguments ? ", " : ",";
    std::string added = "\"record\"";
    const auto add = [&](std::string_view word) { added += comma + turntable::json_quoted(word); };
    for (const std::string& word : options.options) {
        add(word);
    }
    add("--name");
    add(server.name);
    add("--");
    added += comma + std::string(command.command.of(text));  // as it is written
    const std::string program = turntable::json_quoted(options.program);
    if (!command.arguments) {
        return {{command.command, program + ",\"args\":[" + added + "]"}};
    }
    const std::size_t inside = command.arguments->begin + 1;
    return {{command.command, program},
            {{inside, inside}, added + (command.items.empty() ? "" : ",")}};
}

std::vector<Edit> unwrap_one(std::string_view text, const Command& command, std::size_t at) {
    const std::string original(command.items[at].of(text));
    const std::size_t first = command.items.front().begin;
    if (at + 1 < command.items.size()) {
        const std::size_t comma = text.find(',', command.items[at].end);
        return {{command.command, original}, {{first, comma + 1}, ""}};
    }
    // Arguments that only wrapping made go with it.
    const std::size_t made = command.command.end;
    if (text.substr(made).starts_with(",\"args\":[\"record\",\"") &&
        command.arguments->begin == made + std::string_view(",\"args\":").size() &&
        command.arguments->end == command.items[at].end + 1) {
        return {{{command.command.begin, command.arguments->end}, original}};
    }
    return {{command.command, original}, {{first, command.items[at].end}, ""}};
}

Result<void> check_json(std::string_view text) {
    if (nlohmann::json::accept(text)) {
        return {};
    }
    if (nlohmann::json::accept(text, true)) {
        return Error(ErrorCode::serialization,
                     "it has comments, which JSON has not, and they could get lost; take them out, "
                     "or write turntable record -- before the command of a server yourself");
    }
    return Error(ErrorCode::serialization, "it is no JSON");
}

/// Those that are asked for.
Result<std::vector<Member>> chosen_servers(std::string_view text,
                                           const std::vector<std::string>& wanted) {
    TURNTABLE_CHECK(check_json(text));
    std::vector<Member> servers;
    const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const std::size_t begin = text.find_first_not_of(" \t\r\n", mark);
    collect_servers(text, {begin, text.size()}, true, servers);
    if (servers.empty()) {
        return Error(ErrorCode::not_found, "there are no servers in it");
    }
    std::vector<std::string> names;
    for (const Member& server : servers) {
        names.push_back(server.name);
    }
    for (const std::string& name : wanted) {
        if (std::ranges::find(names, name) == names.end()) {
            return Error(ErrorCode::not_found, "there is no server " + name + " in it" +
                                                   turntable::did_you_mean(name, names));
        }
    }
    if (!wanted.empty()) {
        std::erase_if(servers, [&](const Member& server) {
            return std::ranges::find(wanted, server.name) == wanted.end();
        });
    }
    return servers;
}

using EditsOf = std::function<std::vector<Edit>(const Member&, const Command&)>;

Result<ChangedConfig> change(std::string_view text, const std::vector<std::string>& wanted,
                             const EditsOf& edits_of) {
    TURNTABLE_TRY(const std::vector<Member> servers, chosen_servers(text, wanted));
    ChangedConfig out;
    std::vector<Edit> edits;
    for (const Member& server : servers) {
        TURNTABLE_TRY(const std::optional<Command> command, command_of(text, server));
        if (!command) {
            out.servers.push_back({server.name, ServerChange::Action::no_command});
            continue;
        }
        const std::vector<Edit> of_one = edits_of(server, *command);
        edits.insert(edits.end(), of_one.begin(), of_one.end());
        out.servers.push_back({server.name, of_one.empty() ? ServerChange::Action::as_it_was
                                                           : ServerChange::Action::changed});
    }
    std::ranges::sort(edits, {}, [](const Edit& edit) { return edit.place.begin; });
    std::size_t at = 0;
    for (const Edit& edit : edits) {
        out.text += text.substr(at, edit.place.begin - at);
        out.text += edit.text;
        at = edit.place.end;
    }
    out.text += text.substr(at);
    return out;
}

}  // namespace

Result<ChangedConfig> wrap_servers(std::string_view text, const WrapOptions& options) {
    return change(text, options.servers, [&](const Member& server, const Command& command) {
        return wrapped_at(text, command) ? std::vector<Edit>()
                                         : wrap_one(text, server, command, options);
    });
}

Result<ChangedConfig> unwrap_servers(std::string_view text,
                                     const std::vector<std::string>& servers) {
    return change(text, servers, [&](const Member&, const Command& command) {
        const auto at = wrapped_at(text, command);
        return at ? unwrap_one(text, command, *at) : std::vector<Edit>();
    });
}

}  // namespace turntable_cli
