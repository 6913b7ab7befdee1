#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/access.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/runtime.hpp"

/// \file
/// Access tokens as lines of a file.
///
/// Purpose: a line is `SECRET [name=NAME] [read-only] [expires=TIME] [databases=A,B]`; empty lines
/// and those that begin with `#` say nothing. Ownership: values. Threads: plain functions.
/// Errors: `invalid_config` with file and line, never with the secret; `permission_denied` for a
/// file that others may read or change; `io` and the like of the system.
namespace turntable::inline v0::server {

/// Refuses what no client could send, or what could be taken for a token of the data path.
TURNTABLE_EXPORT Result<void> check_token_secret(std::string_view secret);

/// A token that opens everything, named after its digest.
AccessToken plain_token(std::string secret);

/// `path` is what errors name. At least one token: a file without any would open the server to
/// everybody.
TURNTABLE_EXPORT Result<std::vector<AccessToken>> parse_tokens(std::string_view text,
                                                               std::string_view path);

/// The tokens of a file.
TURNTABLE_EXPORT Result<std::vector<AccessToken>> read_token_file(const std::string& path);

/// Makes the file, with one new token that opens everything, unless it is there: whole or not at
/// all, readable by its owner alone. True if it was made.
TURNTABLE_EXPORT Result<bool> make_token_file(const std::string& path);

/// The tokens of a file and others; of two with the same name or secret the one of the file.
std::vector<AccessToken> with_more_tokens(std::vector<AccessToken> of_file,
                                          const std::vector<AccessToken>& more);

/// Looks at a token file every second, and has its tokens count when it has changed.
///
/// Purpose: rotation without a restart. A file that has become wrong or has gone changes nothing
/// and is logged, once. Ownership: ends with this object; shares `live`.
/// Threads: the file is read on the blocking pool. Errors: go to the log.
class TURNTABLE_EXPORT TokenFileWatch {
  public:
    /// `more` are tokens that count beside those of the file.
    TokenFileWatch(std::shared_ptr<Runtime> runtime, std::string path,
                   std::shared_ptr<LiveAccess> live, std::vector<AccessToken> more = {});
    TokenFileWatch(const TokenFileWatch&) = delete;
    TokenFileWatch& operator=(const TokenFileWatch&) = delete;
    ~TokenFileWatch();

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace turntable::inline v0::server
