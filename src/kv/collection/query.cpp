#include "turntable/kv/collection/query.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "kv/collection/access.hpp"
#include "kv/collection/cursor_text.hpp"

namespace turntable::inline v0::kv {

std::string QueryPlan::to_string() const {
    std::string out = index == "scan" ? "scan" : "index " + index;
    if (scans && index != "scan") {
        out += ", all of it";
    }
    return sorts ? out + ", sorted" : out;
}

namespace detail {

namespace {

/// Records fetched at a time.
constexpr std::size_t fetch_max = 100;
/// How often a page begins anew because the description changed meanwhile.
constexpr int restarts_max = 10;

/// A query that was checked, and how it is read.
struct Prepared {
    std::shared_ptr<const KnownState> known;
    Condition condition;
    ResultOrder order;
    Access access;
};

Result<Prepared> prepare(const RecordStore& store, const Filter& filter,
                         const QueryOptions& options) {
    Prepared out;
    out.known = store.known();
    TURNTABLE_TRY(out.condition, check_filter(out.known->state.info, filter));
    for (const Order& order : options.order_by) {
        TURNTABLE_TRY(KnownIndex::Field field, scalar_field(out.known->state.info, order.field));
        out.order.fields.push_back({std::move(field), order.descending});
    }
    if (options.limit == 0 || options.limit > max_page_records) {
        return Error(ErrorCode::invalid_argument,
                     "the limit of a page is from 1 to " + std::to_string(max_page_records));
    }
    if (!options.after.empty() && !options.before.empty()) {
        return Error(ErrorCode::invalid_argument, "a page is after a cursor or before one");
    }
    out.access = choose_access(*out.known, store.keys(), out.condition, out.order);
    if (out.access.scans && !options.allow_scan) {
        return Error(ErrorCode::unsupported,
                     "no index serves this query, and allow_scan is false: it would read all "
                     "records");
    }
    return out;
}

/// One page in the making.
class PageReader {
  public:
    PageReader(const RecordStore& store, Prepared prepared, const QueryOptions& options,
               const CallOptions& call)
        : store_(store),
          prepared_(std::move(prepared)),
          call_(call),
          limit_(options.limit),
          backward_(!options.before.empty()) {}

    Result<void> place(const std::string& fingerprint, const QueryOptions& options) {
        const std::string_view cursor = backward_ ? options.before : options.after;
        if (!cursor.empty()) {
            TURNTABLE_TRY(place_, read_cursor(fingerprint, cursor, prepared_.order.fields.size()));
        }
        return {};
    }

    /// False: the description changed meanwhile, what was read may not be all.
    Result<bool> read() {
        std::vector<KeyRange> ranges = prepared_.access.ranges;
        const bool reverse = reads_backward();
        if (reverse) {
            std::ranges::reverse(ranges);
        }
        for (KeyRange& range : ranges) {
            if (prepared_.access.in_order && place_) {
                clip_to_place(range, reverse);
            }
            clip_to_limits(range);
            if (range.start < range.end) {
                TURNTABLE_TRY(const bool more, read_range(range, reverse));
                if (!more) {
                    return !stale_;
                }
            }
        }
        TURNTABLE_CHECK(fetch_pending());
        if (!stale_ && !fetched_ && !prepared_.access.is_primary) {
            return store_.is_current(*prepared_.known, call_);
        }
        return !stale_;
    }

    RecordPage page(const std::string& fingerprint) {
        const bool more = found_.size() > limit_;
        if (more) {
            found_.pop_back();
        }
        if (backward_) {
            std::ranges::reverse(found_);
        }
        RecordPage out;
        if (!found_.empty()) {
            // Where we came from, there is something.
            if (backward_ || more) {
                out.next = write_cursor(fingerprint, found_.back().place);
            }
            if (backward_ ? more : place_.has_value()) {
                out.previous = write_cursor(fingerprint, found_.front().place);
            }
        }
        for (Found& one : found_) {
            out.records.push_back(std::move(one.record));
        }
        return out;
    }

  private:
    struct Found {
        /// The last part is that of the primary key.
        SortKey place;
        StoredRecord record;
    };
    struct Pending {
        std::string entry_key;
        std::string primary_part;
    };

    /// Whether entries are read from the high end.
    bool reads_backward() const {
        return prepared_.access.in_order && prepared_.order.fields.back().descending != backward_;
    }

