#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/core/result_iterator.hpp"
#include "turntable/kv/collection/codec.hpp"
#include "turntable/kv/collection/description.hpp"
#include "turntable/kv/collection/query.hpp"
#include "turntable/kv/collection/record_store.hpp"
#include "turntable/kv/database.hpp"

namespace turntable::inline v0::kv {

/// A record and which commit wrote it.
///
/// Purpose: what reads give; the versionstamp goes into `replace` and `remove_if`.
/// Ownership: owns the record. Threads: a value. Errors: none.
template <class T>
struct Stored {
    T value;
    Versionstamp versionstamp;
};

/// Some records of a query, and how to get those around them.
///
/// Purpose: `options.after = page.next` gives the next page, `options.before = page.previous` the
/// one before. Records that others add, change or remove meanwhile move no other record to another
/// side of a cursor. Ownership: owns its records. Threads: a value. Errors: none.
template <class T>
struct Page {
    std::vector<Stored<T>> records;
    /// Empty: no record follows.
    std::string next;
    /// Empty: no record is known to come before.
    std::string previous;
};

template <class T>
class Collection;

/// The records of a query one after the other, read a page at a time.
///
/// Purpose: `for (auto& user : users.stream(filter)) { if (!user) ...; use(user->value); }`, or
/// `next()`. Holds one page, however many records there are.
/// Ownership: keeps the database open and owns the filter. Threads: one thread at a time.
/// Errors: those of the query; after an error there is only the end.
template <class T>
class [[nodiscard]] RecordStream {
  public:
    RecordStream(Collection<T> collection, Filter filter, const QueryOptions& options)
        : collection_(std::move(collection)),
          filter_(std::move(filter)),
          options_(options),
          after_(options.after) {
        options_.before = {};
    }

    /// The next record; none at the end.
    Result<std::optional<Stored<T>>> next(const CallOptions& call = {}) {
        if (position_ == page_.records.size() && !ended_) {
            options_.after = after_;
            Result<Page<T>> page = collection_.query(filter_, options_, call);
            ended_ = !page || page->next.empty();
            if (!page) {
                return std::move(page).error();
            }
            page_ = *std::move(page);
            position_ = 0;
            after_ = page_.next;
        }
        if (position_ == page_.records.size()) {
            return std::optional<Stored<T>>();
        }
        return std::optional(std::move(page_.records[position_++]));
    }

