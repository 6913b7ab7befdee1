#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "turntable/kv/ordered_engine.hpp"

// The smallest engine: a copied map and the six calls, so that OrderedStore has to make all the
// rest of reserved keys. It fails when told to.
namespace turntable::test {

using kv::Record;
using kv::RecordVisitor;
using Map = std::map<std::string, Record, std::less<>>;

/// What the engines of one "file" share, and the script of their failures.
struct MapFile {
    std::mutex mutex;
    std::condition_variable committed;
    std::shared_ptr<const Map> map = std::make_shared<Map>();
    std::size_t commits = 0;
    std::size_t writes_begun = 0;
    /// Held by a write transaction, as a file's lock is.
    std::mutex writing;

    // The script. A put of this key fails.
    std::string bad_key;
    /// Errors of the next commits, and whether a commit_unknown happened after all.
    std::vector<Error> commit_errors;
    bool unknown_commits_happen = false;
    std::optional<Error> begin_error;
    /// Runs when a key is put.
    std::function<void(ByteView)> on_put;
    /// Runs inside each commit, before it.
    std::function<void()> before_commit;

    std::shared_ptr<const Map> snapshot() {
        const std::scoped_lock guard(mutex);
        return map;
    }
    /// Blocks until a commit has made it true.
    void wait_until(const std::function<bool(const Map&)>& is_so) {
        std::unique_lock lock(mutex);
        committed.wait(lock, [&] { return is_so(*map); });
    }
    std::size_t count_commits() {
        const std::scoped_lock guard(mutex);
        return commits;
    }
};

inline void scan_map(const Map& map, ByteView start, ByteView end, bool reverse,
                     RecordVisitor visit) {
    if (start >= end) {
        return;
    }
    auto first = map.lower_bound(start.text());
    auto last = map.lower_bound(end.text());
    while (first != last) {
        const auto at = reverse ? --last : first++;
        if (!visit(at->first, at->second)) {
            return;
        }
    }
}

inline std::optional<Record> get_from(const Map& map, ByteView key) {
    const auto found = map.find(key.text());
    return found == map.end() ? std::nullopt : std::optional(found->second);
}

class MapReader {
  public:
    explicit MapReader(std::shared_ptr<const Map> map) : map_(std::move(map)) {}
    Result<std::optional<Record>> get(ByteView key) { return get_from(*map_, key); }
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit) {
        scan_map(*map_, start, end, reverse, visit);
        return {};
    }

  private:
    std::shared_ptr<const Map> map_;
};

class MapWriter {
  public:
    explicit MapWriter(MapFile& file) : file_(&file), lock_(file.writing), map_(*file.snapshot()) {}
    Result<std::optional<Record>> get(ByteView key) { return get_from(map_, key); }
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit) {
        scan_map(map_, start, end, reverse, visit);
        return {};
    }
    Result<void> put(ByteView key, const Record& record) {
        if (!file_->bad_key.empty() && key.text() == file_->bad_key) {
            return Error(ErrorCode::no_space, "the script says that this key fails");
        }
        if (file_->on_put) {
            file_->on_put(key);
        }
        Record owned = record;
        owned.data = Bytes::copy(record.data);
        map_.insert_or_assign(key.to_string(), owned);
        return {};
    }
    Result<void> remove(ByteView key) {
        map_.erase(key.to_string());
        return {};
    }
    Result<void> commit() {
        if (file_->before_commit) {
            file_->before_commit();
        }
        const std::scoped_lock guard(file_->mutex);
        if (!file_->commit_errors.empty()) {
            Error error = file_->commit_errors.front();
            file_->commit_errors.erase(file_->commit_errors.begin());
            if (error.code() == ErrorCode::commit_unknown && file_->unknown_commits_happen) {
                publish();
            }
            return error;
        }
        publish();
        return {};
    }

  private:
    void publish() {
        file_->map = std::make_shared<const Map>(std::move(map_));
        ++file_->commits;
        file_->committed.notify_all();
    }

    MapFile* file_;
    std::unique_lock<std::mutex> lock_;
    Map map_;
};

class MapEngine {
  public:
    explicit MapEngine(std::shared_ptr<MapFile> file) : file_(std::move(file)) {}
    Result<MapReader> begin_read() { return MapReader(file_->snapshot()); }
    Result<MapWriter> begin_write() {
        {
            const std::scoped_lock guard(file_->mutex);
            ++file_->writes_begun;
            if (file_->begin_error) {
                return *file_->begin_error;
            }
        }
        return MapWriter(*file_);
    }

  protected:
    std::shared_ptr<MapFile> file_;
};

/// One that also notices what others commit.
class MapEngineWithOthers : public MapEngine {
  public:
    static constexpr bool has_snapshots = true;
    using MapEngine::MapEngine;
    Result<bool> changed_by_others() {
        const std::size_t now = file_->count_commits();
        return std::exchange(seen_, now) != now;
    }

  private:
    std::size_t seen_ = 0;
};

static_assert(kv::OrderedEngine<MapEngine> && !kv::TransactionWithQueue<MapWriter> &&
              !kv::TransactionWithVersion<MapWriter> && !kv::TransactionWithExpiry<MapWriter> &&
              !kv::EngineWithOthers<MapEngine> && kv::EngineWithOthers<MapEngineWithOthers>);

}  // namespace turntable::test
