#include <array>

#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {
namespace {

/// Integers of JSON are read as doubles by many tools, so numbers are written as they are.
std::string json_value(const SettingInfo& info, const SettingValue& value) {
    const bool quoted = std::holds_alternative<std::string>(value) ||
                        info.type == SettingType::duration || info.type == SettingType::byte_size ||
                        info.type == SettingType::choice;
    return quoted ? json_quoted(info.print(value)) : info.print(value);
}

std::string bounds(const SettingInfo& info) {
    std::string json;
    if (info.minimum) {
        json += ", \"minimum\": " + info.print(*info.minimum);
    }
    if (info.maximum) {
        json += ", \"maximum\": " + info.print(*info.maximum);
    }
    return json;
}

std::string choices_of(const SettingInfo& info) {
    std::string json = ", \"enum\": [";
    for (std::size_t i = 0; i < info.choices.size(); ++i) {
        json += (i == 0 ? "" : ", ") + json_quoted(info.choices[i].name);
    }
    return json + "]";
}

std::string type_of(const SettingInfo& info) {
    switch (info.type) {
        case SettingType::boolean:
            return R"("type": "boolean")";
        case SettingType::integer:
            return R"("type": "integer")" + bounds(info);
        case SettingType::unsigned_integer:
            return R"("type": "integer")" + std::string(info.minimum ? "" : ", \"minimum\": 0") +
                   bounds(info);
        case SettingType::number:
            return R"("type": "number")" + bounds(info);
        case SettingType::duration:
            return R"("type": ["string", "integer"], "minimum": 0, )"
                   R"("pattern": "^[0-9]+(ms|s|m|min|h|d)?$")";
        case SettingType::byte_size:
            return R"("type": ["string", "integer"], "minimum": 0, )"
                   R"("pattern": "^[0-9]+(B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)?$")";
        case SettingType::text:
        case SettingType::choice:
            break;
    }
    std::string json = R"("type": "string")";
    if (!info.choices.empty()) {
        json += choices_of(info);
    } else if (info.required) {
        json += ", \"minLength\": 1";
    }
    return json;
}

std::string description_of(const SettingInfo& info) {
    const bool says_more =
        info.type == SettingType::duration || info.type == SettingType::byte_size;
    return says_more && (info.minimum || info.maximum) ? info.help + " (" + info.expectation() + ")"
                                                       : info.help;
}

}  // namespace

std::string json_quoted(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (c == '\t') {
            quoted += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += "\\u00";
            quoted += digits[byte >> 4U];
            quoted += digits[byte & 15U];
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string SettingsInfo::json_schema() const {
    std::string json = "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n";
    json += "  \"title\": " + json_quoted(name + " settings") + ",\n";
    json += "  \"description\": " + json_quoted(help) + ",\n";
    json += "  \"type\": \"object\",\n  \"additionalProperties\": false,\n  \"properties\": {";
    std::string required;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const SettingInfo& field = fields[i];
        json += (i == 0 ? "\n" : ",\n");
        json += "    " + json_quoted(field.name) + ": {" + type_of(field);
        if (field.default_value && !field.secret) {
            json += ", \"default\": " + json_value(field, *field.default_value);
        }
        if (field.secret) {
            json += ", \"writeOnly\": true";
        }
        json += ", \"description\": " + json_quoted(description_of(field)) + "}";
        // What can come from another part of the URL need not be among the settings.
        if (field.required && field.url_part == UrlPart::query) {
            required += (required.empty() ? "" : ", ") + json_quoted(field.name);
        }
    }
    json += fields.empty() ? "}" : "\n  }";
    return json + (required.empty() ? "" : ",\n  \"required\": [" + required + "]") + "\n}\n";
}

}  // namespace turntable::inline v0
