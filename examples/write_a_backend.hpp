#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "turntable/kv/ordered_engine.hpp"

namespace example {

namespace kv = turntable::kv;
using turntable::Bytes;
using turntable::ByteView;
using turntable::Result;

/// A database in one sorted vector. Each commit makes the next vector, so a reader keeps the one
/// that it began with: that is all a snapshot is.
class VectorEngine {
    struct Row {
        std::string key;
        kv::Record record;
    };
    using Table = std::vector<Row>;

    /// The first row whose key is not before `key`.
    static auto at_or_after(auto& table, ByteView key) {
        return std::lower_bound(table.begin(), table.end(), key,
                                [](const Row& row, ByteView wanted) { return row.key < wanted; });
    }
    static std::optional<kv::Record> find(const Table& table, ByteView key) {
        const auto row = at_or_after(table, key);
        return row != table.end() && row->key == key ? std::optional(row->record) : std::nullopt;
    }
    static void visit_range(const Table& table, ByteView start, ByteView end, bool reverse,
                            const kv::RecordVisitor& visit) {
        const auto first = at_or_after(table, start);
        const auto last = at_or_after(table, end);
        for (auto left = last - first; left > 0; --left) {
            const Row& row = reverse ? first[left - 1] : last[-left];
            if (!visit(row.key, row.record)) {
                return;
            }
        }
    }

  public:
    /// Its reads cost nothing to keep open, and its commits never wait for a disk.
    static constexpr bool has_snapshots = true;
    static constexpr bool commits_at_once = true;

    class Reader {
      public:
        Result<std::optional<kv::Record>> get(ByteView key) { return find(*table_, key); }
        Result<void> scan(ByteView start, ByteView end, bool reverse, kv::RecordVisitor visit) {
            visit_range(*table_, start, end, reverse, visit);
            return {};
        }

      private:
        friend class VectorEngine;
        explicit Reader(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
        std::shared_ptr<const Table> table_;
    };

    class Writer {
      public:
        Result<std::optional<kv::Record>> get(ByteView key) { return find(table_, key); }
        Result<void> scan(ByteView start, ByteView end, bool reverse, kv::RecordVisitor visit) {
            visit_range(table_, start, end, reverse, visit);
            return {};
        }
        Result<void> put(ByteView key, const kv::Record& record) {
            kv::Record copy = record;
            copy.data = Bytes::copy(record.data);  // what it is given may only be borrowed
            const auto row = at_or_after(table_, key);
            if (row != table_.end() && row->key == key) {
                row->record = std::move(copy);
            } else {
                table_.insert(row, {key.to_string(), std::move(copy)});
            }
            return {};
        }
        Result<void> remove(ByteView key) {
            const auto row = at_or_after(table_, key);
            if (row != table_.end() && row->key == key) {
                table_.erase(row);
            }
            return {};
        }
        Result<void> commit() {
            auto next = std::make_shared<const Table>(std::move(table_));
            const std::scoped_lock guard(engine_->mutex_);
            engine_->newest_ = std::move(next);
            return {};
        }

      private:
        friend class VectorEngine;
        explicit Writer(VectorEngine& engine) : engine_(&engine), table_(*engine.newest()) {}
        VectorEngine* engine_;
        Table table_;
    };

    Result<Reader> begin_read() { return Reader(newest()); }
    Result<Writer> begin_write() { return Writer(*this); }

  private:
    std::shared_ptr<const Table> newest() {
        const std::scoped_lock guard(mutex_);
        return newest_;
    }

    std::mutex mutex_;
    std::shared_ptr<const Table> newest_ = std::make_shared<const Table>();
};

static_assert(kv::OrderedEngine<VectorEngine>);

}  // namespace example
