#pragma once

/// \file
/// What layers of any surface have to know of a call of its contract.
/// Purpose: a policy that treats all calls alike is written once for all surfaces. A call is a
/// struct that borrows its arguments and has
///
///     using Answer = ...;                         // of make(); or, for one that opens a stream:
///     using Item = ...;                           // of open()
///     static constexpr E kind = ...;              // an enum of the surface with a to_string()
///     static constexpr CallEffect effect = ...;
///     static constexpr CallLimit limit = ...;
///     static constexpr bool commits = ...;        // a lost answer means that its fate is unknown
///     std::size_t size_bytes() const noexcept;    // of what the request carries
///     static std::size_t answer_bytes(const Answer&) noexcept;            // optional
///     std::size_t limits() const noexcept;                                // optional: see
///     TimeoutPolicy Async<Answer> make(Target&, const Context&) const;
///
/// and beside it `OwnedCall<C> own(const C&)`, which copies what it borrows, so that the call can
/// be made later.
/// Ownership: a call borrows. Threads: values. Errors: those of the backend.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::detail {

/// What a call changes, which decides whether it may be repeated.
enum class CallEffect : std::uint8_t { reads, writes, none };

/// Which limit of time holds for a call; none for what waits for something to happen.
enum class CallLimit : std::uint8_t { read, write, health, none };

/// A call with copies of what it borrows.
template <class Call>
struct OwnedCall {
    Call call;
    std::shared_ptr<const void> storage = nullptr;
};

/// The bytes that an answer carries.
template <class Call, class T>
std::size_t result_bytes(const Result<T>& result) noexcept {
    if constexpr (requires { Call::answer_bytes(*result); }) {
        return result ? Call::answer_bytes(*result) : 0;
    } else {
        return 0;
    }
}

/// The names of the calls of a surface, by their kinds.
struct CallNames {
    std::string_view surface;  ///< such as "kv"
    std::span<const std::string_view> calls;
};
/// A surface has at most so many calls.
inline constexpr std::size_t call_kinds_max = 16;

}  // namespace turntable::inline v0::detail
