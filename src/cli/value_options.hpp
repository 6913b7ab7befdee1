#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/text.hpp"

namespace turntable_cli {

/// A value from the command line, a file or the standard input.
struct ValueOptions {
    std::optional<std::string> text;
    std::string file;
    ValueType type = ValueType::text;

    void add_to(CLI::App& command);
    turntable::Result<turntable::kv::Value> read() const;
};

}  // namespace turntable_cli
