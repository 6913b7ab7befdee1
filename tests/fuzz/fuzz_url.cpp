#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/core/url.hpp"

// Any text either parses, and then prints exactly what was read, or gives an error; a password that
// the parser found is never printed by the masked form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)turntable::mask_url(text);
    const auto url = turntable::Url::parse(text);
    if (!url) {
        (void)url.error().to_string();
        return 0;
    }
    if (url->to_string() != text) {
        std::abort();
    }
    const std::string masked = url->masked();
    if (url->password() && masked.find(":***@") == std::string::npos) {
        std::abort();
    }
    const std::string endpoint = url->endpoint();
    const auto again = turntable::Url::parse(endpoint);
    if (!url->scheme().empty() && url->path().find("//") != 0 &&
        (!again || again->host() != url->host() || again->path() != url->path())) {
        std::abort();
    }
    return 0;
}
