#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

template class BasicDatabase<AnyBackend>;

}  // namespace turntable::inline v0::kv
