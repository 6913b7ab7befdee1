#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"

/// \file
/// Messages of JSON-RPC 2.0, as MCP uses it, found in what was on the wire.
/// Purpose: recording, replay and search look at messages without changing them.
/// Ownership: messages are views into the bytes they were found in.
/// Threads: free functions over their arguments. Errors: none: what is no message says so.
namespace turntable::inline v0::mcp {

namespace limits {
/// Messages of one frame; a frame with more is none.
inline constexpr std::size_t batch_messages_max = 10'000;
}  // namespace limits

/// What a message is for.
enum class MessageKind : std::uint8_t {
    none,  ///< not a message: free text, broken JSON, JSON of another shape
    request,  ///< `method` and `id`
    notification,  ///< `method` alone
    result,  ///< the answer to the request with that `id`
    error,  ///< the same, of a request that failed; its `id` may be `null`
};

/// One message, in the bytes it came in.
///
/// Purpose: what a message says at its outermost level; the rest is given as it stands.
/// Ownership: borrows the bytes that read_messages was given. Threads: a value. Errors: none.
struct Message {
    MessageKind kind = MessageKind::none;
    /// All of it, without white space around it; of `none`, all that could not be read.
    std::string_view text = {};
    /// As it stands: `7`, `"a"`. Two ids are the same exactly if these texts are.
    std::string_view id = {};
    /// Without the escapes of JSON.
    std::string method = {};
    /// JSON as it stands; empty where there is none.
    std::string_view params = {};
    std::string_view result = {};
    std::string_view error = {};
    /// It came in an array with others (MCP 2025-03-26).
    bool batched = false;

    bool is_answer() const noexcept {
        return kind == MessageKind::result || kind == MessageKind::error;
    }
};

/// The messages in the bytes of one frame: usually one, those of a batch, or of several JSON texts
/// behind each other; none of white space alone. More than tape::limits::json_depth_max levels,
/// more bytes than tape::limits::frame_bytes_max and more messages than
/// limits::batch_messages_max are `none`.
TURNTABLE_EXPORT std::vector<Message> read_messages(ByteView bytes);

/// What lies at a place in a JSON text, as it stands: `json_at(params, {"_meta",
/// "progressToken"})`. Empty if it is not there. Names are taken as they stand, too; of equal ones
/// the last counts.
TURNTABLE_EXPORT std::string_view json_at(std::string_view json,
                                          std::initializer_list<std::string_view> names);
/// The text of a JSON text, without its quotes and escapes; empty if it is no text.
TURNTABLE_EXPORT std::string json_text(std::string_view json);

}  // namespace turntable::inline v0::mcp
