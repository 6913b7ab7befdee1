#include "interop/differential/differences.hpp"

#include <algorithm>

namespace turntable::test {

namespace {

struct Meaning {
    std::string_view fragment;
    ErrorCode code;
};

constexpr Meaning meanings[] = {
    {"key cannot be empty", ErrorCode::invalid_argument},
    {"requires more than 255 bytes", ErrorCode::invalid_argument},
    {"Invalid check", ErrorCode::invalid_argument},
    {"Key too large", ErrorCode::limit_exceeded},
    {"Value too large", ErrorCode::limit_exceeded},
    {"Too many", ErrorCode::limit_exceeded},
    {"Total mutation size too large", ErrorCode::limit_exceeded},
    {"Total key size too large", ErrorCode::limit_exceeded},
    {"enqueue payload too large", ErrorCode::limit_exceeded},
    {"max 5 intervals allowed", ErrorCode::limit_exceeded},
    {"interval at index", ErrorCode::limit_exceeded},
    {"Delay cannot be greater", ErrorCode::limit_exceeded},
    {"Delay must be >= 0", ErrorCode::invalid_argument},
    {"Start key is greater than end key", ErrorCode::invalid_argument},
    {"is not in the keyspace defined by prefix", ErrorCode::invalid_argument},
    {"Selector can not specify both", ErrorCode::invalid_argument},
    {"must be a positive integer", ErrorCode::invalid_argument},
    {"cursor", ErrorCode::invalid_argument},
    {"Failed to perform", ErrorCode::type_mismatch},
    {"Cannot sum", ErrorCode::type_mismatch},
    {"unsupported value type", ErrorCode::type_mismatch},
    {"Some of the parameters are not valid V8 values", ErrorCode::type_mismatch},
};

bool is_error(std::string_view deno) { return deno.starts_with("error "); }

bool names(const Operation& operation, std::size_t key) {
    return std::ranges::find(operation.keys, key) != operation.keys.end();
}

// What is not here has a test of its own in differential_test.cpp: half-applied writes, entries
// that have expired, the list of failed checks.
constexpr Difference differences[] = {
    {"the empty key is no key in reads either",
     "Deno refuses it in writes only and answers reads with an absent entry",
     [](const Operation& operation, const KeyPool& pool, std::string_view deno,
        const Outcome& ours) {
         return names(operation, pool.empty) && !is_error(deno) &&
                ours.error == ErrorCode::invalid_argument;
     }},
    {"a key of 2049 bytes can be got",
     "Deno's limit of 2049 bytes for keys that are read counts the byte after the key, which its "
     "get adds; a list may name such a key there too",
     [](const Operation& operation, const KeyPool& pool, std::string_view deno, const Outcome&) {
         return names(operation, pool.bytes_2049) &&
                code_of_deno(deno) == ErrorCode::limit_exceeded;
     }},
    {"keys for undelivered messages are checked when the message is sent",
     "Deno takes any keys and any number of them, and writes what no client can read, or fails, "
     "when the last attempt has failed",
     [](const Operation& operation, const KeyPool&, std::string_view deno, const Outcome& ours) {
         return deno == "committed" && ours.error && operation.enqueues.size() == 1 &&
                operation.enqueues[0].payload.text == only_in_deno;
     }},
};

}  // namespace

std::optional<ErrorCode> code_of_deno(std::string_view message) {
    for (const Meaning& meaning : meanings) {
        if (message.find(meaning.fragment) != std::string_view::npos) {
            return meaning.code;
        }
    }
    return std::nullopt;
}

std::optional<std::string> intended_difference(const Operation& operation, const KeyPool& pool,
                                               std::string_view deno, const Outcome& ours) {
    for (const Difference& difference : differences) {
        if (difference.covers(operation, pool, deno, ours)) {
            return std::string(difference.name);
        }
    }
    return std::nullopt;
}

}  // namespace turntable::test
