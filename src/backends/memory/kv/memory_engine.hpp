#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/kv/ordered_engine.hpp"

// An ordered map in which each key may have several versions: readers see the versions of the
// commit that they began at, and the one writer adds newer ones. Versions that nobody can see any
// more are dropped by the commits that follow, and by the reader that held them.
namespace turntable::inline v0::kv::memory {

/// The bytes of a key. Usual keys lie inside the node of the map, next to its links, so that a
/// step down the tree costs one cache line and not two.
class NodeKey {
  public:
    explicit NodeKey(std::string_view key) : size_(static_cast<std::uint32_t>(key.size())) {
        char* to = inside_.data();
        if (key.size() > inside_.size()) {
            to = new char[key.size()];
            std::memcpy(inside_.data(), static_cast<const void*>(&to), sizeof(to));
        }
        std::memcpy(to, key.data(), key.size());
    }
    NodeKey(const NodeKey&) = delete;
    NodeKey& operator=(const NodeKey&) = delete;
    ~NodeKey() {
        if (size_ > inside_.size()) {
            delete[] outside();
        }
    }
    std::string_view view() const noexcept {
        return {size_ > inside_.size() ? outside() : inside_.data(), size_};
    }

  private:
    const char* outside() const noexcept {
        const char* pointer = nullptr;
        std::memcpy(static_cast<void*>(&pointer), inside_.data(), sizeof(pointer));
        return pointer;
    }
    // Aligned, so that a checker of leaks sees the pointer in it.
    alignas(const char*) std::array<char, 36> inside_;
    std::uint32_t size_;
};

/// Orders keys by their bytes; finds without making a string.
struct KeyLess {
    using is_transparent = void;
    static std::string_view view(std::string_view key) noexcept { return key; }
    static std::string_view view(const NodeKey& key) noexcept { return key.view(); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
        return view(a) < view(b);
    }
};

/// One version of an entry and, behind it, the older ones.
struct Version {
    Record record;
    /// The commit (of this process, from 1) that made it.
    std::uint64_t commit = 0;
    bool removed = false;
    std::unique_ptr<Version> older;

    /// What a reader that began after `seen` commits sees; null: nothing.
    const Version* visible_at(std::uint64_t seen) const noexcept {
        const Version* version = this;
        while (version != nullptr && version->commit > seen) {
            version = version->older.get();
        }
        return version == nullptr || version->removed ? nullptr : version;
    }
};

using Entries = std::map<NodeKey, Version, KeyLess>;

class MemoryEngine;

/// The data; shared by all engines that were opened on one name.
class Database {
  public:
    /// None: removed.
    using Changes = std::map<std::string, std::optional<Record>, KeyLess>;

    std::optional<Record> get(std::string_view key, std::uint64_t seen) const;
    std::optional<Record> get_newest(std::string_view key) const;
    void scan(std::string_view start, std::string_view end, bool reverse, std::uint64_t seen,
              RecordVisitor visit) const;

    /// A state that a reader sees: what `commit` commits of this process have made of the data.
    struct State {
        std::uint64_t commit;
        std::uint64_t version;
    };
    /// Keeps everything visible that the newest commit sees; give it back with unpin().
    State pin();
    void unpin(std::uint64_t seen);

    std::mutex& writing() noexcept { return writing_; }
    // Only with writing() held.
    std::uint64_t newest_commit() const noexcept { return newest_commit_; }
    std::uint64_t last_version() const noexcept { return last_version_; }
    void apply(Changes& changes, std::uint64_t last_version);

    void attach(MemoryEngine* engine);
    void detach(MemoryEngine* engine);
    void tell_others(const MemoryEngine* except);

    /// Versions that are kept for readers only; for tests.
    std::size_t kept_versions() const;

  private:
    friend class MemoryEngine;
    struct Outdated {
        std::uint64_t commit;
        Entries::iterator entry;
    };
    static constexpr std::size_t rows_per_lock = 256;

    void apply_one(std::string_view key, std::optional<Record> record, std::uint64_t oldest_pin);
    void prune(std::uint64_t oldest_pin);
    std::uint64_t oldest_pin();

    mutable std::shared_mutex mutex_;
    Entries entries_;
    std::uint64_t newest_commit_ = 0;
    /// Entries with versions to drop once no pin is older than the commit, in commit order.
    std::deque<Outdated> outdated_;
    std::atomic<bool> has_outdated_{false};

    std::mutex writing_;
    std::uint64_t last_version_ = 0;

    std::mutex pins_mutex_;
    /// Commits that readers began at, unordered: few at a time.
    std::vector<std::uint64_t> pins_;

    std::mutex engines_mutex_;
    std::set<MemoryEngine*> engines_;
};

/// One state of the database, until destroyed.
class ReadTransaction {
  public:
    explicit ReadTransaction(std::shared_ptr<Database> database)
        : database_(std::move(database)), state_(database_->pin()) {}
    ReadTransaction(ReadTransaction&& other) noexcept
        : database_(std::move(other.database_)), state_(other.state_) {}
    ReadTransaction& operator=(ReadTransaction&&) = delete;
    ~ReadTransaction() {
        if (database_ != nullptr) {
            database_->unpin(state_.commit);
        }
    }

    Result<std::optional<Record>> get(ByteView key) {
        return database_->get(key.text(), state_.commit);
    }
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit) {
        database_->scan(start.text(), end.text(), reverse, state_.commit, visit);
        return {};
    }
    Result<std::uint64_t> last_version() const { return state_.version; }

  private:
    std::shared_ptr<Database> database_;
    Database::State state_;
};

/// Keeps its changes to itself until it commits.
class WriteTransaction {
  public:
    WriteTransaction(std::shared_ptr<Database> database, const MemoryEngine* engine)
        : database_(std::move(database)), lock_(database_->writing()), engine_(engine) {}

    Result<std::optional<Record>> get(ByteView key);
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit);
    Result<void> put(ByteView key, const Record& record);
    Result<void> remove(ByteView key);
    Result<void> commit();
    Result<std::uint64_t> last_version() {
        return last_version_.value_or(database_->last_version());
    }
    Result<void> set_last_version(std::uint64_t version) {
        last_version_ = version;
        return {};
    }

  private:
    std::shared_ptr<Database> database_;
    std::unique_lock<std::mutex> lock_;
    const MemoryEngine* engine_;
    Database::Changes changes_;
    std::optional<std::uint64_t> last_version_;
};

/// The memory engine as OrderedStore wants it.
class MemoryEngine {
  public:
    static constexpr bool has_snapshots = true;
    static constexpr bool commits_at_once = true;

    explicit MemoryEngine(std::shared_ptr<Database> database);
    MemoryEngine(const MemoryEngine&) = delete;
    MemoryEngine& operator=(const MemoryEngine&) = delete;
    ~MemoryEngine();

    Result<std::optional<Record>> get(ByteView key) { return database_->get_newest(key.text()); }
    Result<ReadTransaction> begin_read() { return ReadTransaction(database_); }
    Result<WriteTransaction> begin_write() { return WriteTransaction(database_, this); }
    void when_others_commit(UniqueFunction<void()> callback);

  private:
    friend class Database;
    std::shared_ptr<Database> database_;
    UniqueFunction<void()> others_committed_;
};

}  // namespace turntable::inline v0::kv::memory
