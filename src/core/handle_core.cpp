#include "turntable/core/handle_core.hpp"

namespace turntable::inline v0::detail {

void name_error(Error& error, std::string_view operation, const HandleCore& core) {
    error.during(operation).on(core.url);
}

}  // namespace turntable::inline v0::detail
