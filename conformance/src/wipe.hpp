#pragma once

#include "turntable/kv/any_backend.hpp"

namespace turntable::inline v0::kv::conformance {

/// Whether the database holds an entry that can be read.
Result<bool> holds_entries(AnyBackend& backend);

/// Removes every entry, and every message that is due by the clock of `runtime`.
Result<void> wipe(AnyBackend& backend, Runtime& runtime);

}  // namespace turntable::inline v0::kv::conformance
