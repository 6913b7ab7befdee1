#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/kv/contract.hpp"
#include "turntable/kv/entry.hpp"
#include "turntable/kv/handle_state.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/options.hpp"
#include "turntable/kv/value.hpp"

namespace turntable::inline v0::kv {

/// Says "there is no such entry" in a check.
///
/// Purpose: `db.atomic().check("lock", kv::absent)`. Ownership, threads, errors: none.
struct Absent {};
inline constexpr Absent absent{};

namespace detail {

/// An atomic write under construction, with copies of all that it names.
/// Purpose: what both atomic builders collect into. Ownership: owns its bytes in one buffer.
/// Threads: one thread at a time. Errors: the first wrong argument is kept and given by `build`.
class TURNTABLE_EXPORT WriteBuffer {
  public:
    void check(ByteView key, std::optional<Versionstamp> versionstamp);
    void mutate(MutationKind kind, ByteView key, const ValueRef& data = {ByteView(), {}},
                std::optional<std::chrono::milliseconds> expire_in = {});
    void sum(ByteView key, const ValueRef& operand, const SumOptions& options);
    void enqueue(const ValueRef& value, const EnqueueOptions& options);

    /// The write; its views live until this object changes. Times count from `now_ms`.
    Result<AtomicWrite> build(std::int64_t now_ms);

    /// Whether there is nothing to write, checks apart.
    bool empty() const noexcept {
        return mutation_records_.empty() && enqueue_records_.empty() && !error_;
    }
    /// What the mutations collected so far make of one entry, in order.
    struct Overlay {
        /// Nothing changes the key.
        bool untouched = true;
        /// A set or a remove comes first, so what is stored does not matter.
        bool replaced = false;
    };
    Overlay overlay(ByteView key);
    /// The entry that they leave, from the stored one; without a versionstamp. Errors: of the
    /// mutations, see plan().
    Result<std::optional<Entry>> applied(ByteView key, const std::optional<Entry>& stored,
                                         std::int64_t now_ms);

  private:
    struct Piece {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    struct MutationRecord {
        MutationKind kind;
        ValueEncoding encoding;
        bool clamp = false;
        Piece key;
        Piece data;
        Piece sum_min;
        Piece sum_max;
        std::optional<std::chrono::milliseconds> expire_in;
    };
    struct CheckRecord {
        Piece key;
        std::optional<Versionstamp> versionstamp;
    };
    struct EnqueueRecord {
        Piece payload;
        std::chrono::milliseconds delay;
        std::vector<Piece> keys;
        std::optional<std::vector<std::uint32_t>> backoff_ms;
    };

    Piece store(ByteView bytes);
    ByteView view(Piece piece) const noexcept;
    Result<Mutation> mutation(const MutationRecord& record, std::int64_t now_ms) const;
    /// The records that change `key`; valid until the next call.
    std::span<const std::uint32_t> records_of(ByteView key);
    void refuse(Error error);
    void check_key(ByteView key);

