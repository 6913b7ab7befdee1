#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/tree.hpp"
#include "turntable/config.hpp"

namespace turntable::inline v0::detail {

/// One `[surface.name]` as read.
struct Store {
    std::string surface;
    std::string name;
    Position at;
    ProviderConfig config;
    SettingMap beside;  ///< the settings of the file that hold: not in the URL too
    std::optional<SettingsInfo> info;  ///< when its backend is known
    /// Settings that hold a variable with a secret name; "url" for the URL.
    std::vector<std::string> tainted;
    /// Of a library of tapes: queries by name.
    SettingMap searches;
    Problems problems;
};

/// Reads one store; what is wrong is in its problems.
Store read_store(std::string_view surface, const Member& member, std::string_view origin,
                 const ConfigOptions& options);

/// The store as TOML with secrets masked.
std::string show_store(const Store& store);
/// The same as a JSON object.
std::string show_store_json(const Store& store);

}  // namespace turntable::inline v0::detail
