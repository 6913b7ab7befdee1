#pragma once

/// \file
/// Answers that every engine gives alike.
/// Purpose: one text for each refusal, whatever the engine. Ownership: errors own their texts;
/// owned options own what the caller's named.
/// Threads: values and pure functions. Errors: makes them.

#include <span>
#include <string>
#include <string_view>

#include "turntable/blob/contract.hpp"
#include "turntable/core/export.hpp"

namespace turntable::inline v0::blob::detail {

/// not_found
TURNTABLE_EXPORT Error absent(std::string_view path);
/// already_exists
TURNTABLE_EXPORT Error there_already(std::string_view path);
/// type_mismatch
TURNTABLE_EXPORT Error is_directory(std::string_view path);
/// conflict: remove is for what is empty.
TURNTABLE_EXPORT Error not_empty(std::string_view path);
/// condition_failed
TURNTABLE_EXPORT Error nothing_to_match(std::string_view path);

/// Whether a write may go over what is at `path`; null: nothing is.
TURNTABLE_EXPORT Result<void> check_over(const WriteOptions& options, const Metadata* present,
                                         std::string_view path);
/// limit_exceeded if a blob would have more bytes than it may.
TURNTABLE_EXPORT Result<void> check_size(std::uint64_t bytes, std::uint64_t bytes_max);

/// User metadata by name, as Metadata has it.
TURNTABLE_EXPORT UserMetadata ordered(std::span<const std::pair<std::string, std::string>> user);

/// Conditions for what goes on when the call has returned.
struct OwnedConditions {
    explicit OwnedConditions(const Conditions& conditions)
        : if_match(conditions.if_match),
          if_none_match(conditions.if_none_match),
          rest(conditions) {}
    Conditions view() const noexcept {
        Conditions out = rest;
        out.if_match = if_match;
        out.if_none_match = if_none_match;
        return out;
    }

    std::string if_match;
    std::string if_none_match;
    Conditions rest;
};

/// Options of a write for what goes on when the call has returned.
struct OwnedWrite {
    explicit OwnedWrite(const WriteOptions& options)
        : if_not_exists(options.if_not_exists),
          append(options.append),
          if_match(options.if_match),
          content_type(options.content_type),
          user(ordered(options.user)) {}
    WriteOptions view() const noexcept {
        return {.if_not_exists = if_not_exists,
                .if_match = if_match,
                .append = append,
                .content_type = content_type,
                .user = user};
    }

    bool if_not_exists;
    bool append;
    std::string if_match;
    std::string content_type;
    UserMetadata user;
};

}  // namespace turntable::inline v0::blob::detail