    std::string bytes_;
    std::vector<CheckRecord> check_records_;
    std::vector<MutationRecord> mutation_records_;
    std::vector<EnqueueRecord> enqueue_records_;
    std::optional<Error> error_;
    // Which records change a key: by comparing while they are few, then by this.
    std::unordered_map<std::string, std::vector<std::uint32_t>> records_by_key_;
    std::uint32_t indexed_ = 0;
    std::vector<std::uint32_t> found_;
    // What the last build made.
    std::vector<Check> checks_;
    std::vector<Mutation> mutations_;
    std::vector<std::vector<ByteView>> undelivered_;
    std::vector<Enqueue> enqueues_;
};

/// The verbs that change something, shared by atomic writes and transactions. Derived gives the
/// WriteBuffer that they collect into by `write_buffer()`.
template <class Derived>
class WriteVerbs {
  public:
    Derived& set(const KeyRef& key, const ValueRef& value, const SetOptions& options = {}) {
        self().write_buffer().mutate(MutationKind::set, key.encoded(), value, options.expire_in);
        return self();
    }
    /// Sets a key that gets the versionstamp of this commit as one more part, as text: unique, and
    /// in commit order.
    Derived& set_versionstamped(const KeyRef& prefix, const ValueRef& value,
                                const SetOptions& options = {}) {
        self().write_buffer().mutate(MutationKind::set_suffix_versionstamped_key, prefix.encoded(),
                                     value, options.expire_in);
        return self();
    }
    Derived& remove(const KeyRef& key) {
        self().write_buffer().mutate(MutationKind::remove, key.encoded());
        return self();
    }
    /// Adds to a counter (kv::Value::u64), modulo 2^64; an absent key counts as zero.
    Derived& sum(const KeyRef& key, std::uint64_t amount) { return sum(key, Value::u64(amount)); }
    /// Adds a counter, or a JavaScript number or bigint with optional bounds.
    Derived& sum(const KeyRef& key, const Value& operand, const SumOptions& options = {}) {
        self().write_buffer().sum(key.encoded(), operand, options);
        return self();
    }
    /// Lowers a counter to `bound` unless it is lower; an absent key becomes `bound`.
    Derived& min(const KeyRef& key, std::uint64_t bound) {
        self().write_buffer().mutate(MutationKind::min, key.encoded(), Value::u64(bound));
        return self();
    }
    /// Raises a counter to `bound` unless it is higher; an absent key becomes `bound`.
    Derived& max(const KeyRef& key, std::uint64_t bound) {
        self().write_buffer().mutate(MutationKind::max, key.encoded(), Value::u64(bound));
        return self();
    }
    /// Lets an entry expire this long after the commit, whatever was said before; nothing: never.
    /// The value stays as it is, an absent key stays absent.
    Derived& set_expiry(const KeyRef& key, std::optional<std::chrono::milliseconds> in) {
        self().write_buffer().mutate(MutationKind::set_expiry, key.encoded(), {ByteView(), {}}, in);
        return self();
    }
    /// Puts a message into the queue; see BasicDatabase::enqueue.
    Derived& enqueue(const ValueRef& value, const EnqueueOptions& options = {}) {
        self().write_buffer().enqueue(value, options);
        return self();
    }

  private:
    Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

/// The verbs of an atomic write, shared by the blocking and the awaited builder.
template <class Derived>
class AtomicVerbs : public WriteVerbs<Derived> {
  public:
    /// Commit only if the entry is still the one with this versionstamp.
    Derived& check(const KeyRef& key, const Versionstamp& versionstamp) {
        buffer_.check(key.encoded(), versionstamp);
        return self();
    }
    /// Commit only if there is no such entry.
    Derived& check(const KeyRef& key, Absent) {
        buffer_.check(key.encoded(), std::nullopt);
        return self();
    }
    /// Commit only if the entry is still as a `get` gave it, be that an entry or none.
    Derived& check(const KeyRef& key, const std::optional<Entry>& as_read) {
        buffer_.check(key.encoded(), as_read ? std::optional(as_read->versionstamp) : std::nullopt);
        return self();
    }

  protected:
    AtomicVerbs() = default;
    WriteBuffer buffer_;

  private:
    friend class WriteVerbs<Derived>;
    WriteBuffer& write_buffer() noexcept { return buffer_; }
    Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

}  // namespace detail

/// Several changes that happen together or not at all, under checks.
///
/// Purpose: `db.atomic().check("a", a).set("a", "1").set("b", "2").commit()`. Checks come first,
/// whatever the order of the calls; changes apply in the order of the calls.
/// Ownership: copies keys and values, so it may outlive the arguments; keeps the database open.
/// Threads: one thread at a time. May be committed again; each commit is a write of its own.
/// Errors: a wrong argument is told by commit. A failed check is no error: see CommitResult.
template <Backend B>
class [[nodiscard]] BasicAtomic : public detail::AtomicVerbs<BasicAtomic<B>> {
  public:
    explicit BasicAtomic(std::shared_ptr<detail::DatabaseState<B>> state) noexcept
        : state_(std::move(state)) {}

    /// Tells whether it committed and, if not, which checks failed (by their order, from 0).
    Result<CommitResult> commit(const CallOptions& call = {}) {
        const turntable::detail::HandleCore& core = state_->core;
        Result<AtomicWrite> write = this->buffer_.build(core.now_ms());
        if (!write) {
            return detail::named(Result<CommitResult>(std::move(write).error()), "commit", core);
        }
        return detail::named(
            state_->backend.atomic_write(call.context(*core.runtime, true), *write).wait(),
            "commit", core);
    }

  private:
    std::shared_ptr<detail::DatabaseState<B>> state_;
};

}  // namespace turntable::inline v0::kv
