#include "turntable/tape/facts.hpp"

namespace turntable::inline v0::tape {

Analyzer::~Analyzer() = default;

}  // namespace turntable::inline v0::tape
