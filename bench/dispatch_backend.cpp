#include "dispatch_backend.hpp"

#include "harness.hpp"

namespace turntable_bench {

TrivialBackend::TrivialBackend() : key_("key00001"), value_("value001") {}

Async<std::optional<kv::Entry>> TrivialBackend::get(const Context&, ByteView key) {
    if (key != ByteView(key_)) {
        return std::optional<kv::Entry>();
    }
    return std::optional<kv::Entry>(kv::Entry{value_, {}});
}

MapBackend::MapBackend() {
    static const Map shared = make_map();
    map_ = &shared;
}

MapBackend::Map MapBackend::make_map() {
    Map map;
    for (int i = 0; i < key_count; ++i) {
        const auto number = static_cast<std::uint64_t>(i);
        map.emplace(key_text(number), value_text(number));
    }
    return map;
}

Async<std::optional<kv::Entry>> MapBackend::get(const Context&, ByteView key) {
    const auto found = map_->find(key.text());
    if (found == map_->end()) {
        return std::optional<kv::Entry>();
    }
    return std::optional<kv::Entry>(kv::Entry{found->second, {}});
}

namespace {

class VirtualTrivial final : public VirtualGet {
  public:
    std::optional<kv::Entry> get(const Context&, ByteView key) override {
        if (key != ByteView(key_)) {
            return std::nullopt;
        }
        return kv::Entry{value_, {}};
    }

  private:
    std::string key_{"key00001"};
    kv::Value value_{"value001"};
};

}  // namespace

std::unique_ptr<VirtualGet> make_virtual_get() { return std::make_unique<VirtualTrivial>(); }

}  // namespace turntable_bench
