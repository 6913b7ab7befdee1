#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Texts as the words that the index of texts knows: docs/formats/tape-sqlite.md, "Texts".
namespace turntable::inline v0::tape::sqlite {

/// Gathers each three bytes that follow one another in some text, once.
class Grams {
  public:
    Grams();
    /// Three bytes never reach from one text into the next.
    void add(std::string_view text);
    /// Bytes of the texts so far.
    std::uint64_t bytes() const noexcept { return bytes_; }
    /// The words, with a blank between; begins anew.
    std::string take();

  private:
    std::vector<std::uint64_t> known_;
    std::vector<std::uint32_t> found_;
    std::uint64_t bytes_ = 0;
};

/// What FTS5 is asked for: whatever holds the text has all these words. Empty for a text that is
/// too short to have any.
std::string gram_query(std::string_view text);

}  // namespace turntable::inline v0::tape::sqlite
