#include "tape/wipe.hpp"

namespace turntable::inline v0::tape::conformance {

Result<void> delete_all(AnyProvider& provider) {
    for (;;) {
        TURNTABLE_TRY(const TapePage page, provider.list_tapes({}, {}).wait());
        if (page.tapes.empty()) {
            return {};
        }
        for (const TapeMetadata& tape : page.tapes) {
            Result<void> deleted = provider.delete_tape({}, tape.id).wait();
            if (!deleted && deleted.error().code() == ErrorCode::permission_denied) {
                return {};
            }
            if (!deleted && deleted.error().code() != ErrorCode::not_found) {
                return deleted;
            }
        }
    }
}

}  // namespace turntable::inline v0::tape::conformance
