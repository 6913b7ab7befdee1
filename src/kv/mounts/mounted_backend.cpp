#include <algorithm>

#include "kv/mounts/mount_table.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/kv/limits.hpp"
#include "turntable/kv/serialized_backend.hpp"

namespace turntable::inline v0::kv {

namespace detail {

namespace {

/// Reads from the mounts that a split read names, by `ask(mount, ranges)`, and joins the answers.
template <class Ask>
Async<ReadOutput> read_split(SplitRead split, Ask ask) {
    std::vector<Async<ReadOutput>> answers;
    std::vector<std::size_t> asked;
    for (std::size_t mount = 0; mount < split.by_mount.size(); ++mount) {
        if (!split.by_mount[mount].empty()) {
            answers.push_back(ask(mount, split.by_mount[mount]));
            asked.push_back(mount);
        }
    }
    return then(when_all(std::move(answers)),
                [split = std::move(split), asked = std::move(asked)](
                    Result<std::vector<Result<ReadOutput>>>&& outputs) -> Result<ReadOutput> {
                    if (!outputs) {
                        return std::move(outputs).error();
                    }
                    return joined_read(split, *std::move(outputs), asked);
                });
}

/// A snapshot of each mount.
class MountedSnapshot final : public SnapshotSource {
  public:
    MountedSnapshot(std::shared_ptr<MountTable> table, std::vector<SnapshotHandle> snapshots)
        : table_(std::move(table)), snapshots_(std::move(snapshots)) {}
    Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) override {
        return read_split(SplitRead(*table_, ranges),
                          [&](std::size_t mount, std::span<const ReadRange> of_mount) {
                              return snapshots_[mount]->read(context, of_mount);
                          });
    }

  private:
    std::shared_ptr<MountTable> table_;
    std::vector<SnapshotHandle> snapshots_;
};

/// The mount of all keys of a write, or why there is none.
class WriteMount {
  public:
    explicit WriteMount(MountTable& table) : table_(table) {}

    void add(std::size_t mount, std::string_view what) {
        if (!mount_) {
            mount_ = mount;
            what_ = what;
        } else if (*mount_ != mount && !error_) {
            error_ = Error(ErrorCode::unsupported,
                           "an atomic write goes to one mount: its " + std::string(what_) +
                               " belongs to " + name(*mount_) + ", its " + std::string(what) +
                               " to " + name(mount) + "; split the write, or mount both together")
                         .during("atomic_write");
        }
    }
    void add_key(ByteView key, std::string_view what) { add(table_.mount_of(key), what); }
    Result<std::size_t> mount() && {
        if (error_) {
            return *std::move(error_);
        }
        return mount_.value_or(0);
    }

  private:
    std::string name(std::size_t mount) {
        const MountTable::Row& row = table_.rows()[mount];
        return mount == 0 ? "the default mount" : "the mount at " + print_key(row.prefix);
    }

    MountTable& table_;
    std::optional<std::size_t> mount_;
    std::string_view what_;
    std::optional<Error> error_;
};

Result<std::size_t> mount_of_write(MountTable& table, const AtomicWrite& write) {
    WriteMount mount(table);
    for (const Check& check : write.checks) {
        mount.add_key(check.key, "check");
    }
    for (const Mutation& mutation : write.mutations) {
        mount.add_key(mutation.key, "mutation");
    }
    for (const Enqueue& enqueue : write.enqueues) {
        mount.add(0, "message");
        for (const ByteView key : enqueue.keys_if_undelivered) {
            mount.add_key(key, "key_if_undelivered");
        }
    }
    return std::move(mount).mount();
}

/// Removes the parts of a range, each in a commit of its mount, in key order.
Async<DeleteRangeOutput> delete_parts(std::shared_ptr<MountTable> table, Context context,
                                      std::vector<std::pair<std::size_t, KeyRange>> parts) {
    DeleteRangeOutput total;
    for (const auto& [mount, range] : parts) {
        std::optional<Async<DeleteRangeOutput>> removing;
        if (const Pass pass = table->enter()) {
            removing = table->rows()[mount].backend.delete_range(context, range.start, range.end);
        } else {
            removing = Error(ErrorCode::closed, "the store was closed");
        }
        Result<DeleteRangeOutput>& removed = co_await *removing;
        if (!removed) {
            co_return std::move(removed).error().with("removed_before",
                                                      std::to_string(total.removed));
        }
        total.removed += removed->removed;
        total.versionstamp = removed->versionstamp;
    }
    co_return total;
}

Async<Health> worst_health(std::vector<Async<Health>> asked, std::vector<std::string> names) {
    auto answers = co_await when_all(std::move(asked));
    Health worst;
    for (std::size_t i = 0; i < answers->size(); ++i) {
        Result<Health>& one = (*answers)[i];
        if (!one) {
            co_return std::move(one).error().with("mount", names[i]);
        }
        if (one->state > worst.state) {
            worst.state = one->state;
            worst.reason = names[i] + ": " + one->reason;
        }
        worst.latency = std::max(worst.latency, one->latency);
    }
    co_return worst;
}

Result<void> first_error(Result<std::vector<Result<void>>>&& results) {
    for (Result<void>& result : *results) {
        TURNTABLE_CHECK(std::move(result));
    }
    return {};
}

}  // namespace

}  // namespace detail

