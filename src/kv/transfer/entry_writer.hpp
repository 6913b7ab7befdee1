#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv::transfer {

/// Gathers changes into writes as large as the target takes, and keeps some of them under way.
/// What is put is borrowed until `flush`. Destroyed, it waits for what is under way.
class EntryWriter {
  public:
    explicit EntryWriter(const Database& target);
    EntryWriter(const EntryWriter&) = delete;
    EntryWriter& operator=(const EntryWriter&) = delete;
    ~EntryWriter();

    Result<void> put(const EntryView& entry);
    Result<void> remove(ByteView key);
    /// Submits what was gathered, if anything; waits only while too much is under way.
    Result<void> flush();
    /// Waits until everything that was submitted is committed.
    Result<void> drain();

  private:
    Result<void> make_room(std::size_t key_bytes, std::size_t data_bytes);
    Result<void> wait_for_oldest();

    const Database& target_;
    const Limits limits_;
    std::vector<Mutation> mutations_;
    std::deque<std::string> removed_;  // keys of mutations, which stay where they are
    std::size_t bytes_ = 0;
    std::size_t key_bytes_ = 0;
    std::deque<Async<CommitResult>> pending_;
};

}  // namespace turntable::inline v0::kv::transfer
