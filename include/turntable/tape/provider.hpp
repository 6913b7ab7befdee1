#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/async.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/health.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/tape/criteria.hpp"
#include "turntable/tape/metadata.hpp"
#include "turntable/tape/storage.hpp"

/// \file
/// The tape contract: what a class must have to keep tapes.
/// Purpose: the seam between libraries of tapes and where the tapes lie.
/// Ownership: values own what they hold. Threads: values. Errors: see Provider.
namespace turntable::inline v0::tape {

/// A tape to be kept.
struct SaveRequest {
    /// The whole content, in either form; its head has the id.
    std::shared_ptr<Source> content = nullptr;
    /// None: those that initial_labels() gives.
    std::optional<Labels> labels = {};
    /// Take the place of a tape of this id; else that is `already_exists`.
    bool replace = false;
};

/// A tape with its content.
struct StoredTape {
    TapeMetadata metadata = {};
    Bytes content = {};
};

/// Which bytes of a content; a length beyond the end means up to it.
struct ContentRange {
    std::uint64_t offset = 0;
    std::uint64_t length = ~std::uint64_t{0};
};

/// How an index is compared with the contents.
struct InspectOptions {
    /// Read every content, not only its size.
    bool contents = false;
    /// Make the index again where it does not fit.
    bool repair = false;
};

/// One thing in which index and content differ, or that is wrong with a content.
struct IndexProblem {
    enum class Kind : std::uint8_t {
        no_row,  ///< a content that the index does not know
        no_content,  ///< a row of the index without a content
        stale,  ///< the row says something else than the content
        damaged,  ///< the content cannot be read, or only in parts; repair leaves it alone
        stray,  ///< labels of a tape that is not there
    };
    std::string id = {};
    Kind kind = Kind::no_row;
    std::string what = {};
};
TURNTABLE_EXPORT std::string_view to_string(IndexProblem::Kind kind) noexcept;

/// What an inspection found.
struct InspectReport {
    std::uint64_t tapes = 0;
    std::vector<IndexProblem> problems = {};
    /// How many of them were put right.
    std::uint64_t repaired = 0;
};

/// An answer for each tape of many that were to be saved, in their order.
using SavedTapes = std::vector<Result<TapeMetadata>>;

/// The tape contract. No base class: anything that models this goes into tape::AnyProvider as it
/// is.
///
/// Purpose: keeping, finding and reading tapes. An id that is none, see check_tape_id, is
/// `invalid_argument` to every call; names are labels, and never lead anywhere. The suite in
/// turntable/conformance/tape tries all that is said here.
/// Ownership: whoever holds the provider. Its destructor returns when nothing of it runs any more;
/// open streams may outlive it and then give `closed`, or go on.
/// Threads: any. A view lives until the call returns: who goes on pending copies.
/// Errors: each call answers with a Result: `not_found`, `already_exists`, `closed` after close;
/// `corrupt` for what is no tape, `no_space`, `io`; `commit_unknown` when the fate of a submitted
/// change is not known; otherwise the engine's. A provider that is read-only answers changes with
/// `permission_denied`, one that cannot append answers that with `unsupported`.
///
/// - save_tape: keeps the whole tape, or nothing of it.
/// - load_tape: metadata and content, of one tape also while another takes its place. stream: a
///   range of the content, piece by piece; an empty stream at the end. It never goes on with the
///   content of another tape.
/// - append: bytes of a tape that is being recorded, whole records at a time, at `offset`; offset 0
///   begins a tape, which must not be there, with its head. Gives the bytes that the content has
///   then. Repeated with the same bytes it changes nothing and gives the same answer, so that a
///   retry cannot double a record; other bytes, or an offset beyond the end, are `conflict`.
/// - delete_tape: `not_found` if there is none.
/// - list_tapes: a page that holds what select_page would say of all tapes.
/// - get_metadata; update_metadata: changes labels.
/// - close: refuses new calls, waits for the rest. A second close is fine.
template <class P>
concept Provider =
    requires(P& provider, const Context& context, std::string_view id, const SaveRequest& request,
             std::uint64_t offset, ByteView bytes, const ContentRange& range,
             const SearchCriteria& criteria, const LabelChange& change) {
        { provider.save_tape(context, request) } -> std::same_as<Async<TapeMetadata>>;
        { provider.load_tape(context, id) } -> std::same_as<Async<StoredTape>>;
        { provider.append(context, id, offset, bytes) } -> std::same_as<Async<std::uint64_t>>;
        { provider.stream(context, id, range) } -> std::same_as<Result<Stream<Bytes>>>;
        { provider.delete_tape(context, id) } -> std::same_as<Async<void>>;
        { provider.list_tapes(context, criteria) } -> std::same_as<Async<TapePage>>;
        { provider.get_metadata(context, id) } -> std::same_as<Async<TapeMetadata>>;
        { provider.update_metadata(context, id, change) } -> std::same_as<Async<TapeMetadata>>;
        { provider.close(context) } -> std::same_as<Async<void>>;
    };

/// Optional: how the provider is. Without it a provider is healthy.
template <class P>
concept ProviderWithHealth = requires(P& provider, const Context& context) {
    { provider.health_check(context) } -> std::same_as<Async<Health>>;
};

/// Optional: nothing more is appended to a tape for now, so that its metadata are brought up to
/// date. Without it they are at all times.
template <class P>
concept ProviderWithFinish = requires(P& provider, const Context& context, std::string_view id) {
    { provider.finish_tape(context, id) } -> std::same_as<Async<TapeMetadata>>;
};

/// Optional: many tapes at once, for less than each by itself would cost: an answer for each, in
/// their order. An error of the whole call says of all of them what it would say of one. Without it
/// they are saved one after the other.
template <class P>
concept ProviderWithBatch =
    requires(P& provider, const Context& context, const std::vector<SaveRequest>& requests) {
        { provider.save_tapes(context, requests) } -> std::same_as<Async<SavedTapes>>;
    };

/// Optional: compares an index with contents. Without it there is nothing that could differ.
template <class P>
concept ProviderWithInspect =
    requires(P& provider, const Context& context, const InspectOptions& options) {
        { provider.inspect(context, options) } -> std::same_as<Async<InspectReport>>;
    };

/// Whether save_tapes() is more than many calls. A layer answers for what is below it.
template <Provider P>
bool provider_saves_in_batches(P& provider) noexcept {
    if constexpr (requires { provider.saves_in_batches(); }) {
        return provider.saves_in_batches();
    } else {
        return ProviderWithBatch<P>;
    }
}

namespace detail {

/// One after the other; waits for each.
template <class P>
Async<SavedTapes> save_each(P& provider, const Context& context,
                            const std::vector<SaveRequest>& requests) {
    SavedTapes saved;
    saved.reserve(requests.size());
    for (const SaveRequest& request : requests) {
        saved.push_back(provider.save_tape(context, request).wait());
    }
    return saved;
}

}  // namespace detail

// The optional calls on any provider.

/// Without the optional call they are saved one after the other, and this waits for each.
template <Provider P>
Async<SavedTapes> provider_save_tapes(P& provider, const Context& context,
                                      const std::vector<SaveRequest>& requests) {
    if constexpr (ProviderWithBatch<P>) {
        return provider.save_tapes(context, requests);
    } else {
        return detail::save_each(provider, context, requests);
    }
}
template <Provider P>
Async<Health> provider_health(P& provider, const Context& context) {
    if constexpr (ProviderWithHealth<P>) {
        return provider.health_check(context);
    } else {
        return Health{};
    }
}
template <Provider P>
Async<TapeMetadata> provider_finish_tape(P& provider, const Context& context, std::string_view id) {
    if constexpr (ProviderWithFinish<P>) {
        return provider.finish_tape(context, id);
    } else {
        return provider.get_metadata(context, id);
    }
}
template <Provider P>
Async<InspectReport> provider_inspect(P& provider, const Context& context,
                                      const InspectOptions& options) {
    if constexpr (ProviderWithInspect<P>) {
        return provider.inspect(context, options);
    } else {
        return InspectReport{};
    }
}

}  // namespace turntable::inline v0::tape
