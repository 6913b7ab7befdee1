#pragma once

#include <map>
#include <memory>
#include <string>

#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/layer.hpp"

namespace turntable_bench {

using turntable::Async;
using turntable::Bytes;
using turntable::ByteView;
using turntable::Context;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

/// The calls that the dispatch benchmarks do not make.
class OtherCalls {
  public:
    kv::Capabilities capabilities() const { return {}; }
    Async<kv::ReadOutput> snapshot_read(const Context&, std::span<const kv::ReadRange>,
                                        const kv::ReadOptions&) {
        return none();
    }
    Async<kv::CommitResult> atomic_write(const Context&, const kv::AtomicWrite&) { return none(); }
    Result<turntable::Stream<kv::WatchOutput>> watch(const Context&,
                                                     std::span<const kv::WatchTarget>) {
        return none();
    }
    Async<kv::QueueMessage> queue_take(const Context&) { return none(); }
    Async<void> queue_finish(const Context&, std::string_view, kv::Delivery) { return none(); }
    Async<void> queue_extend(const Context&, std::string_view) { return none(); }
    Async<turntable::Health> health(const Context&) { return none(); }
    Async<void> close(const Context&) { return none(); }

  private:
    static Error none() { return {ErrorCode::unsupported, "only get is measured"}; }
};

/// One entry: the cost of a get is the cost of reaching it.
class TrivialBackend : public OtherCalls {
  public:
    TrivialBackend();
    Async<std::optional<kv::Entry>> get(const Context& context, ByteView key);

  private:
    std::string key_;
    kv::Value value_;
};

/// A real map of `key_count` entries: what a get costs in practice. All of them share one map,
/// since where its nodes lie in memory makes more of a difference than what is measured.
class MapBackend : public OtherCalls {
  public:
    MapBackend();
    Async<std::optional<kv::Entry>> get(const Context& context, ByteView key);

  private:
    using Map = std::map<std::string, kv::Value, std::less<>>;
    static Map make_map();

    const Map* map_;
};

/// The plain virtual call that trivial gets are compared with; same work, same result.
class VirtualGet {
  public:
    VirtualGet() = default;
    VirtualGet(const VirtualGet&) = delete;
    VirtualGet& operator=(const VirtualGet&) = delete;
    virtual ~VirtualGet() = default;
    virtual std::optional<kv::Entry> get(const Context& context, ByteView key) = 0;
};
std::unique_ptr<VirtualGet> make_virtual_get();

/// A layer that does nothing.
class PassThrough : public kv::Layer<kv::AnyBackend> {
  public:
    using kv::Layer<kv::AnyBackend>::Layer;
};

}  // namespace turntable_bench
