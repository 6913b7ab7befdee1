#include "turntable/kv/layers/prefix.hpp"

#include <algorithm>

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv {

namespace detail {

namespace {

/// A watch whose keys lose the prefix.
class UnprefixedWatch final : public StreamSource<WatchOutput> {
  public:
    UnprefixedWatch(Stream<WatchOutput> stream, std::size_t prefix_bytes)
        : stream_(std::move(stream)), prefix_bytes_(prefix_bytes) {}
    Async<std::optional<WatchOutput>> next(const Context& context) override {
        return tap(stream_.next(context),
                   [bytes = prefix_bytes_](Result<std::optional<WatchOutput>>& output) {
                       if (output && *output) {
                           for (WatchChange& change : **output) {
                               change.key = change.key.slice(bytes);
                           }
                       }
                   });
    }

  private:
    Stream<WatchOutput> stream_;
    std::size_t prefix_bytes_;
};

class PrefixedSnapshot final : public SnapshotSource {
  public:
    PrefixedSnapshot(SnapshotHandle inner, std::shared_ptr<const std::string> prefix,
                     const Limits& limits)
        : inner_(std::move(inner)), prefix_(std::move(prefix)), limits_(limits) {}
    Async<ReadOutput> read(const Context& context, std::span<const ReadRange> ranges) override {
        if (auto checked = check_read(ranges, limits_); !checked) {
            return std::move(checked).error();
        }
        PrefixedRequest request(*prefix_);
        return tap(
            inner_->read(context, request.ranges(ranges)),
            [bytes = prefix_->size()](Result<ReadOutput>& output) { drop_prefix(output, bytes); });
    }

  private:
    SnapshotHandle inner_;
    std::shared_ptr<const std::string> prefix_;
    Limits limits_;
};

std::size_t less(std::size_t limit, std::size_t by) noexcept { return limit > by ? limit - by : 0; }

}  // namespace

Capabilities prefixed_capabilities(Capabilities can, std::size_t prefix_bytes) {
    Limits& limits = can.limits;
    limits.key_bytes = less(limits.key_bytes, prefix_bytes);
    limits.read_key_bytes = less(limits.read_key_bytes, prefix_bytes);
    // A write of the most mutations and checks must still fit with all of its prefixes; where that
    // would take more than half of it, the inner backend refuses what is too large.
    const std::size_t keys = limits.checks + limits.mutations;
    const auto shrunk = [&](std::size_t limit, std::size_t count) {
        return std::max(limit / 2, less(limit, prefix_bytes * count));
    };
    limits.write_bytes = shrunk(limits.write_bytes, keys);
    limits.write_key_bytes = shrunk(limits.write_key_bytes, limits.mutations);
    can.queue = false;
    can.native_backup = false;
    return can;
}

PrefixedRequest::~PrefixedRequest() = default;

void PrefixedRequest::reserve(std::size_t bytes) {
    next_ = small_.data();
    if (bytes > small_.size()) {
        large_.resize(bytes);
        next_ = large_.data();
    }
}

ByteView PrefixedRequest::key(ByteView key) {
    if (next_ == nullptr) {
        reserve(prefix_.size() + key.size());
    }
    char* const start = next_;
    next_ = std::ranges::copy(prefix_, next_).out;
    next_ = std::ranges::copy(key, next_).out;
    return {start, prefix_.size() + key.size()};
}

std::span<const ReadRange> PrefixedRequest::ranges(std::span<const ReadRange> ranges) {
    std::size_t bytes = 0;
    for (const ReadRange& range : ranges) {
        bytes += 2 * prefix_.size() + range.start.size() + range.end.size();
    }
    reserve(bytes);
    ranges_.assign(ranges.begin(), ranges.end());
    for (ReadRange& range : ranges_) {
        range.start = key(range.start);
        range.end = key(range.end);
    }
    return ranges_;
}

std::span<const WatchTarget> PrefixedRequest::targets(std::span<const WatchTarget> targets) {
    std::size_t bytes = 0;
    for (const WatchTarget& target : targets) {
        bytes += 2 * prefix_.size() + target.key.size();
        bytes += target.range_end ? target.range_end->size() : 0;
    }
    reserve(bytes);
    targets_.assign(targets.begin(), targets.end());
    for (WatchTarget& target : targets_) {
        target.key = key(target.key);
        if (target.range_end) {
            target.range_end = key(*target.range_end);
        }
    }
    return targets_;
}

AtomicWrite PrefixedRequest::write(const AtomicWrite& write) {
    checks_.assign(write.checks.begin(), write.checks.end());
    mutations_.assign(write.mutations.begin(), write.mutations.end());
    std::size_t bytes = 0;
    for (const Check& check : checks_) {
        bytes += prefix_.size() + check.key.size();
    }
    for (const Mutation& mutation : mutations_) {
        bytes += prefix_.size() + mutation.key.size();
    }
    reserve(bytes);
    for (Check& check : checks_) {
        check.key = key(check.key);
    }
    for (Mutation& mutation : mutations_) {
        mutation.key = key(mutation.key);
    }
    return {.checks = checks_, .mutations = mutations_};
}

Stream<WatchOutput> unprefixed_watch(Stream<WatchOutput> stream, std::size_t prefix_bytes) {
    return Stream<WatchOutput>(std::make_unique<UnprefixedWatch>(std::move(stream), prefix_bytes));
}

SnapshotHandle prefixed_snapshot(SnapshotHandle inner, std::shared_ptr<const std::string> prefix,
                                 const Limits& limits) {
    return std::make_unique<PrefixedSnapshot>(std::move(inner), std::move(prefix), limits);
}

namespace {
struct PrefixSettings {
    std::string parts{};
};
}  // namespace

BuiltInLayer prefix_layer() {
    static const SettingsDescription<PrefixSettings> settings =
        SettingsDescription<PrefixSettings>("prefix",
                                            "Puts the same parts before every key: a namespace.")
            .field("parts", &PrefixSettings::parts,
                   "The parts, written as the command line takes a key: tenants/7.")
            .required()
            .check([](const PrefixSettings& given) -> Result<void> {
                if (auto key = parse_key(given.parts); !key || key->encoded().empty()) {
                    return Error(ErrorCode::invalid_config,
                                 key ? "the prefix is no key"
                                     : "the prefix is no key: " + key.error().message());
                }
                return {};
            });
    return built_in_layer<AnyBackend>(
        settings, [](AnyBackend inner, PrefixSettings given, const LayerPlace& place) {
            return AnyBackend(PrefixLayer<AnyBackend>(
                std::move(inner), parse_key(given.parts).value(), place.runtime));
        });
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
