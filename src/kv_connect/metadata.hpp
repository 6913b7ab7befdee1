#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/kv/contract.hpp"

/// \file
/// The metadata exchange of KV Connect: which database it is, where its data path lies, and the
/// token for it, as JSON.
/// Ownership: values. Threads: values. Errors: see the calls.
namespace turntable::inline v0::kv::connect {

/// The versions of the protocol that there are.
inline constexpr std::uint64_t version_min = 1;
inline constexpr std::uint64_t version_max = 3;

/// One way to the data of a database.
struct Endpoint {
    /// Absolute, or relative to where the metadata came from; without a slash at the end.
    std::string url = {};
    Consistency consistency = Consistency::strong;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// What a server says of a database.
struct DatabaseMetadata {
    std::uint64_t version = version_max;
    /// A UUID: 36 characters, hexadecimal digits in lower case.
    std::string database_id = {};
    std::vector<Endpoint> endpoints = {};
    /// For the data path.
    std::string token = {};
    WallTime expires_at = {};

    friend bool operator==(const DatabaseMetadata&, const DatabaseMetadata&) = default;
};

/// What a client asks with.
TURNTABLE_EXPORT std::string encode_metadata_request();
/// The newest version that the client asks for and we speak. No body at all asks for version 1.
/// Errors: `invalid_argument` for other JSON, or when there is no such version.
TURNTABLE_EXPORT Result<std::uint64_t> choose_version(std::string_view body);

TURNTABLE_EXPORT std::string encode_metadata(const DatabaseMetadata& metadata);
/// Errors: `serialization`, naming the member that is wrong; `unsupported` for a later version.
TURNTABLE_EXPORT Result<DatabaseMetadata> decode_metadata(std::string_view body);

}  // namespace turntable::inline v0::kv::connect
