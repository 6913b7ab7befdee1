#include "backends/http/connected.hpp"
#include "turntable/kv/http.hpp"
#include "turntable/kv/registry.hpp"

namespace turntable::inline v0::kv {

Result<void> register_http(Registry& registry, std::string access_token) {
    const auto open = [token = std::move(access_token)](
                          const ProviderConfig& config,
                          const OpenOptions& options) -> Result<AnyBackend> {
        TURNTABLE_TRY(HttpOptions settings, http_settings().from_config(config));
        if (settings.access_token.empty() && settings.token_file.empty()) {
            settings.access_token = token;
        }
        TURNTABLE_TRY(HttpBackend backend, open_http(std::move(settings), options.runtime));
        return AnyBackend(std::move(backend));
    };
    for (const char* scheme : {"http", "https"}) {
        TURNTABLE_CHECK(registry.add({.prefix = scheme,
                                      .name = scheme,
                                      .summary = "a database on a server that speaks KV Connect",
                                      .settings = http_settings().info(),
                                      .facts = capability_facts(http::capabilities_at_most())},
                                     open));
    }
    return {};
}

}  // namespace turntable::inline v0::kv
