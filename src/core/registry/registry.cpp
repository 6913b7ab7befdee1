#include "turntable/core/registry.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "core/settings/text.hpp"
#include "core/settings/url_split.hpp"
#include "turntable/core/nearest_name.hpp"

namespace turntable::inline v0::detail {
namespace {

struct Entry {
    BackendInfo info;
    std::shared_ptr<const void> factory;
};

bool is_scheme(std::string_view text) {
    return text.size() >= 2 && scheme_of(std::string(text) + ":").size() == text.size();
}

/// The form in which prefixes are compared: the scheme in lower case, and with its colon.
std::string normalized(std::string_view prefix) {
    const std::string_view scheme = is_scheme(prefix) ? prefix : scheme_of(prefix);
    if (scheme.empty()) {
        return std::string(prefix);
    }
    const std::string_view rest = prefix.substr(std::min(scheme.size() + 1, prefix.size()));
    return lowered(scheme) + ":" + std::string(rest);
}

/// The URL as prefixes are compared with it. A plain path is itself, even one like "sqlite".
std::string comparable(const Url& url) {
    return url.scheme() + url.to_string().substr(url.scheme().size());
}

std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "none" : text;
}

bool is_named(std::string_view text) { return text.starts_with('@'); }

}  // namespace

struct RegistryCore::State {
    mutable std::shared_mutex mutex;
    std::vector<Entry> entries;  // the fallback, if any, is the last
    std::map<std::string, std::string, std::less<>> absent;
    std::string default_url;
    std::string default_origin;
    NamedStores named_stores;

    const Entry* find(const Url& url) const {
        const std::string text = comparable(url);
        for (const Entry& entry : entries) {
            const bool is_fallback = entry.info.prefix.empty();
            if (is_fallback ? url.scheme().empty() : text.starts_with(entry.info.prefix)) {
                return &entry;
            }
        }
        return nullptr;
    }

    std::vector<std::string> schemes() const {
        std::vector<std::string> found;
        for (const Entry& entry : entries) {
            std::string scheme(scheme_of(entry.info.prefix));
            if (!scheme.empty() && std::find(found.begin(), found.end(), scheme) == found.end()) {
                found.push_back(std::move(scheme));
            }
        }
        return found;
    }

    /// A configuration without URL names its backend, by name or by scheme.
    const Entry* find_type(std::string_view type) const {
        const std::string prefix = normalized(type);
        for (const Entry& entry : entries) {
            if (entry.info.name == type || (!type.empty() && entry.info.prefix == prefix)) {
                return &entry;
            }
        }
        return nullptr;
    }

    Error nobody_serves(const std::string& scheme) const {
        const std::vector<std::string> known = schemes();
        std::string message;
        if (scheme.empty()) {
            message = "no backend takes a plain path; begin with a scheme";
        } else if (const auto how = absent.find(scheme); how != absent.end()) {
            message = "scheme \"" + scheme + "\" is not built in: " + how->second;
        } else if (std::find(known.begin(), known.end(), scheme) != known.end()) {
            message = "no backend takes this kind of " + scheme + " URL";
        } else {
            std::vector<std::string> candidates = known;
            for (const auto& [name, unused] : absent) {
                candidates.push_back(name);
            }
            message = "unknown scheme " + json_quoted(scheme) + did_you_mean(scheme, candidates);
        }
        return Error(ErrorCode::unknown_provider,
                     message + " (known schemes: " + list_of(known) + ")");
    }

    Result<Match> match(ProviderConfig config) const {
        const bool has_url = !config.url.to_string().empty();
        const Entry* entry = has_url ? find(config.url) : find_type(config.provider_type);
        if (entry == nullptr && has_url) {
            return nobody_serves(config.url.scheme()).on(mask_url(config.url.to_string()));
        }
        if (entry == nullptr) {
            return nobody_serves(config.provider_type);
        }
        config.provider_type = entry->info.name;
        std::string masked =
            has_url ? config.url.masked(entry->info.settings.secret_names()) : entry->info.prefix;
        return Match{entry->factory, entry->info, std::move(config), std::move(masked)};
    }

    /// Puts the default URL into `config`; returns the variable that it came from.
    Result<std::string> fill_in_default(ProviderConfig& config) const {
        const std::shared_lock lock(mutex);
        if (default_url.empty()) {
            return Error(ErrorCode::invalid_config,
                         "no URL was given and there is no default (known schemes: " +
                             list_of(schemes()) + ")");
        }
        auto url = Url::parse(default_url);
        if (!url) {
            return with_origin(std::move(url).error().on(mask_url(default_url)), default_origin);
        }
        config.url = *std::move(url);
        return default_origin;
    }

