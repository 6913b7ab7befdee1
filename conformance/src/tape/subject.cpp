#include "turntable/conformance/tape/subject.hpp"

#include <utility>

#include "run_parts.hpp"
#include "tape/wipe.hpp"

namespace turntable::inline v0::tape::conformance {

Subject wiped_subject(std::string name, Subject::Open open) {
    Subject subject;
    subject.name = std::move(name);
    subject.open_fresh = [open =
                              std::move(open)](const OpenOptions& options) -> Result<AnyProvider> {
        TURNTABLE_TRY(AnyProvider provider, open(options));
        TURNTABLE_CHECK(delete_all(provider));
        return provider;
    };
    return subject;
}

Subject placed_subject(std::string name, std::function<std::string()> new_place, OpenAt open) {
    return turntable::conformance::detail::placed<Subject>(std::move(name), std::move(new_place),
                                                           std::move(open));
}

}  // namespace turntable::inline v0::tape::conformance
