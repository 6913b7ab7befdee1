#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"

namespace turntable::inline v0 {

/// What went wrong, as far as a caller can branch on it. The set is closed.
enum class ErrorCode : std::uint8_t {
    not_found,  ///< the thing asked for is not there
    already_exists,  ///< it is there and must not be
    permission_denied,  ///< the engine or the system refused access, or the target is read-only
    invalid_argument,  ///< the call itself is wrong: key, range, option
    type_mismatch,  ///< an operation met a value of a kind that it cannot work on
    out_of_range,  ///< a number left the bounds that the caller set
    invalid_config,  ///< a setting, URL or configuration file is wrong
    unknown_provider,  ///< no backend serves this URL
    unsupported,  ///< the backend declares that it cannot do this
    serialization,  ///< bytes do not decode, or a value has no encoding
    io,  ///< the system failed to read or write
    no_space,  ///< the disk or the quota is full
    corrupt,  ///< stored data is damaged or not of our format
    limit_exceeded,  ///< larger or more than a documented limit
    conflict,  ///< another writer was faster; nothing was written
    condition_failed,  ///< a condition of the call, such as if_match, does not hold; nothing was
                       ///< done
    busy,  ///< the engine is locked by somebody else for now
    timeout,  ///< the deadline passed; nothing was written
    cancelled,  ///< the caller asked to stop; nothing was written
    closed,  ///< the handle or backend was closed
    would_deadlock,  ///< a blocking call on a thread that must not block
    commit_unknown,  ///< a commit was submitted and its fate is not known
    backend,  ///< the engine failed in a way of its own
};

/// Whether trying again can help.
enum class Retry : std::uint8_t {
    permanent,  ///< the same call fails again
    temporary,  ///< the same call may pass later
    exhausted,  ///< it was temporary and was tried as often as allowed
};

/// The name of a code as written in its enumerator, such as "not_found".
TURNTABLE_EXPORT std::string_view to_string(ErrorCode code) noexcept;
/// The name of a retry kind as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(Retry retry) noexcept;

/// One failure: a code to branch on and the words to print.
///
/// Purpose: the only error type of the library; one pointer wide, so that Result stays small.
/// Ownership: copies share one immutable record; `with`, `during`, `on` and `because` change a
/// record that is shared by copying it first.
/// Threads: distinct objects are safe on distinct threads.
/// Errors: an Error never holds a secret: callers pass URLs through Url::masked() first.
class [[nodiscard]] TURNTABLE_EXPORT Error {
  public:
    /// A permanent error; `busy`, `conflict` and `timeout` start as temporary.
    Error(ErrorCode code, std::string message);
    Error(const Error& other) noexcept;
    Error(Error&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    Error& operator=(Error other) noexcept {
        std::swap(record_, other.record_);
        return *this;
    }
    ~Error();

    ErrorCode code() const noexcept;
    Retry retry() const noexcept;
    const std::string& message() const noexcept;
    /// The operation that failed, such as "atomic_write"; empty when not known.
    const std::string& operation() const noexcept;
    /// The URL of the store, secrets masked; empty when not known.
    const std::string& url() const noexcept;
    /// Ordered details, such as {"key", "users/42"}.
    const std::vector<std::pair<std::string, std::string>>& context() const noexcept;
    /// The engine's own number, such as a SQLite extended result code.
    std::optional<std::int64_t> backend_code() const noexcept;
    /// The error behind this one, or null.
    const Error* cause() const noexcept;

    /// Adds a detail; returns itself, for chaining.
    Error& with(std::string name, std::string value) &;
    Error&& with(std::string name, std::string value) &&;
    /// Names the operation, unless one is named already (the innermost is the most exact).
    Error& during(std::string_view operation) &;
    Error&& during(std::string_view operation) &&;
    /// Names the masked URL, unless one is named already.
    Error& on(std::string_view masked_url) &;
    Error&& on(std::string_view masked_url) &&;
    Error& because(Error cause) &;
    Error&& because(Error cause) &&;
    Error& with_retry(Retry retry) &;
    Error&& with_retry(Retry retry) &&;
    Error& with_backend_code(std::int64_t code) &;
    Error&& with_backend_code(std::int64_t code) &&;

    /// One line for people: `atomic_write on sqlite:app.db: message (code, temporary; key=value)`.
    std::string to_string() const;

  private:
    struct Record;
    Record& own();
    Record* record_;
};

}  // namespace turntable::inline v0
