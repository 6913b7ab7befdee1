#include "turntable/blob/streams.hpp"

#include <array>
#include <streambuf>
#include <utility>

namespace turntable::inline v0::blob {

namespace detail {

/// Shows the bytes that the reader gave, without copying them.
class ReadBuffer final : public std::streambuf {
  public:
    explicit ReadBuffer(Reader reader) : reader_(std::move(reader)) {}
    const std::optional<Error>& error() const noexcept { return error_; }

  protected:
    int_type underflow() override {
        Result<Bytes> next = reader_.read_some();
        if (!next) {
            error_ = std::move(next).error();
            // A stream turns what its buffer throws into badbit, and lets nothing out.
            throw std::ios_base::failure(error_->to_string());
        }
        chunk_ = *std::move(next);
        show(chunk_);
        return chunk_.empty() ? traits_type::eof() : traits_type::to_int_type(*gptr());
    }
    pos_type seekoff(off_type offset, std::ios_base::seekdir direction,
                     std::ios_base::openmode which) override {
        off_type from = 0;
        if (direction == std::ios_base::cur) {
            from = static_cast<off_type>(reader_.position()) - (egptr() - gptr());
        } else if (direction == std::ios_base::end) {
            from = static_cast<off_type>(reader_.size_bytes());
        }
        return seekpos(from + offset, which);
    }
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override {
        const off_type target = position;
        if ((which & std::ios_base::in) == 0 || target < 0 ||
            target > static_cast<off_type>(reader_.size_bytes())) {
            return pos_type(off_type(-1));
        }
        reader_.seek(static_cast<std::uint64_t>(target));
        show({});
        return position;
    }

  private:
    /// A get area is of mutable characters, which a buffer that only reads leaves as they are.
    void show(ByteView bytes) {
        char* begin = const_cast<char*>(bytes.data());
        setg(begin, begin, begin + bytes.size());
    }

    Reader reader_;
    Bytes chunk_;
    std::optional<Error> error_;
};

/// Gathers small writes.
class WriteBuffer final : public std::streambuf {
  public:
    explicit WriteBuffer(Writer writer) : writer_(std::move(writer)) { forget(); }
    const std::optional<Error>& error() const noexcept { return error_; }

    Result<Metadata> finish() {
        if (!flush()) {
            return *error_;
        }
        Result<Metadata> made = writer_.finish();
        if (!made) {
            error_ = made.error();
        }
        return made;
    }

  protected:
    int_type overflow(int_type c) override {
        if (!flush()) {
            return traits_type::eof();
        }
        if (!traits_type::eq_int_type(c, traits_type::eof())) {
            *pptr() = traits_type::to_char_type(c);
            pbump(1);
        }
        return traits_type::not_eof(c);
    }
    int sync() override { return flush() ? 0 : -1; }

  private:
    void forget() { setp(gathered_.data(), gathered_.data() + gathered_.size()); }
    bool flush() {
        if (error_) {
            return false;
        }
        const ByteView bytes(pbase(), static_cast<std::size_t>(pptr() - pbase()));
        Result<void> written = bytes.empty() ? Result<void>() : writer_.write(bytes);
        forget();
        if (!written) {
            error_ = std::move(written).error();
        }
        return !error_;
    }

    Writer writer_;
    std::array<char, 16'384> gathered_;
    std::optional<Error> error_;
};

}  // namespace detail

InputStream::InputStream(Reader reader)
    : std::istream(nullptr), buffer_(std::make_unique<detail::ReadBuffer>(std::move(reader))) {
    rdbuf(buffer_.get());
}
InputStream::~InputStream() = default;
const std::optional<Error>& InputStream::error() const noexcept { return buffer_->error(); }

OutputStream::OutputStream(Writer writer)
    : std::ostream(nullptr), buffer_(std::make_unique<detail::WriteBuffer>(std::move(writer))) {
    rdbuf(buffer_.get());
}
OutputStream::~OutputStream() = default;
const std::optional<Error>& OutputStream::error() const noexcept { return buffer_->error(); }

Result<Metadata> OutputStream::finish() {
    Result<Metadata> made = buffer_->finish();
    if (!made) {
        setstate(std::ios_base::badbit);
    }
    return made;
}

}  // namespace turntable::inline v0::blob
