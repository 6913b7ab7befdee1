#include "turntable/blob/writer.hpp"

#include "turntable/blob/handle_state.hpp"

namespace turntable::inline v0::blob {

namespace {

Error ended() { return {ErrorCode::closed, "this writer was finished or aborted"}; }

}  // namespace

Writer::Writer(std::shared_ptr<const turntable::detail::HandleCore> core, WriteHandle sink)
    : core_(std::move(core)), sink_(std::move(sink)) {}

Writer::~Writer() = default;

Context Writer::context(const CallOptions& call) const {
    return call.context(*core_->runtime, true);
}

Result<void> Writer::write(ByteView bytes, const CallOptions& call) {
    if (sink_ == nullptr) {
        return detail::named(Result<void>(ended()), "write", *core_);
    }
    return detail::named(sink_->write(context(call), bytes).wait(), "write", *core_);
}

Result<Metadata> Writer::finish(const CallOptions& call) {
    if (sink_ == nullptr) {
        return detail::named(Result<Metadata>(ended()), "finish", *core_);
    }
    Result<Metadata> made = detail::named(sink_->finish(context(call)).wait(), "finish", *core_);
    if (made) {
        sink_.reset();
    }
    return made;
}

Result<void> Writer::abort(const CallOptions& call) {
    if (sink_ == nullptr) {
        return {};
    }
    const WriteHandle sink = std::move(sink_);
    return detail::named(sink->abort(context(call)).wait(), "abort", *core_);
}

}  // namespace turntable::inline v0::blob
