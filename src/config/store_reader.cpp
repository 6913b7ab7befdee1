#include "config/store_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/interpolate.hpp"
#include "config/setting_text.hpp"
#include "core/settings/text.hpp"

namespace turntable::inline v0::detail {
namespace {

/// Reads the members of one table and keeps where each was.
class StoreReader {
  public:
    StoreReader(Store& store, std::string_view origin, const ConfigOptions& options)
        : store_(store), origin_(origin), options_(options) {}

    void read(const Node& table) {
        for (const Member& member : table.members) {
            places_.emplace(member.key, member.value.at);
            if (member.key == "layers") {
                read_layers(member.value);
            } else if (member.key == "mounts") {
                read_mounts(member.value);
            } else if (member.key == "searches" && store_.surface == "tape") {
                read_searches(member.value);
            } else if (auto text = text_of(member)) {
                take(member, *std::move(text));
            } else if (member.key == "url" || member.key == "provider") {
                wrong_url_ = true;
            }
        }
        finish();
    }

  private:
    void problem(Position at, const std::string& message) {
        store_.problems.emplace(at, Error(ErrorCode::invalid_config, place(origin_, at) + message)
                                        .with("store", store_.surface + "." + store_.name));
    }

    std::optional<std::string> text_of(const Member& member) {
        auto read = setting_text(member, options_);
        if (!read) {
            problem(member.value.at, read.error().message());
            return std::nullopt;
        }
        if (read->secret) {
            store_.tainted.push_back(member.key);
        }
        return std::move(read->text);
    }

    void read_layers(const Node& value) {
        if (value.kind != Node::Kind::array) {
            problem(value.at, "\"layers\" must be a list of texts");
            return;
        }
        for (const Node& item : value.items) {
            if (item.kind != Node::Kind::text || item.text.empty()) {
                problem(item.at, "a layer must be a text that is not empty");
                continue;
            }
            if (auto text = interpolate(item.text, options_.variables)) {
                take_layer(item.at, *std::move(text));
            } else {
                problem(item.at, "\"layers\": " + text.error().message());
            }
        }
    }

    void take_layer(Position at, Interpolated item) {
        if (item.secret) {
            store_.tainted.emplace_back("layers");
        }
        const auto check = options_.layers.find(store_.surface);
        if (check != options_.layers.end() && check->second) {
            if (const auto checked = check->second(item.text); !checked) {
                problem(at, item.secret ? "a layer with a variable in it is wrong"
                                        : checked.error().message());
            }
        }
        store_.config.layers.push_back(std::move(item.text));
    }

    void read_mounts(const Node& value) {
        if (value.kind != Node::Kind::table) {
            problem(value.at, "\"mounts\" must be a table of keys and URLs");
            return;
        }
        for (const Member& member : value.members) {
            if (member.value.kind != Node::Kind::text) {
                problem(member.value.at, "the mount \"" + member.key + "\" must be a URL or @name");
                continue;
            }
            auto url = interpolate(member.value.text, options_.variables);
            if (!url) {
                problem(member.value.at, "\"mounts\": " + url.error().message());
                continue;
            }
            if (url->secret) {
                store_.tainted.emplace_back("mounts");
            }
            const auto check = options_.mounts.find(store_.surface);
            if (check != options_.mounts.end() && check->second) {
                if (const auto checked = check->second(member.key, url->text); !checked) {
                    problem(member.value.at, url->secret ? "a mount with a variable in it is wrong"
                                                         : checked.error().message());
                }
            }
            store_.config.mounts.emplace_back(member.key, std::move(url->text));
        }
    }

    void read_searches(const Node& value) {
        if (value.kind != Node::Kind::table) {
            problem(value.at, "\"searches\" must be a table of queries");
            return;
        }
        for (const Member& member : value.members) {
            auto text = member.value.kind == Node::Kind::text
                            ? interpolate(member.value.text, options_.variables)
                            : Error(ErrorCode::invalid_config, "it must be a text");
            Result<void> right;
            if (text && options_.searches) {
                right = options_.searches(text->text);
            }
            if (!text || !right) {
                problem(member.value.at, "the search \"" + member.key + "\": " +
                                             (!text          ? text.error().message()
                                              : text->secret ? "a variable in it does not fit"
                                                             : right.error().message()));
                continue;
            }
            if (text->secret) {
                store_.tainted.emplace_back("searches");
            }
            store_.searches.emplace(member.key, std::move(text->text));
        }
    }

