#include "turntable/blob/capabilities.hpp"

namespace turntable::inline v0::blob {

std::string_view to_string(ListOrder order) noexcept {
    return order == ListOrder::path ? "path" : "none";
}

std::string_view to_string(ChecksumKind kind) noexcept {
    switch (kind) {
        case ChecksumKind::none:
            return "none";
        case ChecksumKind::xxh3:
            return "xxh3";
        case ChecksumKind::crc32c:
            return "crc32c";
        case ChecksumKind::md5:
            return "md5";
    }
    return "none";
}

std::vector<std::pair<std::string, std::string>> capability_facts(
    const Capabilities& capabilities) {
    const auto yes_no = [](bool value) { return std::string(value ? "yes" : "no"); };
    return {
        {"durability", std::string(to_string(capabilities.durability))},
        {"reopen", yes_no(capabilities.reopen)},
        {"shared", yes_no(capabilities.shared)},
        {"atomic_write", yes_no(capabilities.atomic_write)},
        {"exclusive_create", yes_no(capabilities.exclusive_create)},
        {"write_if_match", yes_no(capabilities.write_if_match)},
        {"append", yes_no(capabilities.append)},
        {"atomic_append", yes_no(capabilities.atomic_append)},
        {"remove_if_match", yes_no(capabilities.remove_if_match)},
        {"etag", yes_no(capabilities.etag)},
        {"modified", yes_no(capabilities.modified)},
        {"content_type", yes_no(capabilities.content_type)},
        {"user_metadata", yes_no(capabilities.user_metadata)},
        {"read_one_version", yes_no(capabilities.read_one_version)},
        {"atomic_rename", yes_no(capabilities.atomic_rename)},
        {"exclusive_copy", yes_no(capabilities.exclusive_copy)},
        {"directories", yes_no(capabilities.directories)},
        {"list_order", std::string(to_string(capabilities.list_order))},
        {"views", yes_no(capabilities.views)},
        {"checksum", std::string(to_string(capabilities.checksum))},
    };
}

}  // namespace turntable::inline v0::blob
