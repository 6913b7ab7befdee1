#pragma once

#include <string>
#include <string_view>

#include "turntable/tape/record.hpp"

namespace turntable::inline v0::mcp {

/// The bytes of a frame, in `room` where they are in parts. Texts that lie in a payload store are
/// left out: a message is the same JSON with shorter texts then.
inline std::string_view frame_text(const tape::Frame& frame, std::string& room) {
    if (frame.parts.empty()) {
        return frame.payload.text();
    }
    room.clear();
    for (const tape::Part& part : frame.parts) {
        room += part.bytes.text();
    }
    return room;
}

}  // namespace turntable::inline v0::mcp
