#pragma once

/// \file
/// The calls of the tape contract as values.
/// Purpose: layers that treat all calls alike are written over these; see core/layers/call.hpp.
/// Ownership: a call borrows. Threads: values. Errors: those of the provider.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/layers/call.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/tape/provider.hpp"

namespace turntable::inline v0::tape {

/// The calls of the contract, as metrics and logs name them.
enum class CallKind : std::uint8_t {
    save_tape,
    save_tapes,
    load_tape,
    append,
    stream,
    delete_tape,
    list_tapes,
    get_metadata,
    update_metadata,
    finish_tape,
    inspect,
    health_check,
    close,
};
inline constexpr std::size_t call_kind_count = 13;

/// The name of a call as written in its enumerator.
TURNTABLE_EXPORT std::string_view to_string(CallKind kind) noexcept;

namespace detail {

using turntable::detail::CallEffect;
using turntable::detail::CallLimit;
using turntable::detail::OwnedCall;

/// The names of the calls, for metrics and logs.
TURNTABLE_EXPORT const turntable::detail::CallNames& call_names() noexcept;

/// What most calls have.
template <CallKind Kind, CallEffect Effect>
struct CallTraits {
    static constexpr CallKind kind = Kind;
    static constexpr CallEffect effect = Effect;
    static constexpr CallLimit limit =
        Effect == CallEffect::reads ? CallLimit::read : CallLimit::write;
    static constexpr bool commits = Effect == CallEffect::writes;
    static std::size_t size_bytes() noexcept { return 0; }
};

/// The bytes of a content, which are not read for it; 0 where the source cannot tell.
TURNTABLE_EXPORT std::size_t content_bytes(const SaveRequest& request) noexcept;

struct SaveCall : CallTraits<CallKind::save_tape, CallEffect::writes> {
    using Answer = TapeMetadata;
    const SaveRequest* request;
    explicit SaveCall(const SaveRequest* wanted) : request(wanted) {}
    std::size_t size_bytes() const noexcept { return content_bytes(*request); }
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.save_tape(context, *request);
    }
};

struct SaveAllCall : CallTraits<CallKind::save_tapes, CallEffect::writes> {
    using Answer = SavedTapes;
    const std::vector<SaveRequest>* requests;
    explicit SaveAllCall(const std::vector<SaveRequest>* wanted) : requests(wanted) {}
    TURNTABLE_EXPORT std::size_t size_bytes() const noexcept;
    /// As long as they would have one by one.
    std::size_t limits() const noexcept { return std::max<std::size_t>(requests->size(), 1); }
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider_save_tapes(provider, context, *requests);
    }
};

struct LoadCall : CallTraits<CallKind::load_tape, CallEffect::reads> {
    using Answer = StoredTape;
    std::string_view id;
    explicit LoadCall(std::string_view wanted) : id(wanted) {}
    static std::size_t answer_bytes(const Answer& tape) noexcept { return tape.content.size(); }
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.load_tape(context, id);
    }
};

struct AppendCall : CallTraits<CallKind::append, CallEffect::writes> {
    using Answer = std::uint64_t;
    std::string_view id;
    std::uint64_t offset;
    ByteView bytes;
    AppendCall(std::string_view tape, std::uint64_t at, ByteView added)
        : id(tape), offset(at), bytes(added) {}
    std::size_t size_bytes() const noexcept { return bytes.size(); }
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.append(context, id, offset, bytes);
    }
};

/// Opens a stream.
struct StreamCall {
    using Item = Bytes;
    static constexpr CallKind kind = CallKind::stream;
    std::string_view id;
    ContentRange range;
    template <class P>
    Result<Stream<Item>> open(P& provider, const Context& context) const {
        return provider.stream(context, id, range);
    }
};

struct DeleteCall : CallTraits<CallKind::delete_tape, CallEffect::writes> {
    using Answer = void;
    std::string_view id;
    explicit DeleteCall(std::string_view wanted) : id(wanted) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.delete_tape(context, id);
    }
};

