#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob {

namespace {

Error bad_path(ErrorCode code, std::string_view path, std::string message) {
    constexpr std::size_t shown_bytes = 200;
    return Error(code, std::move(message)).with("path", std::string(path.substr(0, shown_bytes)));
}

/// Takes the next segment, without its slash, off the front of `rest`.
std::string_view take_segment(std::string_view& rest) noexcept {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return segment;
}

}  // namespace

Result<std::string> normalize_path(std::string_view path, const Limits& limits) {
    if (path.find('\0') != std::string_view::npos) {
        return bad_path(ErrorCode::invalid_argument, path, "a path cannot hold a NUL byte");
    }
    std::string out;
    out.reserve(path.size());
    // `a/.` is the directory a, as `a/` is.
    const bool directory = path.ends_with('/') || path == "." || path.ends_with("/.");
    for (std::string_view rest = path; !rest.empty();) {
        const std::string_view segment = take_segment(rest);
        if (segment.empty() || segment == ".") {
            continue;
        }
        if (segment == "..") {
            return bad_path(ErrorCode::invalid_argument, path,
                            "a path cannot go up with `..`; name what you mean from the root of "
                            "the store");
        }
        if (segment.size() > limits.segment_bytes_max) {
            return bad_path(ErrorCode::limit_exceeded, path,
                            "a part of the path is longer than " +
                                std::to_string(limits.segment_bytes_max) + " bytes");
        }
        out.append(segment).push_back('/');
    }
    if (!directory && !out.empty()) {
        out.pop_back();
    }
    if (out.size() > limits.path_bytes_max) {
        return bad_path(
            ErrorCode::limit_exceeded, path,
            "the path is longer than " + std::to_string(limits.path_bytes_max) + " bytes");
    }
    return out;
}

std::string_view parent_path(std::string_view path) noexcept {
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

std::string_view base_name(std::string_view path) noexcept {
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return path.substr(parent_path(path).size());
}

}  // namespace turntable::inline v0::blob
