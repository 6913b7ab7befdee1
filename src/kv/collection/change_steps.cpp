#include "kv/collection/change_steps.hpp"

#include <algorithm>
#include <utility>

namespace turntable::inline v0::kv {

namespace {

/// Records of a batch; a step is one commit, which others wait for.
constexpr std::size_t batch_records = 200;
/// Checks and changes that the migrator and the description take beside those of records.
constexpr std::size_t reserved = 8;
/// Bytes of records after which a batch ends.
constexpr std::size_t batch_bytes = 256 * 1024;

}  // namespace

Result<std::optional<FoundState>> find_state(MigrationStep& step,
                                             const detail::CollectionKeys& keys,
                                             std::string_view name) {
    TURNTABLE_TRY(const std::optional<Entry> entry,
                  step.database().get(KeyRef::from_encoded(keys.state)));
    if (!entry) {
        return std::optional<FoundState>();
    }
    TURNTABLE_TRY(const JsValue value, entry->value.as_js());
    TURNTABLE_TRY(detail::CollectionState state, detail::state_from_js(value, name));
    if (!state.described) {
        return std::optional<FoundState>();
    }
    return std::optional(FoundState{std::move(state), entry->versionstamp});
}

Result<void> change_state(MigrationStep& step, const detail::CollectionKeys& keys,
                          const FoundState& found, const detail::CollectionState& state) {
    TURNTABLE_TRY(const Value value, Value::js(detail::state_to_js(state)));
    step.check(KeyRef::from_encoded(keys.state), found.versionstamp)
        .set(KeyRef::from_encoded(keys.state), value);
    return {};
}

Result<FoundRecords> next_records(MigrationStep& step, const detail::CollectionKeys& keys,
                                  const std::string& after) {
    const Limits limits = step.database().capabilities().limits;
    // A record takes a change, a check of its own, and one for an entry of a unique index.
    const std::size_t count = std::max<std::size_t>(
        1, std::min({batch_records, (limits.checks - reserved) / 2, limits.mutations - reserved}));
    const std::string start = keys.record + (after.empty() ? std::string(1, '\0') : after + '\xff');
    auto list =
        step.database().list(range(Key::from_stored(start), Key::from_stored(keys.record + '\xff')),
                             {.batch = static_cast<std::uint32_t>(count)});
    FoundRecords out;
    std::size_t bytes = 0;
    while (out.records.size() < count && bytes < std::min(batch_bytes, limits.write_bytes / 4)) {
        TURNTABLE_TRY(std::optional<ListEntry> entry, list.next());
        if (!entry) {
            out.ended = true;
            break;
        }
        TURNTABLE_TRY(JsValue value, entry->value.as_js());
        bytes += entry->value.data().size();
        out.records.push_back({entry->key.encoded().substr(keys.record.size()).to_string(),
                               std::move(value), entry->versionstamp});
    }
    return out;
}

}  // namespace turntable::inline v0::kv
