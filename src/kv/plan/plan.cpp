#include "turntable/kv/plan.hpp"

#include <cassert>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "kv/plan/sum.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv {

namespace {

/// Finds positions in a list by key. Few keys are compared one by one, and keys that ascend, as
/// those of copies do, with the last: neither needs memory.
class KeyIndex {
  public:
    /// The position of `key` among the first `count`, where key_at(i) is the key of position i.
    template <class KeyAt>
    std::optional<std::size_t> find(ByteView key, std::size_t count, KeyAt key_at) {
        if (count <= few) {
            for (std::size_t i = 0; i < count; ++i) {
                if (key_at(i) == key) {
                    return i;
                }
            }
            return std::nullopt;
        }
        for (; ascending_ && ordered_ < count; ++ordered_) {
            ascending_ = ordered_ == 0 || key_at(ordered_ - 1) < key_at(ordered_);
        }
        if (ascending_ && key_at(count - 1) < key) {
            return std::nullopt;
        }
        for (; indexed_ < count; ++indexed_) {
            positions_.emplace(key_at(indexed_).text(), indexed_);
        }
        const auto found = positions_.find(key.text());
        return found == positions_.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    static constexpr std::size_t few = 8;
    std::unordered_map<std::string_view, std::size_t> positions_;
    std::size_t indexed_ = 0;
    /// Whether the first `ordered_` keys ascend.
    bool ascending_ = true;
    std::size_t ordered_ = 0;
};

bool looks_at_data(MutationKind kind) noexcept {
    return kind == MutationKind::sum || kind == MutationKind::min || kind == MutationKind::max ||
           kind == MutationKind::set_expiry;
}

/// The state of all keys of a write while its mutations are applied one after the other.
class Overlay {
  public:
    Overlay(std::span<const NeededKey> needed, const PlanInput& input)
        : needed_(needed), input_(input) {}

    /// What a mutation sees: the record, or null when the key is absent or has expired.
    const Record* find(ByteView key) {
        if (const auto changed = find_change(key)) {
            return live(changes_[*changed].record);
        }
        return find_read(key);
    }
    /// What was there before the write.
    const Record* find_read(ByteView key) {
        const auto at =
            needed_index_.find(key, needed_.size(), [&](std::size_t i) { return needed_[i].key; });
        return at && *at < input_.records.size() ? live(input_.records[*at]) : nullptr;
    }
    void change(Bytes key, std::optional<Record> record) {
        if (const auto changed = find_change(key)) {
            changes_[*changed].record = std::move(record);
        } else {
            changes_.push_back({std::move(key), std::move(record)});
        }
    }
    std::vector<PlannedChange> take_changes() { return std::move(changes_); }
    void reserve(std::size_t changes) { changes_.reserve(changes); }

  private:
    const Record* live(const std::optional<Record>& record) const {
        return record && !record->expired(input_.now_ms) ? &*record : nullptr;
    }
    std::optional<std::size_t> find_change(ByteView key) {
        return change_index_.find(key, changes_.size(),
                                  [&](std::size_t i) { return changes_[i].key.view(); });
    }

    std::span<const NeededKey> needed_;
    const PlanInput& input_;
    KeyIndex needed_index_;
    std::vector<PlannedChange> changes_;
    KeyIndex change_index_;
};

std::vector<std::uint32_t> failed_checks(std::span<const Check> checks, Overlay& overlay) {
    std::vector<std::uint32_t> failed;
    for (std::size_t i = 0; i < checks.size(); ++i) {
        const Record* record = overlay.find_read(checks[i].key);
        const auto stored = record == nullptr
                                ? std::nullopt
                                : std::optional(Versionstamp::from_version(record->version));
        if (stored != checks[i].versionstamp) {
            failed.push_back(static_cast<std::uint32_t>(i));
        }
    }
    return failed;
}

Result<void> apply(const Mutation& mutation, const PlanInput& input, Overlay& overlay) {
    const auto with_data = [&](Bytes data, ValueEncoding encoding, std::int64_t expire_at_ms) {
        return Record{std::move(data), encoding, input.version, expire_at_ms};
    };
    switch (mutation.kind) {
        case MutationKind::set:
            overlay.change(
                Bytes::unowned(mutation.key),
                with_data(Bytes::unowned(mutation.data), mutation.encoding, mutation.expire_at_ms));
            return {};
        case MutationKind::remove:
            overlay.change(Bytes::unowned(mutation.key), std::nullopt);
            return {};
        case MutationKind::set_suffix_versionstamped_key:
            overlay.change(
                Bytes::take(versionstamped_key(mutation.key, input.version)),
                with_data(Bytes::unowned(mutation.data), mutation.encoding, mutation.expire_at_ms));
            return {};
        case MutationKind::set_expiry:
            if (const Record* stored = overlay.find(mutation.key)) {
                overlay.change(Bytes::unowned(mutation.key),
                               with_data(stored->data, stored->encoding, mutation.expire_at_ms));
            }
            return {};
        case MutationKind::sum:
        case MutationKind::min:
        case MutationKind::max:
            break;
        default:
            return Error(ErrorCode::invalid_argument, "unknown kind of mutation");
    }
    TURNTABLE_TRY(plan_detail::Computed computed,
                  plan_detail::compute(mutation, overlay.find(mutation.key)));
    if (computed.data.size() > input.value_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "value too large (max " + std::to_string(input.value_bytes_max) +
                         " bytes, this has " + std::to_string(computed.data.size()) + ")");
    }
    overlay.change(Bytes::unowned(mutation.key),
                   with_data(std::move(computed.data), computed.encoding, never_expires));
    return {};
}

QueueRow message_row(const Enqueue& enqueue, const std::string& id) {
    QueueRow row{enqueue.deadline_ms, id, Bytes::unowned(enqueue.payload), {}, {}};
    const auto backoff =
        enqueue.backoff_ms.value_or(std::span<const std::uint32_t>(default_backoff_ms));
    row.backoff_ms.assign(backoff.begin(), backoff.end());
    row.keys_if_undelivered.reserve(enqueue.keys_if_undelivered.size());
    for (const ByteView key : enqueue.keys_if_undelivered) {
        row.keys_if_undelivered.push_back(key.to_string());
    }
    return row;
}

}  // namespace

