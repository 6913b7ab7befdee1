#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "turntable/blob/backend.hpp"
#include "turntable/core/call_options.hpp"
#include "turntable/core/handle_core.hpp"
#include "turntable/core/result_iterator.hpp"

namespace turntable::inline v0::blob {

/// The entries of a store, pulled as they are asked for.
///
/// Purpose: `for (auto& entry : store.list("photos/")) { if (!entry) ...; use(entry->path); }`.
/// Ownership: keeps the store open.
/// Threads: one thread at a time.
/// Errors: those of the backend, also those of the call that made it; a failure is the last item.
class [[nodiscard]] TURNTABLE_EXPORT List {
  public:
    using Iterator = ResultIterator<List, Entry>;

    List(std::shared_ptr<const turntable::detail::HandleCore> core,
         Result<Stream<EntryPage>> pages);
    List(List&&) noexcept = default;
    List& operator=(List&&) noexcept = default;
    ~List();

    /// The next entry; none at the end.
    Result<std::optional<Entry>> next(const CallOptions& call = {});
    /// Once: a listing cannot be begun again.
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    std::shared_ptr<const turntable::detail::HandleCore> core_;
    std::optional<Stream<EntryPage>> pages_;
    std::optional<Error> error_;
    EntryPage page_;
    std::size_t position_ = 0;
};

}  // namespace turntable::inline v0::blob
