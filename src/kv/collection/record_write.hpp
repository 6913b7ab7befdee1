#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/collection/record_store.hpp"

namespace turntable::inline v0::kv::detail {

/// An atomic write that knows what each of its checks means.
class RecordWrite {
  public:
    enum class CheckKind : std::uint8_t {
        state,  ///< the description that this write follows still holds
        read,  ///< something that was read is unchanged
        absent,  ///< there is no record with this primary key
        unique,  ///< no other record has these values
    };
    struct Meaning {
        CheckKind kind;
        const KnownIndex* index = nullptr;
    };

    explicit RecordWrite(const Database& database)
        : atomic_(database.atomic()), limits_(database.capabilities().limits) {}

    void check(ByteView key, std::optional<Versionstamp> as_read, Meaning meaning) {
        if (as_read) {
            atomic_.check(KeyRef::from_encoded(key), *as_read);
        } else {
            atomic_.check(KeyRef::from_encoded(key), absent);
        }
        checks_.push_back(meaning);
    }
    void set(ByteView key, const ValueRef& value) {
        atomic_.set(KeyRef::from_encoded(key), value);
        ++mutations_;
    }
    void remove(ByteView key) {
        atomic_.remove(KeyRef::from_encoded(key));
        ++mutations_;
    }
    /// Removes the entry of a record.
    Result<void> remove_entry(const Database& database, const KnownIndex& index,
                              const IndexEntry& entry, ByteView primary_part,
                              const CallOptions& call) {
        if (!entry.exclusive || index.ready) {
            remove(entry.key);
            return {};
        }
        // While a unique index is built, the entry may be that of another record with this value.
        TURNTABLE_TRY(const std::optional<Entry> found,
                      database.get(KeyRef::from_encoded(entry.key), call));
        check(entry.key, found ? std::optional(found->versionstamp) : std::nullopt,
              {CheckKind::read});
        if (found && found->value.data() == primary_part) {
            remove(entry.key);
        }
        return {};
    }
    void count_up(ByteView key) {
        atomic_.sum(KeyRef::from_encoded(key), 1);
        ++mutations_;
    }

    /// Refuses an entry of an index that is too long for a key of the database.
    Result<void> check_size(const IndexEntry& entry, const KnownIndex& index) const {
        if (entry.key.size() <= limits_.key_bytes) {
            return {};
        }
        return Error(ErrorCode::limit_exceeded,
                     "the values of index " + index.name + " make a key of " +
                         std::to_string(entry.key.size()) + " bytes; the limit is " +
                         std::to_string(limits_.key_bytes))
            .with("index", index.name);
    }
    /// Refuses more than one atomic write takes.
    Result<void> check_count() const {
        if (checks_.size() <= limits_.checks && mutations_ <= limits_.mutations) {
            return {};
        }
        return Error(ErrorCode::limit_exceeded,
                     "this takes " + std::to_string(checks_.size()) + " checks and " +
                         std::to_string(mutations_) + " changes at once; the database takes " +
                         std::to_string(limits_.checks) + " and " +
                         std::to_string(limits_.mutations) +
                         ": remove the records that refer to this one first, a part at a time");
    }

    Result<CommitResult> commit(const CallOptions& call) { return atomic_.commit(call); }
    const std::vector<Meaning>& checks() const noexcept { return checks_; }

  private:
    Database::Atomic atomic_;
    Limits limits_;
    std::vector<Meaning> checks_;
    std::size_t mutations_ = 0;
};

/// What became of one try to write: committed, nothing to do, or overtaken by another writer.
struct RecordStore::Attempt {
    enum class Outcome : std::uint8_t { committed, nothing, overtaken };
    Outcome outcome = Outcome::overtaken;
    Versionstamp versionstamp = {};
};

/// Gathers what goes when a record goes: its entries, and the records that refer to it.
class Removal {
  public:
    Removal(RecordWrite& write, const CallOptions& call) : write_(write), call_(call) {}

    /// Adds a record and what follows it; false if it is not there.
    Result<bool> add(const RecordStore& store, std::string primary_part,
                     const std::optional<Versionstamp>& expected);

  private:
    struct Gone {
        const RecordStore* store;
        std::string primary_part;
    };

    Result<bool> add_one(const RecordStore& store, const std::string& primary_part,
                         const std::optional<Versionstamp>& expected);
    void check_state(const RecordStore& store);
    Result<void> follow(const Gone& gone);
    Result<void> follow_link(const Gone& gone, const Backlink& link);
    Result<void> add_child(const RecordStore& children, const Backlink& link,
                           const std::string& primary_part);
    Result<const RecordStore*> open(const RecordStore& like, const std::string& name);

    RecordWrite& write_;
    const CallOptions& call_;
    std::set<std::string> gone_;
    std::vector<Gone> pending_;
    std::map<std::string, std::shared_ptr<RecordStore>> stores_;
    std::set<std::string> checked_states_;
};

}  // namespace turntable::inline v0::kv::detail