Result<MountedBackend> MountedBackend::make(AnyBackend default_mount, std::vector<Mount> mounts,
                                            std::shared_ptr<Runtime> runtime) {
    std::vector<detail::MountTable::Row> rows;
    rows.push_back({"", "default", std::move(default_mount)});
    for (Mount& mount : mounts) {
        std::string prefix = mount.prefix.encoded().to_string();
        if (prefix.empty() || is_reserved(prefix)) {
            return Error(ErrorCode::invalid_argument,
                         "the prefix of a mount needs at least one part");
        }
        for (const detail::MountTable::Row& row : rows) {
            if (row.prefix == prefix) {
                return Error(
                    ErrorCode::invalid_argument,
                    "two mounts at " + print_key(prefix) + ": " + row.name + " and " + mount.name);
            }
        }
        rows.push_back({std::move(prefix), std::move(mount.name), std::move(mount.backend)});
    }
    for (detail::MountTable::Row& row : rows) {
        if (row.backend.capabilities().threading == Threading::serialized) {
            row.backend = AnyBackend(SerializedBackend<AnyBackend>(std::move(row.backend)));
        }
    }
    return MountedBackend(
        std::make_shared<detail::MountTable>(std::move(rows), std::move(runtime)));
}

MountedBackend::MountedBackend(std::shared_ptr<detail::MountTable> table)
    : table_(std::move(table)) {}
MountedBackend::MountedBackend(MountedBackend&&) noexcept = default;
MountedBackend::~MountedBackend() {
    if (table_ != nullptr) {
        table_->release();
    }
}

Capabilities MountedBackend::capabilities() const { return common_capabilities(*table_); }

Async<std::optional<Entry>> MountedBackend::get(const Context& context, ByteView key) {
    if (auto checked = check_read_key(key, table_->limits()); !checked) {
        return std::move(checked).error().during("get");
    }
    return table_->rows()[table_->mount_of(key)].backend.get(context, key);
}

Async<ReadOutput> MountedBackend::snapshot_read(const Context& context,
                                                std::span<const ReadRange> ranges,
                                                const ReadOptions& options) {
    if (auto checked = check_read(ranges, table_->limits()); !checked) {
        return std::move(checked).error().during("snapshot_read");
    }
    if (ranges.empty()) {
        return table_->rows()[0].backend.snapshot_read(context, ranges, options);
    }
    detail::SplitRead split(*table_, ranges);
    if (split.parts.size() == ranges.size() && split.mounts_used == 1) {
        return table_->rows()[split.parts[0].mount].backend.snapshot_read(context, ranges, options);
    }
    return detail::read_split(
        std::move(split), [&](std::size_t mount, std::span<const ReadRange> of_mount) {
            return table_->rows()[mount].backend.snapshot_read(context, of_mount, options);
        });
}

Async<CommitResult> MountedBackend::atomic_write(const Context& context, const AtomicWrite& write) {
    const std::int64_t now_ms = table_->runtime()->clock().wall_now().time_since_epoch().count();
    if (auto checked = check_write(write, table_->limits(), now_ms); !checked) {
        return std::move(checked).error().during("atomic_write");
    }
    Result<std::size_t> mount = detail::mount_of_write(*table_, write);
    if (!mount) {
        return std::move(mount).error();
    }
    return table_->rows()[*mount].backend.atomic_write(context, write);
}

