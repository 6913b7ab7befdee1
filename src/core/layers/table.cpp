#include "turntable/core/layers/table.hpp"

#include <algorithm>
#include <map>
#include <shared_mutex>

#include "core/settings/text.hpp"
#include "turntable/core/nearest_name.hpp"

namespace turntable::inline v0::detail {

namespace {

struct LayerRow {
    LayerInfo info;
    std::shared_ptr<const void> factory;
};

bool is_layer_name(std::string_view name) {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// What stands before the query while it is parsed as the URL that it looks like.
constexpr std::string_view layer_scheme = "layer:";

/// The settings of an item, by the parser of URLs.
Result<ProviderConfig> layer_settings_of(std::string_view name, std::string_view query) {
    auto config = ProviderConfig::from_url(std::string(layer_scheme) + std::string(query));
    if (!config) {
        return std::move(config).error().with("layer", std::string(name));
    }
    config->provider_type = name;
    return config;
}

}  // namespace

struct LayerTableCore::State {
    mutable std::shared_mutex mutex;
    std::map<std::string, LayerRow, std::less<>> rows;

    Error unknown(std::string_view name) const {
        std::vector<std::string> names;
        std::string known;
        for (const auto& [each, row] : rows) {
            names.push_back(each);
            known += (known.empty() ? "" : ", ") + each;
        }
        return Error(ErrorCode::invalid_config,
                     "there is no layer " + json_quoted(name) + did_you_mean(name, names) +
                         " (known: " + (known.empty() ? "none" : known) + ")")
            .with("layer", std::string(name));
    }
};

LayerTableCore::LayerTableCore() : state_(std::make_unique<State>()) {}
LayerTableCore::~LayerTableCore() = default;

Result<void> LayerTableCore::add(LayerInfo info, std::shared_ptr<const void> factory) {
    if (!is_layer_name(info.name) || factory == nullptr) {
        return Error(ErrorCode::invalid_argument,
                     "a layer has a name of letters, digits and '_', and a factory");
    }
    info.settings.name = info.name;
    const std::unique_lock lock(state_->mutex);
    std::string name = info.name;
    if (!state_->rows.try_emplace(name, LayerRow{std::move(info), std::move(factory)}).second) {
        return Error(ErrorCode::already_exists,
                     "there is a layer " + json_quoted(name) + " already");
    }
    return {};
}

std::vector<LayerInfo> LayerTableCore::describe() const {
    const std::shared_lock lock(state_->mutex);
    std::vector<LayerInfo> infos;
    for (const auto& [name, row] : state_->rows) {
        infos.push_back(row.info);
    }
    return infos;
}

Result<LayerTableCore::Item> LayerTableCore::read(std::string_view item) const {
    const std::size_t mark = std::min(item.find('?'), item.size());
    const std::string_view name = item.substr(0, mark);
    Item out;
    {
        const std::shared_lock lock(state_->mutex);
        const auto row = state_->rows.find(name);
        if (row == state_->rows.end()) {
            return state_->unknown(name);
        }
        out.info = row->second.info;
        out.factory = row->second.factory;
    }
    TURNTABLE_TRY(ProviderConfig config, layer_settings_of(name, item.substr(mark)));
    const std::string masked = config.url.masked(out.info.settings.secret_names());
    out.masked = std::string(name) + masked.substr(layer_scheme.size());
    config.url = Url();  // what it said is in the settings
    const std::vector<Error> problems = out.info.settings.problems(config);
    if (!problems.empty()) {
        return Error(problems.front()).with("layer", std::string(name));
    }
    out.config = std::move(config);
    return out;
}

}  // namespace turntable::inline v0::detail
