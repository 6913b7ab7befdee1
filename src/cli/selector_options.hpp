#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "turntable/kv/selector.hpp"

namespace turntable_cli {

/// Which entries a verb is about, as options.
struct SelectorOptions {
    std::string prefix;
    std::string start;
    std::string end;
    std::string text_prefix;

    /// With the prefix as an argument of the verb.
    void add_to(CLI::App& command);
    /// With the prefix as --prefix, where the verb has other arguments.
    void add_named_to(CLI::App& command);

    turntable::Result<turntable::kv::Selector> selector() const;

  private:
    void add_bounds(CLI::App& command);
};

}  // namespace turntable_cli
