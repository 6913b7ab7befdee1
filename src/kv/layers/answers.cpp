// The answers of kv that a layer may hold back.
#include <optional>

#include "core/layers/bodies.hpp"
#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::detail {

TURNTABLE_DETAIL_LAYER_ANSWER(std::optional<kv::Entry>);
TURNTABLE_DETAIL_LAYER_ANSWER(kv::ReadOutput);
TURNTABLE_DETAIL_LAYER_ANSWER(kv::CommitResult);
TURNTABLE_DETAIL_LAYER_ANSWER(kv::DeleteRangeOutput);
TURNTABLE_DETAIL_LAYER_ANSWER(kv::QueueMessage);
TURNTABLE_DETAIL_LAYER_ANSWER(kv::SnapshotHandle);
TURNTABLE_DETAIL_LAYER_ANSWER(Health);
TURNTABLE_DETAIL_LAYER_ANSWER(void);

}  // namespace turntable::inline v0::detail
