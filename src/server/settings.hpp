#pragma once

#include <chrono>
#include <string>

#include "turntable/core/settings.hpp"

namespace turntable::inline v0::server {

/// How a server answers; one declaration for the command line, `turntable.toml` and the docs.
///
/// Purpose: what is the same for all its databases. Ownership: a value. Threads: a value.
/// Errors: see server_settings().
struct Settings {
    std::string public_url = {};
    std::chrono::milliseconds token_lifetime{std::chrono::hours(1)};
    std::chrono::milliseconds keep_alive{5000};
    ByteSize body_max{2 << 20};
};

/// The description of Settings.
TURNTABLE_EXPORT const SettingsDescription<Settings>& server_settings();

}  // namespace turntable::inline v0::server
