#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// A Source over something that is read in larger pieces than a Reader asks for.
namespace turntable::inline v0::tape {

class TURNTABLE_EXPORT ChunkedSource final : public Source {
  public:
    using Size = std::function<Result<std::uint64_t>()>;
    /// At most so many bytes from an offset; none at the end.
    using Fetch = std::function<Result<Bytes>(std::uint64_t offset, std::uint64_t count)>;

    ChunkedSource(Size size, Fetch fetch) : size_(std::move(size)), fetch_(std::move(fetch)) {}

    Result<std::uint64_t> size() override { return size_(); }
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override;

  private:
    Size size_;
    Fetch fetch_;
    std::uint64_t chunk_offset_ = 0;
    Bytes chunk_;
};

/// Passes calls on to a source that somebody else owns too.
class SharedSource final : public Source {
  public:
    explicit SharedSource(std::shared_ptr<Source> source) : source_(std::move(source)) {}
    Result<std::uint64_t> size() override { return source_->size(); }
    Result<std::size_t> read(std::uint64_t offset, char* buffer, std::size_t size) override {
        return source_->read(offset, buffer, size);
    }

  private:
    std::shared_ptr<Source> source_;
};

}  // namespace turntable::inline v0::tape
