#pragma once

/// \file
/// Layers of kv by name.
/// Purpose: the names of turntable/core/layers/table.hpp for this surface. Ownership, threads,
/// errors: as there.

#include "turntable/core/layers/table.hpp"
#include "turntable/kv/any_backend.hpp"

namespace turntable::inline v0::kv {

using LayerInfo = turntable::LayerInfo;
using LayerPlace = turntable::LayerPlace;
using LayerFactory = turntable::LayerFactory<AnyBackend>;
using LayerItem = turntable::LayerItem<AnyBackend>;
using LayerTable = turntable::LayerTable<AnyBackend>;

}  // namespace turntable::inline v0::kv