    /// Replaces `@name` by what it stands for; the settings of the call stay the stronger ones.
    Result<void> resolve_name(ProviderConfig& config) const {
        const std::string text = config.url.to_string();
        NamedStores stores;
        {
            const std::shared_lock lock(mutex);
            stores = named_stores;  // called without the lock, as it may read a file
        }
        if (!stores) {
            return Error(ErrorCode::invalid_config,
                         "named stores need a configuration; a file of that name is ./" + text);
        }
        TURNTABLE_TRY(ProviderConfig stored, stores(std::string_view(text).substr(1)));
        if (is_named(stored.url.to_string())) {
            return Error(ErrorCode::invalid_config, "a named store must not name another one");
        }
        config.settings.merge(stored.settings);
        config.url = std::move(stored.url);
        config.provider_type = std::move(stored.provider_type);
        if (config.layers.empty()) {
            config.layers = std::move(stored.layers);
        }
        if (config.mounts.empty()) {
            config.mounts = std::move(stored.mounts);
        }
        return {};
    }

    static Error with_origin(Error error, const std::string& origin) {
        return origin.empty() ? error : std::move(error).with("from", origin);
    }
};

RegistryCore::RegistryCore() : state_(std::make_unique<State>()) {}
RegistryCore::RegistryCore(RegistryCore&& other) noexcept = default;
RegistryCore& RegistryCore::operator=(RegistryCore&& other) noexcept = default;
RegistryCore::~RegistryCore() = default;

Result<void> RegistryCore::add(BackendInfo info, std::shared_ptr<const void> factory) {
    info.prefix = normalized(info.prefix);
    if (is_named(info.prefix)) {
        return Error(ErrorCode::invalid_argument, "a prefix with @ is kept for named stores");
    }
    const std::unique_lock lock(state_->mutex);
    for (const Entry& entry : state_->entries) {
        const std::string& taken = entry.info.prefix;
        if (info.prefix == taken || (!taken.empty() && info.prefix.starts_with(taken))) {
            return Error(ErrorCode::already_exists, "prefix " + json_quoted(info.prefix) +
                                                        " is served by " + entry.info.name + " (" +
                                                        json_quoted(taken) + ")");
        }
    }
    std::vector<Entry>& entries = state_->entries;
    const bool has_fallback = !entries.empty() && entries.back().info.prefix.empty();
    entries.insert(has_fallback ? entries.end() - 1 : entries.end(),
                   Entry{std::move(info), std::move(factory)});
    return {};
}

Result<void> RegistryCore::remove(std::string_view prefix) {
    const std::string wanted = normalized(prefix);
    Entry removed;  // destroyed after the lock: a factory's captures may call the registry
    {
        const std::unique_lock lock(state_->mutex);
        std::vector<Entry>& entries = state_->entries;
        const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
            return entry.info.prefix == wanted;
        });
        if (found == entries.end()) {
            return Error(ErrorCode::not_found, "no backend has prefix " + json_quoted(wanted));
        }
        removed = std::move(*found);
        entries.erase(found);
    }
    return {};
}

void RegistryCore::note_absent(std::string scheme, std::string how_to_get_it) {
    const std::unique_lock lock(state_->mutex);
    state_->absent.insert_or_assign(lowered(scheme), std::move(how_to_get_it));
}

void RegistryCore::set_default_url(std::string url, std::string origin) {
    const std::unique_lock lock(state_->mutex);
    state_->default_url = std::move(url);
    state_->default_origin = std::move(origin);
}

void RegistryCore::set_named_stores(NamedStores stores) {
    const std::unique_lock lock(state_->mutex);
    std::swap(state_->named_stores, stores);
}

std::string RegistryCore::default_url() const {
    const std::shared_lock lock(state_->mutex);
    return state_->default_url;
}

std::vector<std::string> RegistryCore::known_schemes() const {
    const std::shared_lock lock(state_->mutex);
    return state_->schemes();
}

std::vector<BackendInfo> RegistryCore::describe() const {
    const std::shared_lock lock(state_->mutex);
    std::vector<BackendInfo> infos;
    for (const Entry& entry : state_->entries) {
        infos.push_back(entry.info);
    }
    return infos;
}

Result<RegistryCore::Match> RegistryCore::match(std::string_view text) const {
    auto url = Url::parse(text);
    if (!url) {
        return std::move(url).error().during("open").on(mask_url(text));
    }
    ProviderConfig config;
    config.url = *std::move(url);
    return match(config);
}

Result<RegistryCore::Match> RegistryCore::match(const ProviderConfig& given) const {
    ProviderConfig config = given;
    std::string origin;
    const auto failed = [&](Error error) {
        return State::with_origin(
            std::move(error).during("open").on(mask_url(config.url.to_string())), origin);
    };
    if (config.url.to_string().empty() && config.provider_type.empty()) {
        auto filled = state_->fill_in_default(config);
        if (!filled) {
            return std::move(filled).error().during("open");
        }
        origin = *std::move(filled);
    }
    if (is_named(config.url.to_string())) {
        if (auto resolved = state_->resolve_name(config); !resolved) {
            return failed(std::move(resolved).error());
        }
    }
    auto from_url = ProviderConfig::from_url(config.url);
    if (!from_url) {
        return failed(std::move(from_url).error());
    }
    config.settings.merge(from_url->settings);
    const std::shared_lock lock(state_->mutex);
    auto matched = state_->match(config);
    if (!matched) {
        return failed(std::move(matched).error());
    }
    return matched;
}

Error opening_error(Error error, const RegistryCore::Match& match) {
    return std::move(error).during("open").on(match.masked_url);
}

}  // namespace turntable::inline v0::detail
