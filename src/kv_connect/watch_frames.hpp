#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

/// \file
/// The body of a watch: frames one after the other, each with its length before it.
/// Ownership: values. Threads: values, one thread at a time.
namespace turntable::inline v0::kv::connect {

/// A frame that says only that the connection lives.
TURNTABLE_EXPORT std::string keep_alive_frame();
/// A message as a frame.
TURNTABLE_EXPORT std::string watch_frame(ByteView message);

/// Cuts what arrives into frames.
///
/// Purpose: the client's side of a watch. Errors: `serialization` for a frame over the limit, and
/// from then on.
class TURNTABLE_EXPORT WatchFrames {
  public:
    /// What Deno's own client accepts.
    static constexpr std::size_t frame_bytes_max = std::size_t{16} << 20U;

    void add(ByteView bytes) { buffer_.append(bytes.data(), bytes.size()); }
    /// The next message; none until more has arrived. Frames that only keep alive are passed over.
    Result<std::optional<std::string>> next();

  private:
    std::string buffer_;
    std::size_t read_ = 0;
};

}  // namespace turntable::inline v0::kv::connect