Result<Stream<WatchOutput>> MountedBackend::watch(const Context& context,
                                                  std::span<const WatchTarget> targets) {
    TURNTABLE_CHECK(check_watch(targets, table_->limits()));
    std::vector<std::vector<WatchTarget>> by_mount(table_->rows().size());
    std::vector<std::vector<std::uint32_t>> origins(table_->rows().size());
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
        if (!targets[i].range_end) {
            const std::size_t mount = table_->mount_of(targets[i].key);
            by_mount[mount].push_back(targets[i]);
            origins[mount].push_back(i);
            continue;
        }
        table_->each_part(targets[i].key, *targets[i].range_end,
                          [&](std::size_t mount, ByteView start, ByteView end) {
                              by_mount[mount].push_back({start, end});
                              origins[mount].push_back(i);
                          });
    }
    std::vector<Stream<WatchOutput>> streams;
    std::vector<std::vector<std::uint32_t>> used;
    for (std::size_t mount = 0; mount < by_mount.size(); ++mount) {
        if (!by_mount[mount].empty() || (targets.empty() && mount == 0)) {
            TURNTABLE_TRY(auto stream,
                          table_->rows()[mount].backend.watch(context, by_mount[mount]));
            streams.push_back(std::move(stream));
            used.push_back(std::move(origins[mount]));
        }
    }
    return detail::merged_watch(table_->runtime(), std::move(streams), std::move(used));
}

Async<QueueMessage> MountedBackend::queue_take(const Context& context) {
    return table_->rows()[0].backend.queue_take(context);
}

Async<void> MountedBackend::queue_finish(const Context& context, std::string_view id,
                                         Delivery delivery) {
    return table_->rows()[0].backend.queue_finish(context, id, delivery);
}

Async<void> MountedBackend::queue_extend(const Context& context, std::string_view id) {
    return table_->rows()[0].backend.queue_extend(context, id);
}

Async<Health> MountedBackend::health(const Context& context) {
    std::vector<Async<Health>> asked;
    std::vector<std::string> names;
    for (detail::MountTable::Row& row : table_->rows()) {
        asked.push_back(row.backend.health(context));
        names.push_back(row.name);
    }
    return detail::worst_health(std::move(asked), std::move(names));
}

Async<void> MountedBackend::close(const Context& context) {
    std::vector<Async<void>> closing;
    for (detail::MountTable::Row& row : table_->rows()) {
        closing.push_back(row.backend.close(context));
    }
    return then(when_all(std::move(closing)), detail::first_error);
}

Async<SnapshotHandle> MountedBackend::open_snapshot(const Context& context) {
    std::vector<Async<SnapshotHandle>> opened;
    for (detail::MountTable::Row& row : table_->rows()) {
        opened.push_back(row.backend.open_snapshot(context));
    }
    return then(when_all(std::move(opened)),
                [table = table_](
                    Result<std::vector<Result<SnapshotHandle>>>&& all) -> Result<SnapshotHandle> {
                    std::vector<SnapshotHandle> snapshots;
                    for (Result<SnapshotHandle>& one : *all) {
                        if (!one) {
                            return std::move(one).error();
                        }
                        snapshots.push_back(*std::move(one));
                    }
                    return SnapshotHandle(
                        std::make_unique<detail::MountedSnapshot>(table, std::move(snapshots)));
                });
}

Async<DeleteRangeOutput> MountedBackend::delete_range(const Context& context, ByteView start,
                                                      ByteView end) {
    if (auto checked = check_range(start, end, table_->limits()); !checked) {
        return std::move(checked).error().during("delete_range");
    }
    std::vector<std::pair<std::size_t, KeyRange>> parts;
    table_->each_part(start, end, [&](std::size_t mount, ByteView from, ByteView to) {
        parts.push_back({mount, {from.to_string(), to.to_string()}});
    });
    if (parts.size() == 1) {
        return table_->rows()[parts[0].first].backend.delete_range(context, start, end);
    }
    return detail::delete_parts(table_, context, std::move(parts));
}

}  // namespace turntable::inline v0::kv
