#pragma once

#include <memory>

#include "server/settings.hpp"
#include "server/token_file.hpp"

namespace turntable::inline v0::server {

/// The tokens of a server that starts.
///
/// Purpose: what the settings name, made and read. Ownership: shares the tokens; `watch` has them
/// follow the file. Threads: a value. Errors: see open_access().
struct OpenedAccess {
    /// For ServiceOptions.
    std::shared_ptr<LiveAccess> live;
    /// Null without a file.
    std::unique_ptr<TokenFileWatch> watch;
    /// The file was made just now: say where it lies.
    bool made_file = false;
};

/// Makes the token file if it is to be there and is not, reads it, and begins to watch it. Blocks
/// on the file. Errors: of the settings, see check_exposure(); of the file, see token_file.hpp.
TURNTABLE_EXPORT Result<OpenedAccess> open_access(std::shared_ptr<Runtime> runtime,
                                                  const Settings& settings);

}  // namespace turntable::inline v0::server
