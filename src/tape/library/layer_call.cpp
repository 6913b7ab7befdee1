#include "turntable/tape/detail/layer_call.hpp"

#include <string>
#include <utility>

namespace turntable::inline v0::tape {

namespace {

constexpr std::string_view call_kind_names[call_kind_count] = {
    "save_tape",   "save_tapes",   "load_tape",    "append",          "stream",
    "delete_tape", "list_tapes",   "get_metadata", "update_metadata", "finish_tape",
    "inspect",     "health_check", "close"};
static_assert(call_kind_count <= turntable::detail::call_kinds_max);

}  // namespace

std::string_view to_string(CallKind kind) noexcept {
    return call_kind_names[static_cast<std::size_t>(kind)];
}

namespace detail {

namespace {

/// A call of one tape, with its id kept.
template <class Call>
OwnedCall<Call> own_id(const Call& call) {
    auto id = std::make_shared<const std::string>(call.id);
    return {Call(*id), id};
}

}  // namespace

const turntable::detail::CallNames& call_names() noexcept {
    static constexpr turntable::detail::CallNames names{"tape", call_kind_names};
    return names;
}

std::size_t content_bytes(const SaveRequest& request) noexcept {
    return request.content == nullptr ? 0 : request.content->size().value_or(0);
}

std::size_t SaveAllCall::size_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const SaveRequest& request : *requests) {
        bytes += content_bytes(request);
    }
    return bytes;
}

OwnedCall<SaveCall> own(const SaveCall& call) {
    auto request = std::make_shared<const SaveRequest>(*call.request);
    return {SaveCall(request.get()), request};
}
OwnedCall<SaveAllCall> own(const SaveAllCall& call) {
    auto requests = std::make_shared<const std::vector<SaveRequest>>(*call.requests);
    return {SaveAllCall(requests.get()), requests};
}
OwnedCall<AppendCall> own(const AppendCall& call) {
    using Kept = std::pair<std::string, std::string>;
    auto kept = std::make_shared<const Kept>(call.id, call.bytes.to_string());
    return {AppendCall(kept->first, call.offset, kept->second), kept};
}
OwnedCall<ListCall> own(const ListCall& call) {
    auto criteria = std::make_shared<const SearchCriteria>(*call.criteria);
    return {ListCall(criteria.get()), criteria};
}
OwnedCall<UpdateCall> own(const UpdateCall& call) {
    using Kept = std::pair<std::string, LabelChange>;
    auto kept = std::make_shared<const Kept>(call.id, *call.change);
    return {UpdateCall(kept->first, &kept->second), kept};
}
OwnedCall<LoadCall> own(const LoadCall& call) { return own_id(call); }
OwnedCall<DeleteCall> own(const DeleteCall& call) { return own_id(call); }
OwnedCall<MetadataCall> own(const MetadataCall& call) { return own_id(call); }
OwnedCall<FinishCall> own(const FinishCall& call) { return own_id(call); }

}  // namespace detail

}  // namespace turntable::inline v0::tape
