#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "turntable/config.hpp"
#include "turntable/core/nearest_name.hpp"

namespace turntable::inline v0 {
namespace {

// Keeps the order of the settings, which is that of their importance.
using Json = nlohmann::ordered_json;

Error wrong(const std::string& message) {
    return Error(ErrorCode::invalid_config, "configuration in JSON: " + message);
}

/// The words of the library quote the text, which may be a secret, so only the place is taken.
Result<Json> parse_json(std::string_view text) {
    if (text.size() > config_bytes_max) {
        return Error(ErrorCode::limit_exceeded, "configuration in JSON: longer than " +
                                                    std::to_string(config_bytes_max) + " bytes");
    }
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        const std::string_view before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        const auto column = before.size() - (before.rfind('\n') + 1) + 1;
        return wrong(std::to_string(line) + ":" + std::to_string(column) + ": this is not JSON");
    } catch (const Json::exception&) {
        return wrong("a number is beyond what can be read");
    }
}

Result<std::string> text_of(const Json& value, const std::string& name) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_number() || value.is_boolean()) {
        return value.dump();
    }
    return wrong(json_quoted(name) + " must be a text, a number, true or false");
}

Result<void> read_settings(const Json& value, ProviderConfig& config) {
    if (!value.is_object()) {
        return wrong("\"settings\" must be an object");
    }
    for (const auto& [name, setting] : value.items()) {
        TURNTABLE_TRY(std::string text, text_of(setting, name));
        if (!config.settings.emplace(name, std::move(text)).second) {
            return wrong("setting " + json_quoted(name) + " is given twice");
        }
    }
    return {};
}

Result<void> read_layers(const Json& value, ProviderConfig& config) {
    const auto is_text = [](const Json& item) { return item.is_string(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) {
        return wrong("\"layers\" must be a list of texts");
    }
    config.layers = value.get<std::vector<std::string>>();
    return {};
}

Result<void> read_member(const std::string& name, const Json& value, ProviderConfig& config) {
    static const std::vector<std::string> known{"provider_type", "settings", "url", "layers"};
    if (name == "settings") {
        return read_settings(value, config);
    }
    if (name == "layers") {
        return read_layers(value, config);
    }
    if (name == "provider_type" || name == "url") {
        if (!value.is_string()) {
            return wrong(json_quoted(name) + " must be a text");
        }
        if (name == "provider_type") {
            config.provider_type = value.get<std::string>();
            return {};
        }
        TURNTABLE_TRY(config.url, Url::parse(value.get<std::string>()));
        return {};
    }
    return wrong("unknown member " + json_quoted(name) + did_you_mean(name, known) +
                 " (known: provider_type, settings, url, layers)");
}

/// A value in a file may also be a text with a variable in it.
Json or_variable(const Json& property) {
    Json schema = {{"anyOf", {property, {{"type", "string"}, {"pattern", "\\$\\{"}}}}};
    for (const char* name : {"description", "default"}) {
        if (property.contains(name)) {
            schema[name] = property[name];
            schema["anyOf"][0].erase(name);
        }
    }
    return schema;
}

/// `layers` of a store or a library.
Json layers_schema() {
    return {{"type", "array"},
            {"items", {{"type", "string"}, {"minLength", 1}}},
            {"description", "Layers around the backend, outermost first."}};
}

void add_settings(Json& properties, const SettingsInfo& info) {
    const Json settings = Json::parse(info.json_schema());
    for (const auto& [name, property] : settings["properties"].items()) {
        properties[name] = or_variable(property);
    }
}

/// A table of settings.
Json settings_schema(const SettingsInfo& info) {
    Json schema = {{"type", "object"}, {"additionalProperties", false}};
    schema["properties"] = Json::object();
    add_settings(schema["properties"], info);
    return schema;
}

/// A section: its settings, and tables of tables.
Json section_schema(const ConfigSection& section) {
    Json schema = settings_schema(section.settings);
    for (const auto& [name, info] : section.tables) {
        schema["properties"][name] = {{"type", "object"},
                                      {"propertyNames", {{"pattern", "^[A-Za-z0-9_.-]+$"}}},
                                      {"additionalProperties", settings_schema(info)}};
    }
    return schema;
}

/// The store as one backend has it: its settings, and where they come from.
Json store_schema(const BackendInfo& backend) {
    Json schema = {{"title", backend.name + " store"}, {"type", "object"}};
    Json& properties = schema["properties"];
    std::string example = backend.prefix;
    if (!backend.settings.examples.empty()) {
        example = backend.settings.examples.front().url;
    }
    properties["url"] = {{"type", "string"}, {"description", "The URL, such as " + example}};
    properties["provider"] = {{"const", backend.name}, {"description", "Instead of a URL."}};
    properties["mounts"] = {{"type", "object"},
                            {"description", "Other stores for some of the keys."},
                            {"additionalProperties", {{"type", "string"}}}};
    properties["layers"] = layers_schema();
    add_settings(properties, backend.settings);
    schema["additionalProperties"] = false;
    schema["oneOf"] = Json::array({{{"required", {"url"}}}, {{"required", {"provider"}}}});
    return schema;
}

}  // namespace

Result<ProviderConfig> provider_config_from_json(std::string_view text) {
    TURNTABLE_TRY(const Json document, parse_json(text));
    if (!document.is_object()) {
        return wrong("it must be an object");
    }
    ProviderConfig config;
    for (const auto& [name, value] : document.items()) {
        TURNTABLE_CHECK(read_member(name, value, config));
    }
    TURNTABLE_TRY(ProviderConfig from_url, ProviderConfig::from_url(config.url));
    config.settings.merge(from_url.settings);
    if (config.provider_type.empty()) {
        config.provider_type = from_url.provider_type;
    }
    if (config.provider_type.empty() && config.url.to_string().empty()) {
        return wrong("it needs a \"provider_type\" or a \"url\"");
    }
    return config;
}

std::string config_json_schema(
    std::span<const BackendInfo> kv_backends,
    const std::map<std::string, ConfigSection, std::less<>>& known_sections) {
    Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "turntable.toml"},
                   {"description", "Named stores by surface, and the settings of programs."},
                   {"type", "object"},
                   {"additionalProperties", false}};
    Json stores = Json::array();
    std::vector<std::string> seen;  // a backend may serve several prefixes
    for (const BackendInfo& backend : kv_backends) {
        if (std::find(seen.begin(), seen.end(), backend.name) == seen.end()) {
            seen.push_back(backend.name);
            stores.push_back(store_schema(backend));
        }
    }
    const Json names = {{"pattern", "^[A-Za-z0-9_.-]+$"}};
    Json& properties = schema["properties"];
    properties["kv"] = {{"type", "object"}, {"propertyNames", names}};
    if (!stores.empty()) {
        properties["kv"]["additionalProperties"] = {{"anyOf", stores}};
    }
    for (const char* surface : {"blob", "tape"}) {
        properties[surface] = {{"type", "object"},
                               {"propertyNames", names},
                               {"additionalProperties", {{"type", "object"}}}};
    }
    Json& of_tapes = properties["tape"]["additionalProperties"]["properties"];
    of_tapes["layers"] = layers_schema();
    of_tapes["searches"] = {{"type", "object"},
                            {"description", "Queries by name."},
                            {"additionalProperties", {{"type", "string"}}}};
    properties["serve"] = {{"type", "object"}};
    for (const auto& [name, section] : known_sections) {
        properties[name] = section_schema(section);
    }
    return schema.dump(2) + "\n";
}

}  // namespace turntable::inline v0
