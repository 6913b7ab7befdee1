#include "config/section_reader.hpp"

#include <algorithm>
#include <utility>

#include "config/setting_text.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0::detail {
namespace {

class SectionReader {
  public:
    SectionReader(Section& section, std::string_view origin, const ConfigOptions& options)
        : section_(section), origin_(origin), options_(options) {
        const auto known = options.sections.find(section.name);
        known_ = known == options.sections.end() ? nullptr : &known->second;
    }

    void read(const Node& table) {
        const SettingsInfo* info = known_ == nullptr ? nullptr : &known_->settings;
        read_settings(table, info, section_.content.settings, section_.shown.settings);
    }

  private:
    void problem(Position at, const std::string& message) {
        section_.problems.emplace(at, Error(ErrorCode::invalid_config, place(origin_, at) + message)
                                          .with("section", section_.name));
    }

    /// Tables in it are read where `into` is that of the section itself.
    void read_settings(const Node& table, const SettingsInfo* info, SettingMap& into,
                       SettingMap& shown) {
        std::map<std::string, Position, std::less<>> places;
        std::vector<std::string> hidden;
        for (const Member& member : table.members) {
            if (member.value.kind == Node::Kind::table && &into == &section_.content.settings) {
                read_tables(member);
                continue;
            }
            auto text = setting_text(member, options_);
            if (!text) {
                problem(member.value.at, text.error().message());
                continue;
            }
            places.emplace(member.key, member.value.at);
            if (text->secret) {
                hidden.push_back(member.key);
            }
            shown.emplace(member.key,
                          text->secret ? "***" : shown_text(info, member.key, text->text));
            into.emplace(member.key, std::move(text->text));
        }
        if (info != nullptr) {
            check(*info, table.at, into, places, hidden);
        }
    }

    /// What is declared is no secret because of a name such as token_file.
    static bool is_secret(const SettingsInfo* info, std::string_view name) {
        const SettingInfo* field = info == nullptr ? nullptr : info->find(name);
        return field == nullptr ? is_secret_name(name) : field->secret;
    }

    static std::string shown_text(const SettingsInfo* info, std::string_view name,
                                  const std::string& text) {
        const SettingInfo* field = info == nullptr ? nullptr : info->find(name);
        if (field != nullptr && field->secret_path) {
            return mask_url_path(text);
        }
        const bool is_url = text.find("://") != std::string::npos;
        return is_secret(info, name) ? "***" : is_url ? mask_url(text) : text;
    }

    void check(const SettingsInfo& info, Position at, const SettingMap& settings,
               const std::map<std::string, Position, std::less<>>& places,
               const std::vector<std::string>& hidden) {
        for (const Error& error : info.problems(ProviderConfig::from_map(info.name, settings))) {
            std::string setting;
            for (const auto& [name, value] : error.context()) {
                setting = name == "setting" ? value : setting;
            }
            const auto found = places.find(setting);
            const bool is_hidden = std::find(hidden.begin(), hidden.end(), setting) != hidden.end();
            problem(found == places.end() ? at : found->second,
                    is_hidden ? "setting \"" + setting + "\": the value of its variable is wrong"
                              : error.message());
        }
    }

    void read_tables(const Member& group) {
        const SettingsInfo* info = nullptr;
        if (known_ != nullptr) {
            const auto found = known_->tables.find(group.key);
            if (found == known_->tables.end()) {
                std::vector<std::string> names;
                for (const auto& [name, unused] : known_->tables) {
                    names.push_back(name);
                }
                return problem(group.at, "unknown table \"" + section_.name + "." + group.key +
                                             "\"" + did_you_mean(group.key, names));
            }
            info = &found->second;
        }
        for (const Member& member : group.value.members) {
            if (!is_table_name(member.key) || member.value.kind != Node::Kind::table) {
                problem(member.at, "[" + section_.name + "." + group.key +
                                       "] holds tables, whose names are of letters, digits, "
                                       "'-', '_' and '.', not " +
                                       json_quoted(member.key));
                continue;
            }
            SectionContent::Table table{group.key, member.key, {}};
            SectionContent::Table shown = table;
            read_settings(member.value, info, table.settings, shown.settings);
            section_.content.tables.push_back(std::move(table));
            section_.shown.tables.push_back(std::move(shown));
        }
    }

    Section& section_;
    std::string_view origin_;
    const ConfigOptions& options_;
    const ConfigSection* known_ = nullptr;
};

}  // namespace

Section read_section(const Member& member, std::string_view origin, const ConfigOptions& options) {
    Section section;
    section.name = member.key;
    SectionReader(section, origin, options).read(member.value);
    return section;
}

std::string show_section(const Section& section) {
    const auto lines = [](const SettingMap& settings) {
        std::string text;
        for (const auto& [name, value] : settings) {
            text += toml_line(name, value);
        }
        return text;
    };
    std::string text = "[" + section.name + "]\n" + lines(section.shown.settings);
    for (const SectionContent::Table& table : section.shown.tables) {
        text += "\n[" + section.name + "." + toml_name(table.table) + "." + toml_name(table.name) +
                "]\n" + lines(table.settings);
    }
    return text;
}

std::string show_section_json(const Section& section) {
    std::string tables;
    for (const SectionContent::Table& table : section.shown.tables) {
        tables += (tables.empty() ? "{\"table\":" : ",{\"table\":") + json_quoted(table.table) +
                  ",\"name\":" + json_quoted(table.name) +
                  ",\"settings\":" + json_object(table.settings) + "}";
    }
    return "{\"name\":" + json_quoted(section.name) +
           ",\"settings\":" + json_object(section.shown.settings) + ",\"tables\":[" + tables + "]}";
}

}  // namespace turntable::inline v0::detail
