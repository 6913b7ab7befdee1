#include <algorithm>
#include <utility>

#include "turntable/blob/detail/answers.hpp"

namespace turntable::inline v0::blob::detail {

namespace {

Error about(ErrorCode code, std::string_view message, std::string_view path) {
    return Error(code, std::string(message)).with("path", std::string(path));
}

}  // namespace

Error absent(std::string_view path) {
    return about(ErrorCode::not_found, "there is no such blob", path);
}

Error there_already(std::string_view path) {
    return about(ErrorCode::already_exists, "a blob of this name is there already", path);
}

Error is_directory(std::string_view path) {
    return about(ErrorCode::type_mismatch, "this is a directory, and a file is needed", path);
}

Error not_empty(std::string_view path) {
    return about(ErrorCode::conflict, "the directory is not empty; see remove_all", path)
        .with_retry(Retry::permanent);
}

Error nothing_to_match(std::string_view path) {
    return about(ErrorCode::condition_failed, "there is no blob for if_match to match", path);
}

Result<void> check_over(const WriteOptions& options, const Metadata* present,
                        std::string_view path) {
    if (options.if_not_exists && present != nullptr) {
        return there_already(path);
    }
    if (options.if_match.empty()) {
        return {};
    }
    return present == nullptr ? nothing_to_match(path)
                              : check(Conditions{.if_match = options.if_match}, *present);
}

Result<void> check_size(std::uint64_t bytes, std::uint64_t bytes_max) {
    if (bytes <= bytes_max) {
        return {};
    }
    return Error(ErrorCode::limit_exceeded,
                 "a blob of this store has at most " + std::to_string(bytes_max) + " bytes");
}

UserMetadata ordered(std::span<const std::pair<std::string, std::string>> user) {
    UserMetadata out(user.begin(), user.end());
    std::ranges::sort(out);
    return out;
}

}  // namespace turntable::inline v0::blob::detail
