// The answers of the tape contract that a layer may hold back.
#include <optional>

#include "core/layers/bodies.hpp"
#include "turntable/tape/provider.hpp"

namespace turntable::inline v0::detail {

TURNTABLE_DETAIL_LAYER_ANSWER(tape::TapeMetadata);
TURNTABLE_DETAIL_LAYER_ANSWER(tape::SavedTapes);
TURNTABLE_DETAIL_LAYER_ANSWER(tape::StoredTape);
TURNTABLE_DETAIL_LAYER_ANSWER(tape::TapePage);
TURNTABLE_DETAIL_LAYER_ANSWER(tape::InspectReport);
TURNTABLE_DETAIL_LAYER_ANSWER(std::optional<Bytes>);
TURNTABLE_DETAIL_LAYER_ANSWER(std::uint64_t);
TURNTABLE_DETAIL_LAYER_ANSWER(Health);
TURNTABLE_DETAIL_LAYER_ANSWER(void);

}  // namespace turntable::inline v0::detail
