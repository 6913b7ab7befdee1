#include <algorithm>
#include <map>
#include <shared_mutex>

#include "core/settings/text.hpp"
#include "kv/layers/built_in.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

namespace {

struct Row {
    LayerInfo info;
    LayerFactory factory;
};

bool is_layer_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return turntable::detail::is_alpha(c) || turntable::detail::is_digit(c) || c == '_';
    });
}

/// What stands before the query while it is parsed as the URL that it looks like.
constexpr std::string_view scheme = "layer:";

/// The settings of an item, by the parser of URLs.
Result<ProviderConfig> settings_of(std::string_view name, std::string_view query) {
    auto config = ProviderConfig::from_url(std::string(scheme) + std::string(query));
    if (!config) {
        return std::move(config).error().with("layer", std::string(name));
    }
    config->provider_type = name;
    return config;
}

}  // namespace

struct LayerTable::State {
    mutable std::shared_mutex mutex;
    std::map<std::string, Row, std::less<>> rows;

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

LayerTable::LayerTable() : state_(std::make_unique<State>()) {}
LayerTable::~LayerTable() = default;

Result<void> LayerTable::add(LayerInfo info, LayerFactory factory) {
    if (!is_layer_name(info.name) || !factory) {
        return Error(ErrorCode::invalid_argument,
                     "a layer has a name of letters, digits and '_', and a factory");
    }
    info.settings.name = info.name;
    const std::unique_lock lock(state_->mutex);
    std::string name = info.name;
    if (!state_->rows.try_emplace(name, Row{std::move(info), std::move(factory)}).second) {
        return Error(ErrorCode::already_exists,
                     "there is a layer " + json_quoted(name) + " already");
    }
    return {};
}

std::vector<LayerInfo> LayerTable::describe() const {
    const std::shared_lock lock(state_->mutex);
    std::vector<LayerInfo> infos;
    for (const auto& [name, row] : state_->rows) {
        infos.push_back(row.info);
    }
    return infos;
}

Result<LayerItem> LayerTable::read(std::string_view item) const {
    const std::size_t mark = std::min(item.find('?'), item.size());
    const std::string_view name = item.substr(0, mark);
    LayerItem out;
    {
        const std::shared_lock lock(state_->mutex);
        const auto row = state_->rows.find(name);
        if (row == state_->rows.end()) {
            return state_->unknown(name);
        }
        out.info = row->second.info;
        out.factory = row->second.factory;
    }
    TURNTABLE_TRY(ProviderConfig config, settings_of(name, item.substr(mark)));
    const std::string masked = config.url.masked(out.info.settings.secret_names());
    out.masked = std::string(name) + masked.substr(scheme.size());
    config.url = Url();  // what it said is in the settings
    const std::vector<Error> problems = out.info.settings.problems(config);
    if (!problems.empty()) {
        return Error(problems.front()).with("layer", std::string(name));
    }
    out.config = std::move(config);
    return out;
}

Result<void> register_layers(Registry& registry) {
    for (auto* make : {&detail::cache_layer, &detail::chaos_layer, &detail::check_layer,
                       &detail::concurrency_layer, &detail::logging_layer, &detail::metrics_layer,
                       &detail::prefix_layer, &detail::read_only_layer, &detail::retry_layer,
                       &detail::throttle_layer, &detail::timeout_layer}) {
        detail::BuiltInLayer layer = make();
        TURNTABLE_CHECK(registry.add_layer(std::move(layer.info), std::move(layer.factory)));
    }
    return {};
}

}  // namespace turntable::inline v0::kv
