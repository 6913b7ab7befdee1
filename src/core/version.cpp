#include "turntable/version.hpp"

#define TURNTABLE_DETAIL_TEXT2(x) #x
#define TURNTABLE_DETAIL_TEXT(x) TURNTABLE_DETAIL_TEXT2(x)

namespace turntable::inline v0 {

std::string_view library_version() noexcept {
    return TURNTABLE_DETAIL_TEXT(TURNTABLE_VERSION_MAJOR) "." TURNTABLE_DETAIL_TEXT(
        TURNTABLE_VERSION_MINOR) "." TURNTABLE_DETAIL_TEXT(TURNTABLE_VERSION_PATCH);
}

}  // namespace turntable::inline v0
