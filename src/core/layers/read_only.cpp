#include "turntable/core/layers/read_only.hpp"

namespace turntable::inline v0::detail {

Error read_only_error(std::string_view operation) {
    return Error(ErrorCode::permission_denied, "the store is read-only by its layer read_only")
        .during(operation);
}

}  // namespace turntable::inline v0::detail
