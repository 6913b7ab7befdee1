#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kv/transfer/content_sum.hpp"
#include "kv/transfer/crc64.hpp"
#include "turntable/kv/export.hpp"

namespace turntable::inline v0::kv::transfer {

/// Writes the export format: start, add for each entry in the order of keys, finish.
class ExportWriter {
  public:
    /// The sink must outlive this.
    explicit ExportWriter(const ExportSink& sink) noexcept : sink_(sink) {}

    Result<void> start(const ExportInfo& info);
    Result<void> add(const EntryView& entry);
    Result<void> finish();

    std::uint64_t content_checksum() const noexcept { return content_.value(); }

  private:
    Result<void> end_line();
    /// The checksum of all that was written so far.
    std::uint64_t checksum();
    Result<void> send();

    const ExportSink& sink_;
    std::string text_;
    std::size_t line_start_ = 0;
    /// How much of `text_` is in `crc_`.
    std::size_t summed_ = 0;
    Crc64 crc_;
    ContentSum content_;
    std::uint64_t entries_ = 0;
    std::uint64_t entries_checked_ = 0;
    std::size_t bytes_unchecked_ = 0;
};

}  // namespace turntable::inline v0::kv::transfer