struct ListCall : CallTraits<CallKind::list_tapes, CallEffect::reads> {
    using Answer = TapePage;
    const SearchCriteria* criteria;
    explicit ListCall(const SearchCriteria* wanted) : criteria(wanted) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.list_tapes(context, *criteria);
    }
};

struct MetadataCall : CallTraits<CallKind::get_metadata, CallEffect::reads> {
    using Answer = TapeMetadata;
    std::string_view id;
    explicit MetadataCall(std::string_view wanted) : id(wanted) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.get_metadata(context, id);
    }
};

struct UpdateCall : CallTraits<CallKind::update_metadata, CallEffect::writes> {
    using Answer = TapeMetadata;
    std::string_view id;
    const LabelChange* change;
    UpdateCall(std::string_view tape, const LabelChange* wanted) : id(tape), change(wanted) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.update_metadata(context, id, *change);
    }
};

struct FinishCall : CallTraits<CallKind::finish_tape, CallEffect::writes> {
    using Answer = TapeMetadata;
    std::string_view id;
    explicit FinishCall(std::string_view wanted) : id(wanted) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider_finish_tape(provider, context, id);
    }
};

/// Looks at everything there is, as long as that takes. It repairs what it finds, and made again
/// finds what is left.
struct InspectCall : CallTraits<CallKind::inspect, CallEffect::reads> {
    using Answer = InspectReport;
    static constexpr CallLimit limit = CallLimit::none;
    InspectOptions options;
    explicit InspectCall(const InspectOptions& how) : options(how) {}
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider_inspect(provider, context, options);
    }
};

struct HealthCall : CallTraits<CallKind::health_check, CallEffect::none> {
    using Answer = Health;
    static constexpr CallLimit limit = CallLimit::health;
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider_health(provider, context);
    }
};

struct CloseCall : CallTraits<CallKind::close, CallEffect::none> {
    using Answer = void;
    static constexpr CallLimit limit = CallLimit::none;
    template <class P>
    Async<Answer> make(P& provider, const Context& context) const {
        return provider.close(context);
    }
};

/// A stream that layers share with what they hold back of it.
struct SharedStream {
    std::shared_ptr<Stream<Bytes>> stream;
};
inline std::shared_ptr<SharedStream> pinned(SharedStream& target) {
    return std::make_shared<SharedStream>(target);
}

/// A step of an open stream.
struct NextCall : CallTraits<CallKind::stream, CallEffect::reads> {
    using Answer = std::optional<Bytes>;
    static std::size_t answer_bytes(const Answer& piece) noexcept {
        return piece ? piece->size() : 0;
    }
    static Async<Answer> make(SharedStream& shared, const Context& context) {
        return shared.stream->next(context);
    }
};

TURNTABLE_EXPORT OwnedCall<SaveCall> own(const SaveCall& call);
TURNTABLE_EXPORT OwnedCall<SaveAllCall> own(const SaveAllCall& call);
TURNTABLE_EXPORT OwnedCall<LoadCall> own(const LoadCall& call);
TURNTABLE_EXPORT OwnedCall<AppendCall> own(const AppendCall& call);
TURNTABLE_EXPORT OwnedCall<DeleteCall> own(const DeleteCall& call);
TURNTABLE_EXPORT OwnedCall<ListCall> own(const ListCall& call);
TURNTABLE_EXPORT OwnedCall<MetadataCall> own(const MetadataCall& call);
TURNTABLE_EXPORT OwnedCall<UpdateCall> own(const UpdateCall& call);
TURNTABLE_EXPORT OwnedCall<FinishCall> own(const FinishCall& call);
inline OwnedCall<InspectCall> own(const InspectCall& call) { return {call}; }
inline OwnedCall<NextCall> own(const NextCall& call) { return {call}; }

}  // namespace detail

}  // namespace turntable::inline v0::tape
