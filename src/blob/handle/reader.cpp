#include "turntable/blob/reader.hpp"

#include <algorithm>
#include <string>

namespace turntable::inline v0::blob {

Reader::Reader(std::shared_ptr<const turntable::detail::HandleCore> core, ReadHandle source,
               const ReaderOptions& options)
    : core_(std::move(core)),
      source_(std::move(source)),
      chunk_bytes_(options.chunk_bytes),
      read_ahead_(options.read_ahead) {}

Reader::~Reader() = default;

Context Reader::context(const CallOptions& call) const {
    return call.context(*core_->runtime, true);
}

Result<Bytes> Reader::read_at(std::uint64_t offset, std::size_t count, const CallOptions& call) {
    if (chunk_.holds(offset) && chunk_.bytes.size() - (offset - chunk_.offset) >= count) {
        return chunk_.bytes.slice(offset - chunk_.offset, count);
    }
    const std::uint64_t before = std::exchange(position_, offset);
    Result<Bytes> bytes = read(count, call);
    position_ = before;
    return bytes;
}

Result<Bytes> Reader::read(std::size_t count, const CallOptions& call) {
    std::string gathered;
    Bytes first;
    while (count > 0) {
        // A large read goes to the caller as it is; what is left of it need not be kept.
        const bool direct = !read_ahead_ && count >= chunk_bytes_ && !chunk_.holds(position_);
        Result<Bytes> piece =
            direct ? detail::named(source_->read(context(call), position_, count).wait(), "read",
                                   *core_)
                   : read_some(call);
        if (!piece) {
            return piece;
        }
        if (piece->empty()) {
            break;
        }
        if (piece->size() > count) {  // goes on there next time
            position_ -= piece->size() - count;
            *piece = piece->slice(0, count);
        }
        if (direct) {
            position_ += piece->size();
        }
        count -= piece->size();
        if (first.empty() && gathered.empty()) {
            first = *std::move(piece);
        } else {
            gathered.append(std::exchange(first, {}).text()).append(piece->text());
        }
    }
    return gathered.empty() ? std::move(first) : Bytes::take(std::move(gathered));
}

Result<Bytes> Reader::read_some(const CallOptions& call) {
    if (!chunk_.holds(position_)) {
        TURNTABLE_CHECK(load(call));
    }
    if (!chunk_.holds(position_)) {
        return Bytes();
    }
    Bytes rest = chunk_.bytes.slice(position_ - chunk_.offset);
    position_ += rest.size();
    return rest;
}

/// Gets the chunk at the position. A request that was made ahead for another place is waited for:
/// a source takes one at a time.
Result<void> Reader::load(const CallOptions& call) {
    Result<Bytes> bytes = Bytes();
    bool here = false;
    if (ahead_) {
        bytes = std::move(*ahead_).wait();
        ahead_.reset();
        here = ahead_offset_ == position_;
    }
    if (!here) {
        bytes = source_->read(context(call), position_, chunk_bytes_).wait();
    }
    if (!bytes) {
        return detail::named(Result<void>(std::move(bytes).error()), "read", *core_);
    }
    chunk_ = {position_, *std::move(bytes)};
    ask_ahead();
    return {};
}

void Reader::ask_ahead() {
    ahead_offset_ = chunk_.offset + chunk_.bytes.size();
    if (read_ahead_ && !chunk_.bytes.empty() && ahead_offset_ < size_bytes()) {
        ahead_.emplace(source_->read({}, ahead_offset_, chunk_bytes_));
    }
}

}  // namespace turntable::inline v0::blob
