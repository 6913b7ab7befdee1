#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

class Selector;

/// Every entry.
TURNTABLE_EXPORT Selector everything();
/// The entries whose keys have the parts of `key` and at least one more.
TURNTABLE_EXPORT Selector prefix(Key key);
/// The entries whose first key part is text that starts with `text`: for plain string keys such as
/// "users:42". The empty text selects every key that starts with a part of text.
TURNTABLE_EXPORT Selector text_prefix(std::string_view text);
/// The entries with start <= key < end.
TURNTABLE_EXPORT Selector range(Key start, Key end);

/// Which entries a list, a count or a removal is about.
///
/// Purpose: `db.list(kv::prefix("users"))`, `db.list(kv::prefix("log").from({"log", 2024}))`,
/// `db.list(kv::range("a", "n"))`. The ranges are those of Deno KV: a prefix selects the keys that
/// have its parts and at least one more; a start is included, an end is not.
/// Ownership: owns its keys.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: found when it is used: `invalid_argument` for a start or end outside the prefix, a start
/// after the end, both a start and an end beside a prefix, or a key with no encoding.
class [[nodiscard]] TURNTABLE_EXPORT Selector {
  public:
    /// With a prefix: begin at `start`, which must extend the prefix.
    Selector from(Key start) && {
        start_ = std::move(start);
        return std::move(*this);
    }
    /// With a prefix: stop before `end`, which must extend the prefix.
    Selector until(Key end) && {
        end_ = std::move(end);
        return std::move(*this);
    }

    /// The encoded range.
    Result<KeyRange> range() const;
    /// The bytes that all selected keys share, which cursors leave out.
    ByteView common_prefix() const;
    /// The bounds that were named, for the checks of cursors.
    const std::optional<Key>& start() const noexcept { return start_; }
    const std::optional<Key>& end() const noexcept { return end_; }

    friend Selector everything();
    friend Selector prefix(Key key);
    friend Selector text_prefix(std::string_view text);
    friend Selector range(Key start, Key end);

  private:
    Selector() = default;

    /// Nothing: a range between start and end, or of plain text keys.
    std::optional<Key> prefix_;
    std::optional<Key> start_;
    std::optional<Key> end_;
    /// Of a text prefix, encoded.
    std::optional<KeyRange> text_range_;
};

}  // namespace turntable::inline v0::kv
