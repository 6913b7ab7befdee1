#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>

#include "turntable/kv/detail/store_engine.hpp"

namespace turntable::inline v0::kv::detail {

/// A read transaction of one engine as a StoreReader.
///
/// Purpose: where the thin templates end. Ownership: owns the transaction and shares the engine.
/// Threads: one at a time. Errors: the engine's.
template <class Transaction, class Base>
class ReaderAdapter : public Base {
  public:
    explicit ReaderAdapter(Transaction transaction) : transaction_(std::move(transaction)) {}

    Result<std::optional<Record>> get(ByteView key) override { return transaction_.get(key); }
    Result<void> scan(ByteView start, ByteView end, bool reverse, RecordVisitor visit) override {
        return transaction_.scan(start, end, reverse, visit);
    }
    Result<std::uint64_t> last_version() override {
        if constexpr (requires {
                          { transaction_.last_version() } -> std::same_as<Result<std::uint64_t>>;
                      }) {
            return transaction_.last_version();
        } else {
            return Base::last_version();
        }
    }

  protected:
    Transaction transaction_;
};

/// A write transaction of one engine as a StoreTransaction: the engine's own form of what it has,
/// reserved keys for what it lacks.
///
/// Purpose, ownership, threads, errors: as ReaderAdapter.
template <class Transaction>
class WriterAdapter final : public ReaderAdapter<Transaction, StoreTransaction> {
    using Base = StoreTransaction;
    static constexpr bool has_version = TransactionWithVersion<Transaction>;
    static constexpr bool has_queue = TransactionWithQueue<Transaction>;
    static constexpr bool has_expiry = TransactionWithExpiry<Transaction>;

  public:
    using ReaderAdapter<Transaction, StoreTransaction>::ReaderAdapter;

    Result<void> put(ByteView key, const Record& record) override {
        return this->transaction_.put(key, record);
    }
    Result<void> remove(ByteView key) override { return this->transaction_.remove(key); }
    Result<void> commit() override { return this->transaction_.commit(); }

    Result<void> set_last_version(std::uint64_t version) override {
        if constexpr (has_version) {
            return this->transaction_.set_last_version(version);
        } else {
            return Base::set_last_version(version);
        }
    }

    Result<std::optional<QueueRow>> queue_first(QueueTable table, std::int64_t until_ms) override {
        if constexpr (has_queue) {
            return this->transaction_.queue_first(table, until_ms);
        } else {
            return Base::queue_first(table, until_ms);
        }
    }
    Result<std::optional<QueueRow>> queue_find(std::string_view id) override {
        if constexpr (has_queue) {
            return this->transaction_.queue_find(id);
        } else {
            return Base::queue_find(id);
        }
    }
    Result<void> queue_insert(QueueTable table, const QueueRow& row) override {
        if constexpr (has_queue) {
            return this->transaction_.queue_insert(table, row);
        } else {
            return Base::queue_insert(table, row);
        }
    }
    Result<void> queue_remove(QueueTable table, const QueueRow& row) override {
        if constexpr (has_queue) {
            return this->transaction_.queue_remove(table, row);
        } else {
            return Base::queue_remove(table, row);
        }
    }
    Result<std::optional<std::int64_t>> queue_next_time(QueueTable table) override {
        if constexpr (has_queue) {
            return this->transaction_.queue_next_time(table);
        } else {
            return Base::queue_next_time(table);
        }
    }

    Result<void> put_entry(ByteView key, const Record& record) override {
        if constexpr (has_expiry) {
            return this->transaction_.put(key, record);
        } else {
            return Base::put_entry(key, record);
        }
    }
    Result<std::optional<std::int64_t>> next_expiry() override {
        if constexpr (has_expiry) {
            return this->transaction_.next_expiry();
        } else {
            return Base::next_expiry();
        }
    }
    Result<bool> remove_expired(std::int64_t until_ms, std::size_t max,
                                std::vector<std::string>& keys) override {
        if constexpr (has_expiry) {
            const auto visit = [&](ByteView key, const Record&) {
                keys.push_back(key.to_string());
                return keys.size() < max;
            };
            TURNTABLE_CHECK(this->transaction_.expired(until_ms, visit));
            for (const std::string& key : keys) {
                TURNTABLE_CHECK(this->transaction_.remove(key));
            }
            return keys.size() >= max;
        } else {
            return Base::remove_expired(until_ms, max, keys);
        }
    }
};

/// One engine as a StoreEngine.
///
/// Purpose, threads, errors: as ReaderAdapter. Ownership: shares the engine.
template <OrderedEngine E>
class EngineAdapter final : public StoreEngine {
  public:
    explicit EngineAdapter(std::shared_ptr<E> engine) : engine_(std::move(engine)) {}

    Result<std::unique_ptr<StoreReader>> begin_read() override {
        auto transaction = engine_->begin_read();
        if (!transaction) {
            return std::move(transaction).error();
        }
        using Transaction = typename decltype(transaction)::value_type;
        return std::unique_ptr<StoreReader>(
            std::make_unique<ReaderAdapter<Transaction, StoreReader>>(*std::move(transaction)));
    }
    Result<std::unique_ptr<StoreTransaction>> begin_write() override {
        auto transaction = engine_->begin_write();
        if (!transaction) {
            return std::move(transaction).error();
        }
        using Transaction = typename decltype(transaction)::value_type;
        return std::unique_ptr<StoreTransaction>(
            std::make_unique<WriterAdapter<Transaction>>(*std::move(transaction)));
    }
    Result<bool> changed_by_others() override {
        if constexpr (EngineWithOthers<E>) {
            return engine_->changed_by_others();
        } else {
            return false;
        }
    }
    Result<bool> recover(const Error& failure) override {
        if constexpr (EngineThatRecovers<E>) {
            return engine_->recover(failure);
        } else {
            return false;
        }
    }
    void when_others_commit(UniqueFunction<void()> callback) override {
        if constexpr (EngineWithNotice<E>) {
            engine_->when_others_commit(std::move(callback));
        }
    }

  private:
    std::shared_ptr<E> engine_;
};

}  // namespace turntable::inline v0::kv::detail
