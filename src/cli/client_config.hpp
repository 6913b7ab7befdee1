#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/result.hpp"

namespace turntable_cli {

/// What becomes of one server in the configuration of a client.
struct ServerChange {
    enum class Action {
        changed,  ///< wrapped, or unwrapped
        as_it_was,  ///< is wrapped already, or is not
        no_command,  ///< is reached by an address: there is no process to stand before
    };
    std::string server;
    Action action = Action::as_it_was;
};

/// How servers are wrapped.
struct WrapOptions {
    /// The absolute path of this program.
    std::string program;
    /// What stands between `record` and `--name`.
    std::vector<std::string> options;
    /// Only these servers; none: all.
    std::vector<std::string> servers;
};

/// A configuration after the change: all that is not about the command stays as it is, byte for
/// byte.
struct ChangedConfig {
    std::string text;
    std::vector<ServerChange> servers;
};

/// Puts a recorder before each server of a configuration: `"command": "npx", "args": ["x"]` becomes
/// `"command": PROGRAM, "args": ["record", OPTIONS, "--name", SERVER, "--", "npx","x"]`. Servers
/// are the members of `mcpServers` and `servers`, at the top, in `mcp`, and in each of `projects`.
/// Errors: `serialization` for what is no JSON, with comments named as such; `not_found` for a
/// server that is not there; `invalid_argument` for one that is not as servers are.
turntable::Result<ChangedConfig> wrap_servers(std::string_view text, const WrapOptions& options);

/// Takes it away again. A configuration that was only wrapped is what it was, byte for byte.
turntable::Result<ChangedConfig> unwrap_servers(std::string_view text,
                                                const std::vector<std::string>& servers);

}  // namespace turntable_cli
