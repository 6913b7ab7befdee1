#pragma once

#include <cstdlib>
#include <memory>
#include <type_traits>
#include <utility>

#include "turntable/core/error.hpp"

namespace turntable::inline v0 {

namespace detail {
/// Prints the error and ends the program: a value was taken from a failed Result.
[[noreturn]] TURNTABLE_EXPORT void bad_result_access(const Error& error) noexcept;
struct Unit {};
}  // namespace detail

/// A value or the Error that says why there is none.
///
/// Purpose: the return type of every call that can fail; the layout is the same under every
/// language standard, which std::expected does not promise.
/// Ownership: owns what it holds.
/// Threads: a value; distinct objects are safe on distinct threads.
/// Errors: taking the value of a failed Result prints the error and ends the program: test first.
template <class T>
class [[nodiscard]] Result {
  public:
    using value_type = T;

    Result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(value)), ok_(true) {}
    Result(Error error) noexcept : error_(std::move(error)), ok_(false) {}
    template <class U>
        requires(std::is_constructible_v<T, U &&> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Result> &&
                 !std::is_same_v<std::remove_cvref_t<U>, Error> && std::is_convertible_v<U, T>)
    Result(U&& value) : value_(std::forward<U>(value)), ok_(true) {}

    Result(const Result& other)
        requires std::is_copy_constructible_v<T>
        : ok_(other.ok_) {
        if (ok_) {
            std::construct_at(std::addressof(value_), other.value_);
        } else {
            std::construct_at(std::addressof(error_), other.error_);
        }
    }
    Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : ok_(other.ok_) {
        if (ok_) {
            std::construct_at(std::addressof(value_), std::move(other.value_));
        } else {
            std::construct_at(std::addressof(error_), std::move(other.error_));
        }
    }
    Result& operator=(const Result& other)
        requires std::is_copy_constructible_v<T>
    {
        if (this != &other) {
            *this = Result(other);
        }
        return *this;
    }
    Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~Result() {
        if (ok_) {
            std::destroy_at(std::addressof(value_));
        } else {
            std::destroy_at(std::addressof(error_));
        }
    }

    bool has_value() const noexcept { return ok_; }
    explicit operator bool() const noexcept { return ok_; }

    T& value() & {
        check();
        return value_;
    }
    const T& value() const& {
        check();
        return value_;
    }
    T&& value() && {
        check();
        return std::move(value_);
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return std::addressof(value()); }
    const T* operator->() const { return std::addressof(value()); }

    /// The error; only on a failed Result.
    Error& error() & noexcept { return error_; }
    const Error& error() const& noexcept { return error_; }
    Error&& error() && noexcept { return std::move(error_); }

    template <class U>
    T value_or(U&& fallback) && {
        return ok_ ? std::move(value_) : static_cast<T>(std::forward<U>(fallback));
    }

    /// Calls `function` with the value and returns its Result, or passes the error on.
    template <class F>
    auto and_then(F&& function) && -> std::invoke_result_t<F, T&&> {
        if (ok_) {
            return std::forward<F>(function)(std::move(value_));
        }
        return std::move(error_);
    }
    /// Replaces the value by what `function` makes of it, or passes the error on.
    template <class F>
    auto transform(F&& function) && -> Result<std::invoke_result_t<F, T&&>> {
        if (ok_) {
            return std::forward<F>(function)(std::move(value_));
        }
        return std::move(error_);
    }

  private:
    void check() const noexcept {
        if (!ok_) [[unlikely]] {
            detail::bad_result_access(error_);
        }
    }

    union {
        T value_;
        Error error_;
    };
    bool ok_;
};

/// Success without a value, or the Error. See Result; `return {};` says success.
///
/// Purpose: the return type of a call that only succeeds or fails.
/// Ownership, threads, errors: as for Result.
template <>
class [[nodiscard]] Result<void> {
  public:
    using value_type = void;

    Result() noexcept = default;
    Result(Error error) noexcept : inner_(std::move(error)) {}

    bool has_value() const noexcept { return inner_.has_value(); }
    explicit operator bool() const noexcept { return inner_.has_value(); }
    void value() const { (void)inner_.value(); }
    Error& error() & noexcept { return inner_.error(); }
    const Error& error() const& noexcept { return inner_.error(); }
    Error&& error() && noexcept { return std::move(inner_).error(); }

  private:
    Result<detail::Unit> inner_{detail::Unit{}};
};

}  // namespace turntable::inline v0

#define TURNTABLE_DETAIL_JOIN2(a, b) a##b
#define TURNTABLE_DETAIL_JOIN(a, b) TURNTABLE_DETAIL_JOIN2(a, b)

/// Evaluates an expression that gives a Result; returns its error from the enclosing function.
#define TURNTABLE_CHECK(...)                                            \
    do {                                                                \
        if (auto turntable_result = (__VA_ARGS__); !turntable_result) { \
            return std::move(turntable_result).error();                 \
        }                                                               \
    } while (false)

/// TURNTABLE_TRY(auto x, call()): declares x as the value, or returns the error.
#define TURNTABLE_TRY(declaration, ...) \
    TURNTABLE_DETAIL_TRY(TURNTABLE_DETAIL_JOIN(turntable_try_, __LINE__), declaration, __VA_ARGS__)
#define TURNTABLE_DETAIL_TRY(name, declaration, ...) \
    auto name = (__VA_ARGS__);                       \
    if (!name) {                                     \
        return std::move(name).error();              \
    }                                                \
    declaration = *std::move(name)
