#include "turntable/kv/atomic.hpp"

#include <limits>

#include "turntable/kv/plan.hpp"
#include "turntable/kv/queue.hpp"

namespace turntable::inline v0::kv::detail {

WriteBuffer::Piece WriteBuffer::store(ByteView bytes) {
    const Piece piece{bytes_.size(), bytes.size()};
    bytes_.append(bytes.data(), bytes.size());
    return piece;
}

ByteView WriteBuffer::view(Piece piece) const noexcept {
    return {bytes_.data() + piece.offset, piece.size};
}

void WriteBuffer::refuse(Error error) {
    if (!error_) {
        error_ = std::move(error);
    }
}

void WriteBuffer::check_key(ByteView key) {
    if (Result<void> checked = check_user_key(key); !checked) {
        refuse(std::move(checked).error());
    }
}

void WriteBuffer::check(ByteView key, std::optional<Versionstamp> versionstamp) {
    check_key(key);
    check_records_.push_back({store(key), versionstamp});
}

void WriteBuffer::mutate(MutationKind kind, ByteView key, const ValueRef& data,
                         std::optional<std::chrono::milliseconds> expire_in) {
    check_key(key);
    MutationRecord record{kind, data.encoding, false, store(key), store(data.data), {}, {}, {}};
    record.expire_in = expire_in;
    mutation_records_.push_back(record);
}

void WriteBuffer::sum(ByteView key, const ValueRef& operand, const SumOptions& options) {
    mutate(MutationKind::sum, key, operand);
    MutationRecord& record = mutation_records_.back();
    record.clamp = options.clamp;
    record.sum_min = store(options.min);
    record.sum_max = store(options.max);
}

void WriteBuffer::enqueue(const ValueRef& value, const EnqueueOptions& options) {
    Result<Bytes> payload = message_payload(value);
    if (!payload) {
        return refuse(std::move(payload).error());
    }
    EnqueueRecord record;
    record.payload = store(*payload);
    record.delay = options.delay;
    if (options.delay.count() < 0) {
        refuse(Error(ErrorCode::invalid_argument, "the delay of a message must not be negative")
                   .with("milliseconds", std::to_string(options.delay.count())));
    }
    for (const Key& key : options.keys_if_undelivered) {
        check_key(key.encoded());
        record.keys.push_back(store(key.encoded()));
    }
    if (options.backoff) {
        record.backoff_ms.emplace();
        for (const std::chrono::milliseconds step : *options.backoff) {
            if (step.count() < 0 || step.count() > std::numeric_limits<std::uint32_t>::max()) {
                refuse(Error(ErrorCode::invalid_argument, "a back-off step is out of range")
                           .with("milliseconds", std::to_string(step.count())));
                continue;
            }
            record.backoff_ms->push_back(static_cast<std::uint32_t>(step.count()));
        }
    }
    enqueue_records_.push_back(std::move(record));
}

Result<Mutation> WriteBuffer::mutation(const MutationRecord& record, std::int64_t now_ms) const {
    TURNTABLE_TRY(const std::int64_t expire_at, expiry_time(now_ms, record.expire_in));
    return Mutation{record.kind, view(record.key),     view(record.data),    record.encoding,
                    expire_at,   view(record.sum_min), view(record.sum_max), record.clamp};
}

std::span<const std::uint32_t> WriteBuffer::records_of(ByteView key) {
    constexpr std::size_t few = 8;
    found_.clear();
    if (mutation_records_.size() <= few) {
        for (std::uint32_t i = 0; i < mutation_records_.size(); ++i) {
            if (view(mutation_records_[i].key) == key) {
                found_.push_back(i);
            }
        }
        return found_;
    }
    for (; indexed_ < mutation_records_.size(); ++indexed_) {
        records_by_key_[view(mutation_records_[indexed_].key).to_string()].push_back(indexed_);
    }
    const auto records = records_by_key_.find(key.to_string());
    return records == records_by_key_.end() ? std::span<const std::uint32_t>() : records->second;
}

WriteBuffer::Overlay WriteBuffer::overlay(ByteView key) {
    Overlay out;
    for (const std::uint32_t i : records_of(key)) {
        const MutationKind kind = mutation_records_[i].kind;
        if (kind == MutationKind::set_suffix_versionstamped_key) {
            continue;  // it changes another key, which nobody knows yet
        }
        if (out.untouched) {
            out.replaced = kind == MutationKind::set || kind == MutationKind::remove;
        }
        out.untouched = false;
    }
    return out;
}

Result<std::optional<Entry>> WriteBuffer::applied(ByteView key, const std::optional<Entry>& stored,
                                                  std::int64_t now_ms) {
    std::vector<Mutation> mutations;
    for (const std::uint32_t i : records_of(key)) {
        if (mutation_records_[i].kind != MutationKind::set_suffix_versionstamped_key) {
            TURNTABLE_TRY(const Mutation made, mutation(mutation_records_[i], now_ms));
            mutations.push_back(made);
        }
    }
    const AtomicWrite write{.mutations = mutations};
    std::optional<Record> record;
    if (stored) {
        record = Record{stored->value.data(), stored->value.encoding(), 0, never_expires};
    }
    PlanInput input;
    input.now_ms = now_ms;
    if (!keys_to_read(write).empty()) {
        input.records = std::span(&record, 1);
    }
    TURNTABLE_TRY(const Plan planned, plan(write, input));
    if (planned.changes.empty()) {  // the expiry of an absent entry
        return std::optional<Entry>();
    }
    const std::optional<Record>& made = planned.changes.front().record;
    if (!made || made->expired(now_ms)) {
        return std::optional<Entry>();
    }
    return std::optional(Entry{Value(Bytes::copy(made->data), made->encoding), Versionstamp()});
}

Result<AtomicWrite> WriteBuffer::build(std::int64_t now_ms) {
    if (error_) {
        return *error_;
    }
    checks_.clear();
    mutations_.clear();
    undelivered_.clear();
    enqueues_.clear();
    for (const CheckRecord& record : check_records_) {
        checks_.push_back({view(record.key), record.versionstamp});
    }
    mutations_.reserve(mutation_records_.size());
    for (const MutationRecord& record : mutation_records_) {
        TURNTABLE_TRY(const Mutation made, mutation(record, now_ms));
        mutations_.push_back(made);
    }
    undelivered_.reserve(enqueue_records_.size());  // the spans below need vectors that stay
    for (const EnqueueRecord& record : enqueue_records_) {
        std::vector<ByteView>& keys = undelivered_.emplace_back();
        for (const Piece piece : record.keys) {
            keys.push_back(view(piece));
        }
        TURNTABLE_TRY(const std::int64_t deadline, expiry_time(now_ms, record.delay));
        Enqueue enqueue{view(record.payload), deadline, keys, {}};
        if (record.backoff_ms) {
            enqueue.backoff_ms = std::span<const std::uint32_t>(*record.backoff_ms);
        }
        enqueues_.push_back(enqueue);
    }
    return AtomicWrite{checks_, mutations_, enqueues_};
}

}  // namespace turntable::inline v0::kv::detail
