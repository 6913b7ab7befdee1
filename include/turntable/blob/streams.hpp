#pragma once

/// \file
/// Blobs as standard streams.
/// Purpose: for libraries that read from a std::istream or write to a std::ostream.
/// Ownership: a stream owns its reader or writer. Threads: one thread at a time.
/// Errors: a failure sets badbit; error() then says what it was.

#include <istream>
#include <memory>
#include <optional>
#include <ostream>

#include "turntable/blob/reader.hpp"
#include "turntable/blob/writer.hpp"

namespace turntable::inline v0::blob {

namespace detail {
class ReadBuffer;
class WriteBuffer;
}  // namespace detail

/// A blob to read from, which can be sought.
///
/// Purpose: `blob::InputStream in(*store.reader("a.csv")); std::getline(in, line);`.
/// Ownership: owns the reader. Threads: one thread at a time. Errors: badbit, and error().
class TURNTABLE_EXPORT InputStream : public std::istream {
  public:
    explicit InputStream(Reader reader);
    ~InputStream() override;

    /// What set badbit; nothing otherwise.
    const std::optional<Error>& error() const noexcept;

  private:
    std::unique_ptr<detail::ReadBuffer> buffer_;
};

/// A blob to write to.
///
/// Purpose: `blob::OutputStream out(*store.writer("a.csv")); out << row; out.finish();`. Without
/// finish() there is no blob: what is destroyed unfinished was aborted.
/// Ownership: owns the writer. Threads: one thread at a time. Errors: badbit, and error().
class TURNTABLE_EXPORT OutputStream : public std::ostream {
  public:
    explicit OutputStream(Writer writer);
    ~OutputStream() override;

    /// Makes the blob. Errors: also those of earlier writes.
    Result<Metadata> finish();
    /// What set badbit; nothing otherwise.
    const std::optional<Error>& error() const noexcept;

  private:
    std::unique_ptr<detail::WriteBuffer> buffer_;
};

}  // namespace turntable::inline v0::blob
