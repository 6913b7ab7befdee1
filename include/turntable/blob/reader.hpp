#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "turntable/blob/backend.hpp"
#include "turntable/core/call_options.hpp"
#include "turntable/core/handle_core.hpp"

namespace turntable::inline v0::blob {

/// How a reader asks its backend.
///
/// Purpose: fewer and larger requests than the program makes. Ownership, threads: a value.
/// Errors: a chunk of zero bytes is `invalid_argument`.
struct ReaderOptions {
    /// What is asked for at a time. Larger reads are made as they are.
    std::size_t chunk_bytes = 256 * 1024;
    /// Asks for the next chunk on the pool, while the program works on this one. Worth it where
    /// the store is far away; a local one is as fast without.
    bool read_ahead = false;
    Conditions conditions = {};
};

/// One blob, read from any position.
///
/// Purpose: content that is too large to hold, or of which parts are wanted. It reads the version
/// that was there when it was opened, if capabilities().read_one_version.
/// Ownership: keeps the store open. What it gives owns its bytes.
/// Threads: one thread at a time. Errors: those of the backend; after one, a read may be repeated.
class [[nodiscard]] TURNTABLE_EXPORT Reader {
  public:
    Reader(std::shared_ptr<const turntable::detail::HandleCore> core, ReadHandle source,
           const ReaderOptions& options);
    Reader(Reader&&) noexcept = default;
    Reader& operator=(Reader&&) noexcept = default;
    ~Reader();

    const Metadata& metadata() const noexcept { return source_->metadata(); }
    std::uint64_t size_bytes() const noexcept { return metadata().size_bytes; }

    /// The next bytes, at most `count`; fewer only at the end, where it gives none.
    Result<Bytes> read(std::size_t count, const CallOptions& call = {});
    /// The next bytes, as many as come without waiting further; none at the end.
    Result<Bytes> read_some(const CallOptions& call = {});
    /// Bytes from a position, without moving the reader.
    Result<Bytes> read_at(std::uint64_t offset, std::size_t count, const CallOptions& call = {});
    /// Where `read` goes on. Beyond the end there is nothing to read.
    void seek(std::uint64_t offset) noexcept { position_ = offset; }
    std::uint64_t position() const noexcept { return position_; }

  private:
    struct Chunk {
        std::uint64_t offset = 0;
        Bytes bytes = {};
        bool holds(std::uint64_t position) const noexcept {
            return position >= offset && position - offset < bytes.size();
        }
    };
    Context context(const CallOptions& call) const;
    Result<void> load(const CallOptions& call);
    void ask_ahead();

    std::shared_ptr<const turntable::detail::HandleCore> core_;
    ReadHandle source_;
    std::size_t chunk_bytes_;
    bool read_ahead_;
    std::uint64_t position_ = 0;
    Chunk chunk_;
    std::uint64_t ahead_offset_ = 0;
    std::optional<Async<Bytes>> ahead_;  // before source_ ends, so declared after it
};

}  // namespace turntable::inline v0::blob