    void take(const Member& member, std::string text) {
        if (member.key == "provider") {
            provider_ = std::move(text);
        } else if (member.key != "url") {
            file_settings_.emplace(member.key, std::move(text));
        } else if (text.empty() || text.starts_with('@')) {
            problem(member.value.at, "\"url\" must be the URL of a store");
            wrong_url_ = true;
        } else if (auto config = ProviderConfig::from_url(text); config) {
            from_url_ = *std::move(config);
        } else {
            problem(member.value.at, "\"url\": " + config.error().message());
            wrong_url_ = true;
        }
    }

    /// URL beats file: the settings beside the URL only fill in.
    void finish() {
        const bool has_url = from_url_.has_value();
        if (has_url == !provider_.empty() && !wrong_url_) {
            problem(store_.at, has_url ? "a store has a \"url\" or a \"provider\", not both"
                                       : "a store needs a \"url\" (or a \"provider\")");
            return;
        }
        const ProviderConfig file = ProviderConfig::from_map(provider_, file_settings_);
        std::vector<std::string> layers = std::move(store_.config.layers);
        auto mounts = std::move(store_.config.mounts);
        store_.config = has_url ? *from_url_ : file;
        fill_in_from_file();
        if (!wrong_url_) {
            find_backend(has_url ? "url" : "provider");
        }
        store_.config.layers = std::move(layers);
        store_.config.mounts = std::move(mounts);
    }

    /// The settings of the file that no stronger source gave.
    void fill_in_from_file() {
        store_.beside.clear();
        for (const auto& [name, value] : file_settings_) {
            const bool already = from_url_ && store_.config.settings.contains(name);
            if (!already) {
                store_.beside.emplace(name, value);
            }
        }
        store_.config.settings.insert(store_.beside.begin(), store_.beside.end());
    }

    void find_backend(const std::string& key) {
        const auto lookup = options_.backends.find(store_.surface);
        if (lookup == options_.backends.end() || !lookup->second) {
            return;
        }
        const auto backend = lookup->second(store_.config);
        if (!backend) {
            problem(place_of(key),
                    is_tainted(key) ? "no backend serves this" : backend.error().message());
            return;
        }
        store_.info = backend->settings;
        if (from_url_) {
            // Parts of the URL that are settings, such as the path, beat the file as well.
            if (auto expanded = store_.info->expand(*from_url_); expanded) {
                store_.config = *std::move(expanded);
                fill_in_from_file();
            }  // else check_settings() meets the same error
        }
        check_settings();
    }

    void check_settings() {
        for (const Error& error : store_.info->problems(store_.config)) {
            std::string setting;
            for (const auto& [name, value] : error.context()) {
                setting = name == "setting" ? value : setting;
            }
            const bool from_query = from_url_ && from_url_->settings.contains(setting);
            const std::string source = from_query || !places_.contains(setting) ? "url" : setting;
            problem(place_of(source), is_tainted(source) ? hidden(setting) : error.message());
        }
    }

    bool is_tainted(const std::string& key) const {
        return std::find(store_.tainted.begin(), store_.tainted.end(), key) != store_.tainted.end();
    }

    /// An error about a value that a secret variable is in, without the value.
    std::string hidden(const std::string& setting) const {
        const SettingInfo* field = store_.info->find(setting);
        return field == nullptr ? "a value with a variable in it does not fit the backend"
                                : "setting \"" + setting + "\": the value of its variable is not " +
                                      field->expectation();
    }

    Position place_of(const std::string& key) const {
        const auto found = places_.find(key);
        return found == places_.end() ? store_.at : found->second;
    }

