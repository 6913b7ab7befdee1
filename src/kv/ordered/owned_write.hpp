#pragma once

#include <memory>
#include <vector>

#include "turntable/kv/contract.hpp"

namespace turntable::inline v0::kv::detail {

/// A copy of an atomic write with everything it names: one buffer for all bytes.
class OwnedWrite {
  public:
    explicit OwnedWrite(const AtomicWrite& write);
    const AtomicWrite& view() const noexcept { return view_; }
    std::size_t owned_bytes() const noexcept { return bytes_; }

  private:
    std::size_t bytes_ = 0;
    std::unique_ptr<char[]> buffer_;
    std::vector<Check> checks_;
    std::vector<Mutation> mutations_;
    std::vector<Enqueue> enqueues_;
    std::vector<std::vector<ByteView>> keys_;
    std::vector<std::vector<std::uint32_t>> backoffs_;
    AtomicWrite view_;
};

}  // namespace turntable::inline v0::kv::detail
