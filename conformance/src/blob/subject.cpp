#include "turntable/conformance/blob/subject.hpp"

#include <utility>

namespace turntable::inline v0::blob::conformance {

Subject wiped_subject(std::string name, Subject::Open open) {
    Subject subject;
    subject.name = std::move(name);
    subject.open_fresh =
        [open = std::move(open)](const std::shared_ptr<Runtime>& runtime) -> Result<AnyBackend> {
        TURNTABLE_TRY(AnyBackend backend, open(runtime));
        if (!backend.capabilities().read_only) {
            TURNTABLE_CHECK(backend.remove_all({}, "").wait());
        }
        return backend;
    };
    return subject;
}

Subject placed_subject(std::string name, std::function<std::string()> new_place, OpenAt open) {
    const auto place = std::make_shared<std::string>();
    const auto again = [place, open](const std::shared_ptr<Runtime>& runtime) {
        return open(*place, runtime);
    };
    Subject subject;
    subject.name = std::move(name);
    subject.open_fresh =
        [place, again, new_place = std::move(new_place)](const std::shared_ptr<Runtime>& runtime) {
            *place = new_place();
            return again(runtime);
        };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

}  // namespace turntable::inline v0::blob::conformance
