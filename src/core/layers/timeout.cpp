#include "turntable/core/layers/timeout.hpp"

namespace turntable::inline v0::detail {

Error left_behind(bool commits, std::string_view operation) {
    return Error(commits ? ErrorCode::commit_unknown : ErrorCode::timeout,
                 "the backend did not answer, not even past the deadline")
        .during(operation);
}

}  // namespace turntable::inline v0::detail
