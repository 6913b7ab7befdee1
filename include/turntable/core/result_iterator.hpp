#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "turntable/core/result.hpp"

namespace turntable::inline v0 {

/// Makes a range of anything with `Result<std::optional<T>> next()`.
///
/// Purpose: `for (auto& item : source) { if (!item) ...; use(*item); }`. Yields a Result for each
/// item; a failure is the last one.
/// Ownership: borrows the source, which must outlive it. Threads: one thread at a time.
/// Errors: those of `next`.
template <class Source, class T>
class ResultIterator {
  public:
    using value_type = Result<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = Result<T>*;
    using reference = Result<T>&;

    ResultIterator() noexcept = default;
    /// Asks for the first item.
    explicit ResultIterator(Source* source) : source_(source) { advance(); }
    Result<T>& operator*() const noexcept { return *current_; }
    Result<T>* operator->() const noexcept { return &*current_; }
    ResultIterator& operator++() {
        advance();
        return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const ResultIterator& iterator, std::default_sentinel_t) noexcept {
        return !iterator.current_.has_value();
    }

  private:
    void advance() {
        current_.reset();
        Result<std::optional<T>> item = source_->next();
        if (!item) {
            current_.emplace(std::move(item).error());
        } else if (item->has_value()) {
            current_.emplace(**std::move(item));
        }
    }

    Source* source_ = nullptr;
    mutable std::optional<Result<T>> current_;
};

}  // namespace turntable::inline v0
