#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kv/codec/json_tree.hpp"
#include "kv/transfer/content_sum.hpp"
#include "kv/transfer/crc64.hpp"
#include "turntable/kv/export.hpp"

namespace turntable::inline v0::kv::transfer {

/// The lines of a source, each with its number from 1 and without its line feed.
class LineReader {
  public:
    /// The source must outlive this.
    explicit LineReader(const ExportSource& source) noexcept : source_(source) {}

    /// The next line, valid until the call after; none at the end of the source. Errors: of the
    /// source; `corrupt` for a line without an end.
    Result<std::optional<std::string_view>> next();
    std::uint64_t line() const noexcept { return line_; }

  private:
    const ExportSource& source_;
    std::string buffer_;
    std::size_t start_ = 0;  // of the next line in the buffer
    std::size_t searched_ = 0;  // no line feed before
    std::uint64_t line_ = 0;
};

/// Reads the export format and checks all of it. Entries are handed on block by block, each after
/// the checksum over it held.
class ExportReader {
  public:
    /// The source must outlive this.
    explicit ExportReader(const ExportSource& source) noexcept : lines_(source) {}

    /// Reads the first line; then everything of info() is known but for the number of entries and
    /// the checksum, which are there at the end.
    Result<void> start();
    /// The next entries; an empty block is the end.
    Result<EntryBatch> next();
    const ExportInfo& info() const noexcept { return info_; }

  private:
    Result<codec::JsonTree> next_object();
    Result<void> read_header(const codec::JsonTree& tree);
    Result<void> read_entry(const codec::JsonObject& members, EntryBatch& block);
    Result<void> read_check(const codec::JsonTree& check, std::uint64_t sum);
    Result<void> read_end(const codec::JsonTree& end, std::uint64_t sum);
    Error damaged(std::string_view what) const;

    LineReader lines_;
    ExportInfo info_;
    Crc64 crc_;
    /// Of everything above the line that was read last.
    std::uint64_t sum_above_ = 0;
    ContentSum content_;
    std::uint64_t line_bytes_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t line_checked_ = 1;
    std::string last_key_;
    bool ended_ = false;
};

}  // namespace turntable::inline v0::kv::transfer
