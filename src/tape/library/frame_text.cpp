#include "tape/library/frame_text.hpp"

#include <algorithm>
#include <utility>

#include "turntable/tape/criteria.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

bool frame_contains(const Frame& frame, std::string_view text) {
    const auto holds = [text](const Part& part) {
        return contains_folded(part.bytes.text(), text);
    };
    return contains_folded(frame.payload.text(), text) || std::ranges::any_of(frame.parts, holds);
}

Result<bool> any_frame_contains(std::unique_ptr<Source> source, std::string_view text) {
    TURNTABLE_TRY(Reader reader, Reader::open(std::move(source)));
    for (;;) {
        auto record = reader.next();
        if (!record) {
            if (record.error().code() != ErrorCode::corrupt) {
                return std::move(record).error();
            }
            continue;
        }
        if (!*record) {
            return false;
        }
        const auto* frame = std::get_if<Frame>(&**record);
        if (frame != nullptr && frame_contains(*frame, text)) {
            return true;
        }
    }
}

}  // namespace turntable::inline v0::tape
