#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::mcp {

/// Cuts a stream of bytes into its lines, whatever pieces it comes in.
///
/// Purpose: on stdio a message of MCP is a line (MCP specification, "Transports", stdio). Of a line
/// that is longer than `line_bytes_max` only the first bytes are given, with how many it had.
/// Ownership: keeps the beginning of the current line. Threads: one at a time. Errors: none.
class TURNTABLE_EXPORT LineSplitter {
  public:
    explicit LineSplitter(std::uint64_t line_bytes_max) noexcept : max_(line_bytes_max) {}

    /// Calls `take(line, whole_bytes)` for each line that ends in these bytes; `line` has its line
    /// feed unless it was cut, and lives during the call.
    template <class F>
    void feed(ByteView bytes, F&& take) {
        while (!bytes.empty()) {
            const std::size_t end = bytes.text().find('\n');
            if (end == std::string_view::npos) {
                keep(bytes);
                return;
            }
            const ByteView line = bytes.substr(0, end + 1);
            bytes = bytes.substr(end + 1);
            if (whole_ == 0 && line.size() <= max_) {
                take(line, line.size());  // all in one piece, as usual
            } else {
                keep(line);
                give(take);
            }
        }
    }
    /// The stream has ended: gives what follows the last line feed.
    template <class F>
    void end(F&& take) {
        if (whole_ > 0) {
            give(take);
        }
    }

  private:
    void keep(ByteView bytes) {
        whole_ += bytes.size();
        kept_.append(bytes.substr(0, max_ - kept_.size()).text());
    }
    template <class F>
    void give(F& take) {
        take(ByteView(kept_), whole_);
        kept_.clear();
        whole_ = 0;
    }

    std::uint64_t max_;
    std::uint64_t whole_ = 0;
    std::string kept_;
};

}  // namespace turntable::inline v0::mcp
