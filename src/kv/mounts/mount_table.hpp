#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "turntable/core/gate.hpp"
#include "turntable/kv/mounts.hpp"

namespace turntable::inline v0::kv::detail {

/// Which mount serves which keys. The first mount is the default one.
///
/// Purpose: the routing of MountedBackend. Ownership: owns the backends.
/// Threads: const use from any thread. Errors: see MountedBackend.
class MountTable {
  public:
    struct Row {
        std::string prefix;  // empty: the default mount
        std::string name;
        AnyBackend backend;
    };

    MountTable(std::vector<Row> rows, std::shared_ptr<Runtime> runtime);

    /// The index of the row that serves this key.
    std::size_t mount_of(ByteView key) const noexcept;
    std::vector<Row>& rows() noexcept { return rows_; }
    const std::shared_ptr<Runtime>& runtime() const noexcept { return runtime_; }
    /// To be held by who calls a backend later; false once the backends are gone.
    Pass enter() { return Pass(gate_); }
    /// Destroys the backends; the routing stays, for snapshots that live on.
    void release() noexcept;
    /// What all mounts take, as known when they were put together.
    const Limits& limits() const noexcept { return limits_; }
    /// The most parts of the keys that one mount serves; one range may need as many.
    std::size_t parts_of_mount_max() const noexcept { return parts_of_mount_max_; }

    /// Calls `function(mount, start, end)` for each part of the range, in key order; once for a
    /// range that is empty or inverted, which is then for its mount to refuse.
    template <class F>
    void each_part(ByteView start, ByteView end, F function) const {
        std::size_t at = segment_of(start);
        while (true) {
            const bool last =
                at + 1 == segments_.size() || end <= ByteView(segments_[at + 1].start);
            const ByteView part_end = last ? end : ByteView(segments_[at + 1].start);
            function(segments_[at].mount, start, part_end);
            if (last) {
                return;
            }
            start = part_end;
            ++at;
        }
    }

  private:
    /// The keys from `start` up to the start of the next segment.
    struct Segment {
        std::string start;
        std::size_t mount;
    };
    std::size_t segment_of(ByteView key) const noexcept;
    std::size_t owner_of(ByteView key) const noexcept;

    std::vector<Row> rows_;
    std::vector<Segment> segments_;
    std::size_t parts_of_mount_max_ = 1;
    Limits limits_;
    std::shared_ptr<Runtime> runtime_;
    Gate gate_;
};

/// What all mounts can do.
Capabilities common_capabilities(MountTable& table);

/// One range of a read, cut where mounts begin and end.
struct ReadPart {
    std::size_t range;
    std::size_t mount;
    std::size_t index;  // among the ranges for its mount
};

/// A read of several ranges, sorted by mount; borrows the bounds.
struct SplitRead {
    SplitRead(const MountTable& table, std::span<const ReadRange> ranges);

    std::vector<ReadPart> parts;  // range by range, in the order in which entries come
    std::vector<std::vector<ReadRange>> by_mount;
    std::vector<std::uint32_t> limits;  // of each range
    std::size_t mounts_used = 0;
};

/// Puts the answers of the mounts together; `outputs` by mount, empty where it was not asked.
Result<ReadOutput> joined_read(const SplitRead& split, std::vector<Result<ReadOutput>> outputs,
                               const std::vector<std::size_t>& asked);

/// Watches of several mounts as one. `origins` names for each target of each stream the target of
/// the whole watch.
Stream<WatchOutput> merged_watch(std::shared_ptr<Runtime> runtime,
                                 std::vector<Stream<WatchOutput>> streams,
                                 std::vector<std::vector<std::uint32_t>> origins);

}  // namespace turntable::inline v0::kv::detail
