#include "turntable/blob/store.hpp"

namespace turntable::inline v0::blob {

template class BasicStore<AnyBackend>;

}  // namespace turntable::inline v0::blob
