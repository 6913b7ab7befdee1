#include <algorithm>
#include <string>

#include "turntable/blob/handle_state.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::detail {

namespace {

Error unsupported(std::string_view option) {
    return Error(ErrorCode::unsupported, "this store does not support " + std::string(option) +
                                             "; its capabilities say so");
}

Error read_only() { return Error(ErrorCode::permission_denied, "the store was opened read-only"); }

bool is_metadata_name(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

Result<void> check_user(const WriteOptions& options, const Limits& limits) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : options.user) {
        if (!is_metadata_name(name)) {
            return Error(ErrorCode::invalid_argument,
                         "a name of user metadata has only a-z, 0-9, '-', '_' and '.'")
                .with("name", name);
        }
        if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
            return Error(ErrorCode::invalid_argument,
                         "a value of user metadata cannot hold control characters")
                .with("name", name);
        }
        bytes += name.size() + value.size();
    }
    if (bytes > limits.user_metadata_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "names and values of user metadata are longer than " +
                         std::to_string(limits.user_metadata_bytes_max) + " bytes together");
    }
    return {};
}

}  // namespace

Result<std::string> file_path(std::string_view path, const Limits& limits) {
    TURNTABLE_TRY(std::string out, normalize_path(path, limits));
    if (is_directory_path(out)) {
        return Error(ErrorCode::type_mismatch, "this path names a directory, and a file is needed")
            .with("path", std::string(path));
    }
    return out;
}

Result<std::string> directory_path(std::string_view path, const Limits& limits) {
    TURNTABLE_TRY(std::string out, normalize_path(path, limits));
    if (!is_directory_path(out)) {  // the root is one as it is
        out.push_back('/');
    }
    return out;
}

Result<PathPair> file_paths(std::string_view from, std::string_view to, const Limits& limits) {
    TURNTABLE_TRY(std::string source, file_path(from, limits));
    TURNTABLE_TRY(std::string target, file_path(to, limits));
    if (source == target) {
        return Error(ErrorCode::invalid_argument, "both paths are the same").with("path", source);
    }
    return PathPair{std::move(source), std::move(target)};
}

Result<void> check(const Conditions& conditions, const Capabilities& capabilities) {
    if ((!conditions.if_match.empty() || !conditions.if_none_match.empty()) && !capabilities.etag) {
        return unsupported("if_match and if_none_match");
    }
    if ((conditions.if_modified_since_ms || conditions.if_unmodified_since_ms) &&
        !capabilities.modified) {
        return unsupported("if_modified_since and if_unmodified_since");
    }
    return {};
}

Result<void> check(const WriteOptions& options, const Capabilities& capabilities) {
    if (capabilities.read_only) {
        return read_only();
    }
    if (options.if_not_exists && (!options.if_match.empty() || options.append)) {
        return Error(ErrorCode::invalid_argument,
                     "if_not_exists goes with neither if_match nor append");
    }
    if (options.append && (!options.content_type.empty() || !options.user.empty())) {
        return Error(ErrorCode::invalid_argument, "an append keeps the attributes that are there");
    }
    if (options.if_not_exists && !capabilities.exclusive_create) {
        return unsupported("if_not_exists");
    }
    if (!options.if_match.empty() && !capabilities.write_if_match) {
        return unsupported("if_match in a write");
    }
    if (options.append && !capabilities.append) {
        return unsupported("append");
    }
    if (!options.content_type.empty() && !capabilities.content_type) {
        return unsupported("content_type");
    }
    if (!options.user.empty() && !capabilities.user_metadata) {
        return unsupported("user metadata");
    }
    return check_user(options, capabilities.limits);
}

Result<void> check(const RemoveOptions& options, const Capabilities& capabilities) {
    if (capabilities.read_only) {
        return read_only();
    }
    if (!options.if_match.empty() && !capabilities.remove_if_match) {
        return unsupported("if_match in a removal");
    }
    return {};
}

Result<void> check(const CopyOptions& options, const Capabilities& capabilities) {
    if (capabilities.read_only) {
        return read_only();
    }
    if (options.if_not_exists && !capabilities.exclusive_copy) {
        return unsupported("if_not_exists in a copy");
    }
    if (!options.if_match.empty() && !capabilities.etag) {
        return unsupported("if_match in a copy");
    }
    return {};
}

Result<void> check(const RenameOptions& options, const Capabilities& capabilities) {
    if (capabilities.read_only) {
        return read_only();
    }
    if (options.if_not_exists && !capabilities.exclusive_copy) {
        return unsupported("if_not_exists in a rename");
    }
    return {};
}

}  // namespace turntable::inline v0::blob::detail