    /// Leaves out of a range what lies on the other side of the cursor.
    void clip_to_place(KeyRange& range, bool reverse) const {
        const Access& access = prepared_.access;
        std::string key = access.index.prefix;
        bool has_null = false;
        for (std::size_t i = 0; i < access.index.fields.size(); ++i) {
            const auto named =
                std::ranges::find(prepared_.order.fields, access.index.fields[i].name,
                                  [](const auto& one) { return one.field.name; });
            if (!access.constants[i] && named == prepared_.order.fields.end()) {
                break;  // beyond the primary key, which has told the record
            }
            const std::string& part =
                access.constants[i]
                    ? *access.constants[i]
                    : (*place_)[static_cast<std::size_t>(named - prepared_.order.fields.begin())];
            key += part;
            has_null = has_null || part == null_part().text();
        }
        if (!access.index.unique || has_null) {
            key += place_->back();
        }
        if (reverse) {
            range.end = std::min(range.end, key);
        } else {
            range.start = std::max(range.start, key + '\xff');
        }
    }

    /// A value in a filter may be longer than any key.
    void clip_to_limits(KeyRange& range) const {
        const std::size_t longest = limits_.key_bytes;
        if (range.start.size() > longest) {
            range.start.resize(longest);
        }
        if (range.end.size() > longest + 1) {
            range.end.resize(longest);
            range.end = end_of_prefix(std::move(range.end));
        }
    }

    /// False: the page is full.
    Result<bool> read_range(const KeyRange& range, bool reverse) {
        const std::size_t batch = std::min<std::size_t>(limit_ + 1, 200);
        auto list = store_.database().list(
            kv::range(Key::from_stored(range.start), Key::from_stored(range.end)),
            {.reverse = reverse, .batch = static_cast<std::uint32_t>(batch)});
        while (true) {
            TURNTABLE_TRY(const std::optional<EntryView> entry, list.next_view(call_));
            if (!entry) {
                return true;
            }
            if (prepared_.access.is_primary) {
                TURNTABLE_TRY(JsValue value,
                              Value(Bytes::unowned(entry->data), entry->encoding).as_js());
                TURNTABLE_CHECK(offer({std::move(value), entry->versionstamp},
                                      entry->key.substr(store_.keys().record.size())));
            } else {
                pending_.push_back({entry->key.to_string(), entry->data.to_string()});
                if (pending_.size() >= fetch_size()) {
                    TURNTABLE_CHECK(fetch_pending());
                }
            }
            if (is_full() || stale_) {
                return false;
            }
        }
    }

    std::size_t fetch_size() const {
        const std::size_t allowed = limits_.ranges > 1 ? limits_.ranges - 1 : 1;
        return std::min({fetch_max, allowed, static_cast<std::size_t>(limit_) + 1});
    }

    /// Reads the records that entries of an index lead to, and whether the index still counts.
    Result<void> fetch_pending() {
        if (pending_.empty() || is_full()) {
            return {};
        }
        std::vector<Key> keys;
        for (const Pending& one : pending_) {
            keys.push_back(Key::from_stored(store_.keys().record + one.primary_part));
        }
        keys.push_back(Key::from_stored(store_.keys().state));
        TURNTABLE_TRY(const auto entries, store_.database().get_many(keys, call_));
        fetched_ = true;
        if (!entries.back() || entries.back()->versionstamp != prepared_.known->versionstamp) {
            stale_ = true;
            return {};
        }
        for (std::size_t i = 0; i < pending_.size() && !is_full(); ++i) {
            if (entries[i]) {
                TURNTABLE_TRY(JsValue value, entries[i]->value.as_js());
                TURNTABLE_CHECK(
                    offer_if_current({std::move(value), entries[i]->versionstamp}, pending_[i]));
            }
        }
        pending_.clear();
        return {};
    }

    /// A record that has moved since its entry was read is found at its new entry, or not at all.
    Result<void> offer_if_current(StoredRecord record, const Pending& from) {
        const JsObject* object = record.value.as<JsObject>();
        if (object == nullptr) {
            return {};
        }
        TURNTABLE_TRY(const IndexEntry now,
                      index_entry(prepared_.access.index, *object, from.primary_part));
        if (now.key != from.entry_key) {
            return {};
        }
        return offer(std::move(record), from.primary_part);
    }

