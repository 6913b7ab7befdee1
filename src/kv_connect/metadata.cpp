#include "kv_connect/metadata.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kv_connect/rfc3339.hpp"

namespace turntable::inline v0::kv::connect {

namespace {

using Json = nlohmann::json;

constexpr std::string_view consistency_names[] = {"strong", "eventual"};

Error wrong(const std::string& member, const std::string& what) {
    return Error(ErrorCode::serialization,
                 "the metadata of the database are not as they should "
                 "be: " +
                     member + " " + what);
}

Result<std::string> text_of(const Json& object, const char* member) {
    const auto found = object.find(member);
    if (found == object.end() || !found->is_string() ||
        found->get_ref<const std::string&>().empty()) {
        return wrong(member, "must be a string that is not empty");
    }
    return found->get<std::string>();
}

bool is_uuid(std::string_view text) {
    constexpr std::string_view form = "00000000-0000-0000-0000-000000000000";
    if (text.size() != form.size()) {
        return false;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (form[i] == '-' ? text[i] != '-' : !digit) {
            return false;
        }
    }
    return true;
}

Result<Endpoint> endpoint_of(const Json& object, std::uint64_t version) {
    if (!object.is_object()) {
        return wrong("endpoints", "must hold objects");
    }
    Endpoint endpoint;
    TURNTABLE_TRY(endpoint.url, text_of(object, "url"));
    if (endpoint.url.ends_with('/')) {
        return wrong("url", "must not end with a slash");
    }
    if (version == 1 && endpoint.url.find("://") == std::string::npos) {
        return wrong("url", "must be absolute in version 1");
    }
    TURNTABLE_TRY(const std::string consistency, text_of(object, "consistency"));
    const auto name = std::ranges::find(consistency_names, consistency);
    if (name == std::end(consistency_names)) {
        return wrong("consistency", "must be strong or eventual");
    }
    endpoint.consistency = static_cast<Consistency>(name - std::begin(consistency_names));
    return endpoint;
}

Result<std::uint64_t> version_of(const Json& object) {
    const auto found = object.find("version");
    if (found == object.end() || !found->is_number_unsigned()) {
        return wrong("version", "must be a number");
    }
    const auto version = found->get<std::uint64_t>();
    if (version < version_min || version > version_max) {
        return Error(ErrorCode::unsupported, "the server speaks version " +
                                                 std::to_string(version) +
                                                 " of KV Connect; 1 to 3 are known here");
    }
    return version;
}

}  // namespace

std::string encode_metadata_request() { return R"({"supportedVersions":[1,2,3]})"; }

Result<std::uint64_t> choose_version(std::string_view body) {
    if (body.empty()) {
        return version_min;
    }
    const Json request = Json::parse(body, nullptr, false);
    const auto versions = request.is_object() ? request.find("supportedVersions") : request.end();
    if (!request.is_object() || versions == request.end() || !versions->is_array()) {
        return Error(ErrorCode::invalid_argument,
                     "the body must be a JSON object with an array supportedVersions");
    }
    std::uint64_t newest = 0;
    for (const Json& version : *versions) {
        if (version.is_number_unsigned() && version.get<std::uint64_t>() <= version_max) {
            newest = std::max(newest, version.get<std::uint64_t>());
        }
    }
    if (newest < version_min) {
        return Error(ErrorCode::invalid_argument,
                     "none of supportedVersions is known here; 1, 2 and 3 are");
    }
    return newest;
}

std::string encode_metadata(const DatabaseMetadata& metadata) {
    Json endpoints = Json::array();
    for (const Endpoint& endpoint : metadata.endpoints) {
        endpoints.push_back(
            {{"url", endpoint.url},
             {"consistency", consistency_names[static_cast<std::size_t>(endpoint.consistency)]}});
    }
    const Json object = {{"version", metadata.version},
                         {"databaseId", metadata.database_id},
                         {"endpoints", std::move(endpoints)},
                         {"token", metadata.token},
                         {"expiresAt", to_rfc3339(metadata.expires_at)}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<DatabaseMetadata> decode_metadata(std::string_view body) {
    const Json object = Json::parse(body, nullptr, false);
    if (!object.is_object()) {
        return wrong("the body", "must be a JSON object");
    }
    DatabaseMetadata metadata;
    TURNTABLE_TRY(metadata.version, version_of(object));
    TURNTABLE_TRY(metadata.database_id, text_of(object, "databaseId"));
    if (!is_uuid(metadata.database_id)) {
        return wrong("databaseId", "must be a UUID in lower case");
    }
    TURNTABLE_TRY(metadata.token, text_of(object, "token"));
    TURNTABLE_TRY(const std::string expires_at, text_of(object, "expiresAt"));
    const auto time = parse_rfc3339(expires_at);
    if (!time) {
        return wrong("expiresAt", "must be a time such as 2026-11-22T15:04:05Z");
    }
    metadata.expires_at = *time;
    const auto endpoints = object.find("endpoints");
    if (endpoints == object.end() || !endpoints->is_array()) {
        return wrong("endpoints", "must be an array");
    }
    for (const Json& one : *endpoints) {
        TURNTABLE_TRY(Endpoint endpoint, endpoint_of(one, metadata.version));
        metadata.endpoints.push_back(std::move(endpoint));
    }
    const auto strong = [](const Endpoint& endpoint) {
        return endpoint.consistency == Consistency::strong;
    };
    if (std::ranges::none_of(metadata.endpoints, strong)) {
        return wrong("endpoints", "must have one whose consistency is strong");
    }
    return metadata;
}

}  // namespace turntable::inline v0::kv::connect
