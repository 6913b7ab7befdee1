#include <algorithm>
#include <array>
#include <string>

#include "core/settings/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {
namespace {

constexpr std::size_t line_width = 80;

/// Breaks `text` into lines that begin with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string result;
    std::string line;
    const auto flush = [&] {
        if (!line.empty()) {
            result += std::string(indent, ' ') + line + "\n";
            line.clear();
        }
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!word.empty() && indent + line.size() + 1 + word.size() > line_width) {
            flush();
        }
        if (!word.empty()) {
            line += (line.empty() ? "" : " ") + std::string(word);
        }
    }
    flush();
    return result;
}

std::string default_of(const SettingInfo& info) {
    if (!info.default_value || info.secret) {
        return {};
    }
    return info.print(*info.default_value);
}

std::string_view origin_of(UrlPart part) {
    static constexpr std::array<std::string_view, 5> words{"", "the URL path", "the URL itself",
                                                           "the URL user", "the URL password"};
    return words[static_cast<std::size_t>(part)];
}

/// "required, secret, from the URL path": the remarks on one setting.
std::string remarks(const SettingInfo& info) {
    std::string text;
    const auto add = [&text](bool holds, const std::string& words) {
        if (holds) {
            text += (text.empty() ? "" : ", ") + words;
        }
    };
    add(info.required, "required");
    add(info.secret, "secret");
    add(info.url_part != UrlPart::query, "from " + std::string(origin_of(info.url_part)));
    return text;
}

std::string usage(const SettingsInfo& info) {
    std::string url = info.name + ":";
    for (const SettingInfo& field : info.fields) {
        std::string word;
        for (const char c : field.name) {
            word += detail::to_upper(c);
        }
        if (field.url_part == UrlPart::path) {
            url += field.required ? word : "[" + word + "]";
        } else if (field.url_part == UrlPart::endpoint) {
            url += "//HOST[:PORT]/PATH";
        }
    }
    const bool has_query =
        std::any_of(info.fields.begin(), info.fields.end(),
                    [](const SettingInfo& field) { return field.url_part == UrlPart::query; });
    return url + (has_query ? "[?SETTING=VALUE&...]" : "");
}

/// A cell of a Markdown table holds no line break and no bare bar.
std::string cell(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += c == '|' ? "\\|" : std::string(1, c == '\n' ? ' ' : c);
    }
    return result;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

}  // namespace

std::string SettingsInfo::help_text() const {
    std::string text = name + "\n" + wrapped(help, 2) + "\n  " + usage(*this) + "\n";
    for (const SettingsExample& example : examples) {
        text += "\n  " + example.url + "\n" + wrapped(example.meaning, 6);
    }
    if (fields.empty()) {
        return text + "\nThere are no settings.\n";
    }
    text += "\nSettings\n";
    for (const SettingInfo& field : fields) {
        const std::string shown_default = default_of(field);
        std::string line = field.expectation();
        line += shown_default.empty() ? "" : "; default " + shown_default;
        line += remarks(field).empty() ? "" : "; " + remarks(field);
        text += "  " + field.name + "\n" + wrapped(field.help, 6) + wrapped(line, 6);
    }
    return text;
}

std::string SettingsInfo::markdown() const {
    std::string text = "| setting | value | default | meaning |\n|---|---|---|---|\n";
    for (const SettingInfo& field : fields) {
        const std::string notes = remarks(field);
        text += "| `" + field.name + "` | " + cell(field.expectation()) + " | " +
                cell(code(default_of(field))) + " | " + cell(field.help) +
                (notes.empty() ? "" : " (" + notes + ")") + " |\n";
    }
    return text;
}

}  // namespace turntable::inline v0
