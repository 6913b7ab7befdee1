#include "turntable/kv/layers/read_only.hpp"

#include "kv/layers/built_in.hpp"

namespace turntable::inline v0::kv::detail {

namespace {}  // namespace

Error read_only_error(std::string_view operation) {
    return Error(ErrorCode::permission_denied, "the store is read-only by its layer read_only")
        .during(operation);
}

BuiltInLayer read_only_layer() {
    static const SettingsDescription<NoSettings> settings("read_only",
                                                          "Refuses everything that writes.");
    return built_in_layer(settings, [](AnyBackend inner, NoSettings, const LayerPlace&) {
        return AnyBackend(ReadOnlyLayer<AnyBackend>(std::move(inner)));
    });
}

}  // namespace turntable::inline v0::kv::detail
