#pragma once

#include "core/layers/settings.hpp"
#include "turntable/kv/layer_registry.hpp"

namespace turntable::inline v0::kv::detail {

using BuiltInLayer = turntable::detail::BuiltInLayer<AnyBackend>;
using turntable::detail::built_in_layer;

// The layers that kv alone has, or has in a way of its own.
BuiltInLayer cache_layer();
BuiltInLayer chaos_layer();
BuiltInLayer check_layer();
BuiltInLayer prefix_layer();

}  // namespace turntable::inline v0::kv::detail