    Result<void> offer(StoredRecord record, ByteView primary_part) {
        const JsObject* object = record.value.as<JsObject>();
        if (object == nullptr) {
            return Error(ErrorCode::type_mismatch, "a stored record is not an object");
        }
        TURNTABLE_TRY(const bool holds, prepared_.condition.holds(*object));
        if (!holds) {
            return {};
        }
        Found found{{}, std::move(record)};
        for (const ResultOrder::Field& one : prepared_.order.fields) {
            TURNTABLE_CHECK(append_field(one.field, *object, found.place.emplace_back()));
        }
        // A record that moved while we read may come by twice.
        if (seen_.contains(primary_part.to_string()) || (place_ && !before(*place_, found.place))) {
            return {};
        }
        seen_.insert(primary_part.to_string());
        const auto at = std::ranges::upper_bound(
            found_, found.place, [this](const auto& a, const auto& b) { return before(a, b); },
            &Found::place);
        found_.insert(at, std::move(found));
        if (found_.size() > limit_ + 1) {
            seen_.erase(found_.back().place.back());
            found_.pop_back();
        }
        return {};
    }

    /// Whether `a` comes before `b` in the direction of paging.
    bool before(const SortKey& a, const SortKey& b) const {
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (a[i] != b[i]) {
                const bool less = ByteView(a[i]) < ByteView(b[i]);
                return less != (prepared_.order.fields[i].descending != backward_);
            }
        }
        return false;
    }

    bool is_full() const { return prepared_.access.in_order && found_.size() > limit_; }

    const RecordStore& store_;
    Prepared prepared_;
    const CallOptions& call_;
    Limits limits_ = store_.database().capabilities().limits;
    std::size_t limit_;
    bool backward_;
    std::optional<SortKey> place_;
    std::vector<Found> found_;
    std::set<std::string> seen_;
    std::vector<Pending> pending_;
    bool fetched_ = false;
    bool stale_ = false;
};

/// None: to be done again, the description changed.
Result<std::optional<RecordPage>> read_page(const RecordStore& store, const Filter& filter,
                                            const QueryOptions& options, const CallOptions& call) {
    TURNTABLE_TRY(Prepared prepared, prepare(store, filter, options));
    const std::string fingerprint = query_fingerprint(prepared.condition, prepared.order);
    PageReader reader(store, std::move(prepared), options, call);
    TURNTABLE_CHECK(reader.place(fingerprint, options));
    TURNTABLE_TRY(const bool complete, reader.read());
    if (!complete) {
        TURNTABLE_CHECK(store.refresh(call));
        return std::optional<RecordPage>();
    }
    return std::optional(reader.page(fingerprint));
}

}  // namespace

Result<RecordPage> run_query(const RecordStore& store, const Filter& filter,
                             const QueryOptions& options, const CallOptions& call) {
    for (int attempt = 0; attempt < restarts_max; ++attempt) {
        Result<std::optional<RecordPage>> page = read_page(store, filter, options, call);
        if (!page) {
            return store.named(std::move(page).error().during("query"));
        }
        if (*page) {
            return **std::move(page);
        }
    }
    return store.named(Error(ErrorCode::conflict, "the description changes all the time"));
}

Result<IndexQuery> index_query(const RecordStore& store, std::string_view index_name,
                               std::span<const KeyPart> values) {
    const auto known = store.known();
    TURNTABLE_TRY(const KnownIndex* index, store.usable_index(*known, index_name));
    if (values.size() > index->fields.size()) {
        return store.named(
            Error(ErrorCode::invalid_argument, "more values than the index has fields")
                .with("index", index->name)
                .with("fields", std::to_string(index->fields.size())));
    }
    IndexQuery out;
    for (std::size_t i = 0; i < index->fields.size(); ++i) {
        const std::string& field = index->fields[i].name;
        if (i < values.size()) {
            const Filter equal(FilterNode{FilterKind::eq, field, {values[i]}, {}, 1});
            out.filter = i == 0 ? equal : out.filter && equal;
        } else {
            out.order_by.push_back({field, false});
        }
    }
    return out;
}

Result<QueryPlan> explain_query(const RecordStore& store, const Filter& filter,
                                const QueryOptions& options) {
    Result<Prepared> prepared = prepare(store, filter, options);
    if (!prepared) {
        return store.named(std::move(prepared).error().during("explain"));
    }
    const Access& access = prepared->access;
    QueryPlan plan{access.index.name, access.scans, !access.in_order};
    if (access.is_primary && access.scans) {
        plan.index = "scan";
    }
    return plan;
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