    Store& store_;
    std::string_view origin_;
    const ConfigOptions& options_;
    std::map<std::string, Position, std::less<>> places_;
    std::string provider_;
    std::optional<ProviderConfig> from_url_;
    bool wrong_url_ = false;
    SettingMap file_settings_;
};

/// An item of `layers` with its secrets masked; all of its settings are when `hidden`.
std::string shown_layer(std::string_view item, bool hidden) {
    const std::size_t mark = std::min(item.find('?'), item.size());
    const std::string name(item.substr(0, mark));
    if (hidden && mark < item.size()) {
        return name + "?***";
    }
    const auto url = Url::parse("layer:" + std::string(item.substr(mark)));
    return name + (url ? url->masked().substr(std::string_view("layer:").size()) : "?***");
}

/// What of a store may be shown.
struct ShownStore {
    std::string url;
    std::string provider;
    SettingMap settings;
    std::vector<std::string> layers;
    std::vector<std::pair<std::string, std::string>> mounts;
    SettingMap searches;
};

ShownStore shown_store(const Store& store) {
    const auto tainted = [&store](std::string_view key) {
        return std::find(store.tainted.begin(), store.tainted.end(), key) != store.tainted.end();
    };
    const ProviderConfig& config = store.config;
    ShownStore shown;
    if (!config.url.to_string().empty()) {
        std::vector<std::string> secrets = store.tainted;
        if (store.info) {
            const auto more = store.info->secret_names();
            secrets.insert(secrets.end(), more.begin(), more.end());
        }
        shown.url = tainted("url") ? (store.info ? config.url.scheme() + ":***" : "***")
                                   : config.url.masked(secrets);
    } else if (!config.provider_type.empty()) {
        shown.provider = tainted("provider") ? "***" : config.provider_type;
    }
    for (const auto& [name, value] : store.beside) {
        const bool secret =
            tainted(name) || is_secret_name(name) || (store.info && store.info->is_secret(name));
        shown.settings.emplace(name, secret ? "***" : value);
    }
    for (const std::string& item : config.layers) {
        shown.layers.push_back(shown_layer(item, tainted("layers")));
    }
    for (const auto& [key, url] : config.mounts) {
        shown.mounts.emplace_back(key, tainted("mounts") ? "***" : mask_url(url));
    }
    for (const auto& [name, text] : store.searches) {
        shown.searches.emplace(name, tainted("searches") ? "***" : text);
    }
    return shown;
}

std::string json_list(const std::vector<std::string>& items, std::string_view separator) {
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += (i == 0 ? "" : std::string(separator)) + json_quoted(items[i]);
    }
    return text + "]";
}

}  // namespace

Store read_store(std::string_view surface, const Member& member, std::string_view origin,
                 const ConfigOptions& options) {
    Store store;
    store.surface = surface;
    store.name = member.key;
    store.at = member.at;
    const auto wrong = [&](const std::string& message) {
        store.problems.emplace(
            member.at, Error(ErrorCode::invalid_config, place(origin, member.at) + message));
    };
    if (!is_table_name(member.key)) {
        wrong("the name of a store holds letters, digits, '-', '_' and '.', not " +
              json_quoted(member.key));
    } else if (member.value.kind != Node::Kind::table) {
        wrong("a store is a table: [" + store.surface + "." + store.name + "]");
    } else {
        StoreReader(store, origin, options).read(member.value);
    }
    return store;
}

std::string show_store(const Store& store) {
    const ShownStore shown = shown_store(store);
    const std::string name = store.surface + "." + toml_name(store.name);
    std::string text = "[" + name + "]\n";
    if (!shown.url.empty()) {
        text += toml_line("url", shown.url);
    } else if (!shown.provider.empty()) {
        text += toml_line("provider", shown.provider);
    }
    for (const auto& [key, value] : shown.settings) {
        text += toml_line(key, value);
    }
    if (!shown.layers.empty()) {
        text += "layers = " + json_list(shown.layers, ", ") + "\n";
    }
    const auto table = [&](std::string_view title, const auto& members) {
        text += members.empty() ? "" : "[" + name + "." + std::string(title) + "]\n";
        for (const auto& [key, value] : members) {
            text += toml_line(key, value);
        }
    };
    table("mounts", shown.mounts);
    table("searches", shown.searches);
    return text;
}

std::string show_store_json(const Store& store) {
    const ShownStore shown = shown_store(store);
    std::string text =
        "{\"surface\":" + json_quoted(store.surface) + ",\"name\":" + json_quoted(store.name);
    if (!shown.url.empty()) {
        text += ",\"url\":" + json_quoted(shown.url);
    } else if (!shown.provider.empty()) {
        text += ",\"provider\":" + json_quoted(shown.provider);
    }
    return text + ",\"settings\":" + json_object(shown.settings) +
           ",\"layers\":" + json_list(shown.layers, ",") +
           ",\"mounts\":" + json_object(shown.mounts) +
           ",\"searches\":" + json_object(shown.searches) + "}";
}

}  // namespace turntable::inline v0::detail
