#include "turntable/conformance/blob/subject.hpp"

#include <utility>

#include "run_parts.hpp"

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
    return turntable::conformance::detail::placed<Subject>(std::move(name), std::move(new_place),
                                                           std::move(open));
}

}  // namespace turntable::inline v0::blob::conformance
