#include "kv/mounts/mount_table.hpp"

#include <algorithm>
#include <set>

namespace turntable::inline v0::kv::detail {

namespace {

/// The keys with these parts first: from the prefix itself to before this.
std::string end_of(const std::string& prefix) { return prefix + '\xFF'; }

bool serves(const MountTable::Row& row, ByteView key) {
    return ByteView(row.prefix) <= key &&
           (row.prefix.empty() || key < ByteView(end_of(row.prefix)));
}

template <class T>
void lower(T& limit, T other) {
    limit = std::min(limit, other);
}

void lower_limits(Limits& out, const Limits& other) {
    lower(out.key_bytes, other.key_bytes);
    lower(out.read_key_bytes, other.read_key_bytes);
    lower(out.value_bytes, other.value_bytes);
    lower(out.payload_bytes, other.payload_bytes);
    lower(out.checks, other.checks);
    lower(out.mutations, other.mutations);
    lower(out.write_bytes, other.write_bytes);
    lower(out.write_key_bytes, other.write_key_bytes);
    lower(out.ranges, other.ranges);
    lower(out.read_entries, other.read_entries);
    lower(out.watched_keys, other.watched_keys);
    lower(out.backoff_steps, other.backoff_steps);
    lower(out.backoff_step_ms, other.backoff_step_ms);
    lower(out.keys_if_undelivered, other.keys_if_undelivered);
    lower(out.enqueue_delay_ms, other.enqueue_delay_ms);
}

void restrict_to(Capabilities& out, const Capabilities& other) {
    out.durability = std::min(out.durability, other.durability);
    out.reopen &= other.reopen;
    out.read_only |= other.read_only;
    out.watch_keys &= other.watch_keys;
    out.watch_ranges &= other.watch_ranges;
    const bool both_see =
        out.watch_others_within.count() > 0 && other.watch_others_within.count() > 0;
    out.watch_others_within = both_see
                                  ? std::max(out.watch_others_within, other.watch_others_within)
                                  : std::chrono::milliseconds(0);
    out.snapshots &= other.snapshots;
    out.delete_range &= other.delete_range;
    out.set_expiry &= other.set_expiry;
    out.expiry_times &= other.expiry_times;
    out.range_checks &= other.range_checks;
    out.stale_reads_within = std::max(out.stale_reads_within, other.stale_reads_within);
    lower_limits(out.limits, other.limits);
}

}  // namespace

MountTable::MountTable(std::vector<Row> rows, std::shared_ptr<Runtime> runtime)
    : rows_(std::move(rows)), runtime_(std::move(runtime)) {
    std::set<std::string> starts = {""};
    for (const Row& row : rows_) {
        if (!row.prefix.empty()) {
            starts.insert(row.prefix);
            starts.insert(end_of(row.prefix));
        }
    }
    std::vector<std::size_t> parts(rows_.size(), 0);
    for (const std::string& start : starts) {
        const std::size_t owner = owner_of(start);
        if (segments_.empty() || segments_.back().mount != owner) {
            segments_.push_back({start, owner});
            parts_of_mount_max_ = std::max(parts_of_mount_max_, ++parts[owner]);
        }
    }
    limits_ = common_capabilities(*this).limits;
}

void MountTable::release() noexcept {
    gate_.close([] {});
    gate_.wait_empty();
    for (Row& row : rows_) {
        row.backend = AnyBackend();
    }
}

std::size_t MountTable::owner_of(ByteView key) const noexcept {
    std::size_t owner = 0;
    for (std::size_t i = 1; i < rows_.size(); ++i) {
        const bool longer = rows_[i].prefix.size() > rows_[owner].prefix.size();
        owner = longer && serves(rows_[i], key) ? i : owner;
    }
    return owner;
}

std::size_t MountTable::segment_of(ByteView key) const noexcept {
    const auto after = std::upper_bound(
        segments_.begin(), segments_.end(), key,
        [](ByteView wanted, const Segment& segment) { return wanted < ByteView(segment.start); });
    return static_cast<std::size_t>(after - segments_.begin()) - 1;  // the first starts at ""
}

std::size_t MountTable::mount_of(ByteView key) const noexcept {
    return segments_[segment_of(key)].mount;
}

Capabilities common_capabilities(MountTable& table) {
    std::vector<MountTable::Row>& rows = table.rows();
    Capabilities out = rows[0].backend.capabilities();
    for (std::size_t i = 1; i < rows.size(); ++i) {
        restrict_to(out, rows[i].backend.capabilities());
    }
    // A range may become as many as its mount has parts, each with the limit of the whole.
    const std::size_t parts = table.parts_of_mount_max();
    out.limits.ranges = std::max<std::size_t>(out.limits.ranges / parts, 1);
    out.limits.read_entries = std::max<std::size_t>(out.limits.read_entries / parts, 1);
    out.limits.watched_keys = std::max<std::size_t>(out.limits.watched_keys / parts, 1);
    const bool several = rows.size() > 1;
    out.native_backup = false;  // one file of the engine's own form would hold one mount
    out.one_snapshot &= !several;
    out.one_commit &= !several;
    return out;
}

SplitRead::SplitRead(const MountTable& table, std::span<const ReadRange> ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const ReadRange& range = ranges[i];
        const auto first = static_cast<std::ptrdiff_t>(parts.size());
        table.each_part(range.start, range.end,
                        [&](std::size_t mount, ByteView start, ByteView end) {
                            if (by_mount.size() <= mount) {
                                by_mount.resize(mount + 1);
                            }
                            std::vector<ReadRange>& list = by_mount[mount];
                            mounts_used += list.empty() ? 1 : 0;
                            parts.push_back({i, mount, list.size()});
                            list.push_back({start, end, range.limit, range.reverse});
                        });
        if (range.reverse) {
            std::reverse(parts.begin() + first, parts.end());
        }
        limits.push_back(range.limit);
    }
}

Result<ReadOutput> joined_read(const SplitRead& split, std::vector<Result<ReadOutput>> outputs,
                               const std::vector<std::size_t>& asked) {
    std::vector<ReadOutput*> by_mount(split.by_mount.size(), nullptr);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!outputs[i]) {
            return std::move(outputs[i]).error();
        }
        by_mount[asked[i]] = &*outputs[i];
    }
    ReadOutput joined(split.limits.size());
    for (const ReadPart& part : split.parts) {
        EntryBatch& out = joined[part.range];
        const EntryBatch& batch = (*by_mount[part.mount])[part.index];
        for (std::size_t i = 0; i < batch.size() && out.size() < split.limits[part.range]; ++i) {
            const EntryView entry = batch[i];
            if (!out.append(entry.key, entry.data, entry.encoding, entry.versionstamp,
                            entry.expire_at_ms)) {
                return Error(ErrorCode::limit_exceeded, "the entries of one range are too large");
            }
        }
    }
    return joined;
}

}  // namespace turntable::inline v0::kv::detail