std::vector<NeededKey> keys_to_read(const AtomicWrite& write) {
    std::vector<NeededKey> needed;
    KeyIndex index;
    const auto need = [&](ByteView key, bool data) {
        const auto at =
            index.find(key, needed.size(), [&](std::size_t i) { return needed[i].key; });
        if (at) {
            needed[*at].data = needed[*at].data || data;
        } else {
            needed.push_back({key, data});
        }
    };
    for (const Check& check : write.checks) {
        need(check.key, false);
    }
    for (const Mutation& mutation : write.mutations) {
        if (looks_at_data(mutation.kind)) {
            need(mutation.key, true);
        }
    }
    return needed;
}

Result<Plan> plan(const AtomicWrite& write, const PlanInput& input) {
    const std::vector<NeededKey> needed = keys_to_read(write);
    assert(input.records.size() == needed.size());
    assert(input.message_ids.size() == write.enqueues.size());
    Overlay overlay(needed, input);
    Plan out;
    out.failed_checks = failed_checks(write.checks, overlay);
    if (!out.failed_checks.empty()) {
        return out;
    }
    overlay.reserve(write.mutations.size());
    for (std::size_t i = 0; i < write.mutations.size(); ++i) {
        const Mutation& mutation = write.mutations[i];
        if (auto applied = apply(mutation, input, overlay); !applied) {
            return std::move(applied)
                .error()
                .with("key", print_key(mutation.key))
                .with("mutation", std::to_string(i));
        }
    }
    out.changes = overlay.take_changes();
    out.messages.reserve(write.enqueues.size());
    for (std::size_t i = 0; i < write.enqueues.size(); ++i) {
        out.messages.push_back(message_row(write.enqueues[i], input.message_ids[i]));
    }
    return out;
}

FailurePlan plan_failure(const QueueRow& row, std::string new_id, std::uint64_t version,
                         std::int64_t now_ms) {
    FailurePlan out;
    if (!row.backoff_ms.empty()) {
        out.retry = QueueRow{now_ms + row.backoff_ms.front(),
                             std::move(new_id),
                             row.payload,
                             {row.backoff_ms.begin() + 1, row.backoff_ms.end()},
                             row.keys_if_undelivered};
        return out;
    }
    for (const std::string& key : row.keys_if_undelivered) {
        out.changes.push_back(
            {Bytes::unowned(key), Record{row.payload, ValueEncoding::v8, version, never_expires}});
    }
    return out;
}

std::string new_message_id(Random& random) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::uint64_t high = (random.next() & ~std::uint64_t{0xF000}) | 0x4000U;
    const std::uint64_t low = (random.next() >> 2U) | std::uint64_t{1} << 63U;
    std::string id;
    id.reserve(36);
    for (unsigned i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            id.push_back('-');
        }
        const std::uint64_t half = i < 16 ? high : low;
        id.push_back(digits[(half >> (60 - 4 * (i % 16))) & 0xFU]);
    }
    return id;
}

std::string versionstamped_key(ByteView key, std::uint64_t version) {
    std::string out;
    out.reserve(key.size() + 22);
    out.append(key.data(), key.size());
    out.push_back('\x02');
    out += Versionstamp::from_version(version).to_string();
    out.push_back('\0');
    return out;
}

}  // namespace turntable::inline v0::kv
