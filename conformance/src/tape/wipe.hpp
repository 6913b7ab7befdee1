#pragma once

#include "turntable/tape/any_provider.hpp"

namespace turntable::inline v0::tape::conformance {

/// Deletes every tape; a provider that is read-only keeps them.
Result<void> delete_all(AnyProvider& provider);

}  // namespace turntable::inline v0::tape::conformance
