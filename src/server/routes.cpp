#include "server/routes.hpp"

namespace turntable::inline v0::server {

namespace {

bool cut(std::string_view& path, std::string_view prefix) noexcept {
    if (!path.starts_with(prefix)) {
        return false;
    }
    path.remove_prefix(prefix.size());
    return true;
}

RouteKind kind_of_whole(std::string_view path) noexcept {
    if (path == "/healthz") {
        return RouteKind::live;
    }
    if (path == "/readyz") {
        return RouteKind::ready;
    }
    return path == "/metrics" ? RouteKind::metrics : RouteKind::unknown;
}

}  // namespace

Route route_of(std::string_view path) noexcept {
    Route route{.kind = kind_of_whole(path)};
    if (route.kind != RouteKind::unknown) {
        return route;
    }
    if (cut(path, "/db/")) {
        const std::size_t end = path.find('/');
        route.database = path.substr(0, end);
        path.remove_prefix(route.database.size());
        if (route.database.empty()) {
            return {};
        }
    }
    if (path.empty() || path == "/") {
        route.kind = RouteKind::exchange;
    } else if (cut(path, "/kv/")) {
        route.kind = RouteKind::kv_call;
        route.call = path;
    } else if (cut(path, "/queue/")) {
        route.kind = RouteKind::queue_call;
        route.call = path;
    } else {
        return {};
    }
    return route;
}

}  // namespace turntable::inline v0::server
