#pragma once

/// \file
/// Configurations of other programs as a `turntable.toml`.
/// Purpose: whoever comes from shadowcat begins with what was set there. Ownership: values.
/// Threads: plain functions. Errors: invalid_config with file:line:column.

#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// What became of a configuration.
struct ImportedConfig {
    /// A whole `turntable.toml`; comments name each setting that has no counterpart.
    std::string text;
    /// The names of the settings that it was made of: `recording.output_dir`.
    std::vector<std::string> used;
    /// Those without a counterpart.
    std::vector<std::string> left_out;
};

/// Reads a `shadowcat.toml`. Where it kept recordings and sessions becomes stores with names; of
/// all else only the names of the settings are told, never their values, for some are secrets.
/// `origin` names the text in errors. Errors: invalid_config for what is no TOML.
TURNTABLE_EXPORT Result<ImportedConfig> import_shadowcat_config(std::string_view text,
                                                                std::string origin);

}  // namespace turntable::inline v0
