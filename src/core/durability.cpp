#include "turntable/core/durability.hpp"

namespace turntable::inline v0 {

std::string_view to_string(Durability durability) noexcept {
    switch (durability) {
        case Durability::none:
            return "none";
        case Durability::process:
            return "process";
        case Durability::machine:
            return "machine";
    }
    return "none";
}

}  // namespace turntable::inline v0
