#include "server/open_access.hpp"

#include <utility>

namespace turntable::inline v0::server {

Result<OpenedAccess> open_access(std::shared_ptr<Runtime> runtime, const Settings& settings) {
    TURNTABLE_CHECK(server_settings().validate(settings));
    TURNTABLE_CHECK(check_exposure(settings));
    std::vector<AccessToken> plain;
    if (!settings.access_token.empty()) {
        plain.push_back(plain_token(settings.access_token));
    }
    OpenedAccess opened;
    if (settings.token_file.empty()) {
        opened.live = std::make_shared<LiveAccess>(std::move(plain));
        return opened;
    }
    TURNTABLE_TRY(opened.made_file, make_token_file(settings.token_file));
    TURNTABLE_TRY(std::vector<AccessToken> of_file, read_token_file(settings.token_file));
    opened.live = std::make_shared<LiveAccess>(with_more_tokens(std::move(of_file), plain));
    opened.watch = std::make_unique<TokenFileWatch>(std::move(runtime), settings.token_file,
                                                    opened.live, std::move(plain));
    return opened;
}

}  // namespace turntable::inline v0::server