    ResultIterator<RecordStream, Stored<T>> begin() {
        return ResultIterator<RecordStream, Stored<T>>(this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    Collection<T> collection_;
    Filter filter_;
    QueryOptions options_;
    std::string after_;
    Page<T> page_;
    std::size_t position_ = 0;
    bool ended_ = false;
};

/// Records of one type, found by their primary key and by indexes.
///
/// Purpose: `auto users = kv::Collection<User>::open(db).value(); users.insert(user);
/// users.find_by("by_email", "ada@example.org")`. The record type is described once, see
/// turntable/kv/collection/description.hpp. Records are stored as JavaScript objects. Each change
/// is one atomic write of the record and of its entries in all indexes, so that these agree at
/// every moment, also after a kill.
/// Ownership: a copyable handle that keeps the database open.
/// Threads: all functions may be called from any thread.
/// Errors: as the calls of BasicDatabase, and `already_exists` for a value that must be unique,
/// naming index and field; `not_found` for a reference to nothing; `conflict` for a record that
/// changed since it was read, or whose removal is restricted; `invalid_config` if the database
/// knows another description; `type_mismatch` for a stored object that does not fit the type.
/// A change that other writers overtake is tried again up to 1,000 times.
template <class T>
class [[nodiscard]] Collection {
    static_assert(detail::check_record<T>());

  public:
    /// The type of the primary key.
    using Id = typename detail::PrimaryKey<T>::Value;

    /// Opens the collection, and makes it if the database does not know it.
    static Result<Collection> open(Database database, CollectionOptions options = {},
                                   const CallOptions& call = {}) {
        TURNTABLE_TRY(auto store,
                      detail::RecordStore::open(std::move(database), detail::collection_info<T>(),
                                                std::move(options), call));
        return Collection(std::move(store));
    }

    // Reading.

    /// The record with this primary key, or none.
    Result<std::optional<Stored<T>>> get(const Id& id, const CallOptions& call = {}) const {
        return read(store_->get(detail::key_part(id), call));
    }
    /// The record with these values in a unique index, or none. One value for each of its fields.
    template <class... Values>
    Result<std::optional<Stored<T>>> find_by(std::string_view unique_index,
                                             const Values&... values) const {
        const KeyPart parts[] = {detail::key_part(values)...};
        return read(store_->find_unique(unique_index, parts, {}));
    }
    /// The same with call options: `find_by("by_email", {"ada@example.org"}, 100ms)`.
    Result<std::optional<Stored<T>>> find_by(std::string_view unique_index,
                                             const IndexValues& values,
                                             const CallOptions& call = {}) const {
        return read(store_->find_unique(unique_index, values.parts(), call));
    }
    /// The records with these values in the first fields of any index, a page of them:
    /// `find_all_by("by_city_and_age", {"Oslo"})`. Without `order_by` in the order of the index.
    Result<Page<T>> find_all_by(std::string_view index, const IndexValues& values,
                                const QueryOptions& options = {},
                                const CallOptions& call = {}) const {
        TURNTABLE_TRY(detail::IndexQuery found,
                      detail::index_query(*store_, index, values.parts()));
        QueryOptions ordered = options;
        if (ordered.order_by.empty()) {
            ordered.order_by = std::move(found.order_by);
        }
        return query(found.filter, ordered, call);
    }
    /// The records that a filter lets through, a page of them. Errors: see Filter and QueryOptions.
    Result<Page<T>> query(const Filter& filter = {}, const QueryOptions& options = {},
                          const CallOptions& call = {}) const {
        TURNTABLE_TRY(const detail::RecordPage found,
                      detail::run_query(*store_, filter, options, call));
        Page<T> page{{}, found.next, found.previous};
        page.records.reserve(found.records.size());
        for (const detail::StoredRecord& record : found.records) {
            page.records.push_back({T{}, record.versionstamp});
            TURNTABLE_CHECK(decode(record.value, page.records.back().value));
        }
        return page;
    }
    /// All of them, read by pages of `options.limit`. See RecordStream.
    RecordStream<T> stream(Filter filter = {}, const QueryOptions& options = {}) const {
        return RecordStream<T>(*this, std::move(filter), options);
    }
    /// How `query` with these arguments finds its records; reads nothing.
    Result<QueryPlan> explain(const Filter& filter = {}, const QueryOptions& options = {}) const {
        return detail::explain_query(*store_, filter, options);
    }
    /// How many records there are; reads all of their keys.
    Result<std::uint64_t> count(const CallOptions& call = {}) const { return store_->count(call); }

    // Writing. Each gives the versionstamp of its commit.

    /// Adds a record. Errors: already_exists if its primary key or a unique value is taken.
    Result<Versionstamp> insert(const T& record, const CallOptions& call = {}) const {
        return store_->insert(detail::to_js(record), call);
    }
    /// Adds a record or takes the place of the one with its primary key.
    Result<Versionstamp> put(const T& record, const CallOptions& call = {}) const {
        return store_->put(detail::to_js(record), call);
    }
    /// Changes a record that is still as it was read. Errors: conflict if it is not.
    Result<Versionstamp> replace(const T& record, const Versionstamp& as_read,
                                 const CallOptions& call = {}) const {
        return store_->replace(detail::to_js(record), as_read, call);
    }
    /// Calls `change(T&)`, which may return a Result<void> to give up, and stores what it left.
    /// It is called again when another writer was faster. Errors: not_found if there is no record.
    template <class F>
        requires std::invocable<F&, T&>
    Result<Stored<T>> update(const Id& id, F&& change, const CallOptions& call = {}) const {
        T record{};
        TURNTABLE_TRY(const Versionstamp versionstamp,
                      store_->update(
                          detail::key_part(id),
                          [&](const JsValue& before) -> Result<JsValue> {
                              record = T{};
                              TURNTABLE_CHECK(decode(before, record));
                              if constexpr (std::is_void_v<std::invoke_result_t<F&, T&>>) {
                                  change(record);
                              } else {
                                  TURNTABLE_CHECK(change(record));
                              }
                              return detail::to_js(record);
                          },
                          call));
        return Stored<T>{std::move(record), versionstamp};
    }
    /// Removes a record, and what refers to it if that cascades; false if there was none.
    Result<bool> remove(const Id& id, const CallOptions& call = {}) const {
        return store_->remove(detail::key_part(id), std::nullopt, call);
    }
    /// Removes a record that is still as it was read. Errors: conflict if it is not.
    Result<bool> remove_if(const Id& id, const Versionstamp& as_read,
                           const CallOptions& call = {}) const {
        return store_->remove(detail::key_part(id), as_read, call);
    }

    // Relations.

    /// The record of another collection that a field of `record` refers to; none if the field is
    /// null or the record is gone.
    template <class Member, class Other>
    Result<std::optional<Stored<Other>>> related(const T& record, Member T::* reference,
                                                 const Collection<Other>& other,
                                                 const CallOptions& call = {}) const {
        static_assert(
            std::same_as<typename detail::Plain<Member>::Value, typename Collection<Other>::Id>,
            "turntable: the member is not of the type of the primary key of that collection");
        if constexpr (detail::is_optional<Member>) {
            if (!(record.*reference)) {
                return std::optional<Stored<Other>>();
            }
            return other.get(*(record.*reference), call);
        } else {
            return other.get(record.*reference, call);
        }
    }

    /// The records of another collection that refer to the one with this primary key.
    template <class Child, class Member>
    Result<Page<Child>> children(const Id& id, const Collection<Child>& others,
                                 Member Child::* reference, const QueryOptions& options = {},
                                 const CallOptions& call = {}) const {
        static_assert(std::same_as<typename detail::Plain<Member>::Value, Id>,
                      "turntable: the member is not of the type of the primary key");
        return others.query(where(reference).eq(id), options, call);
    }

    const Database& database() const noexcept { return store_->database(); }
    /// The collection without its type.
    const std::shared_ptr<detail::RecordStore>& store() const noexcept { return store_; }

  private:
    explicit Collection(std::shared_ptr<detail::RecordStore> store) : store_(std::move(store)) {}

    Result<void> decode(const JsValue& value, T& out) const {
        Result<void> read = detail::from_js(value, out);
        return read ? Result<void>() : store_->named(std::move(read).error());
    }
    Result<std::optional<Stored<T>>> read(
        Result<std::optional<detail::StoredRecord>> result) const {
        TURNTABLE_TRY(const std::optional<detail::StoredRecord> found, std::move(result));
        if (!found) {
            return std::optional<Stored<T>>();
        }
        std::optional<Stored<T>> out(Stored<T>{T{}, found->versionstamp});
        TURNTABLE_CHECK(decode(found->value, out->value));
        return out;
    }

    std::shared_ptr<detail::RecordStore> store_;
};

}  // namespace turntable::inline v0::kv
