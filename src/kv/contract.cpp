#include "turntable/core/coroutine.hpp"
#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

std::string_view to_string(Threading threading) noexcept {
    return threading == Threading::concurrent ? "concurrent" : "serialized";
}

Async<std::optional<Entry>> SnapshotSource::get(const Context& context, ByteView key) {
    const std::string end = key.to_string() + '\0';
    const ReadRange range{key, end, 1, false};
    return detail::single_entry(read(context, std::span(&range, 1)));
}

namespace detail {

Async<std::optional<Entry>> single_entry(Async<ReadOutput> read) {
    return then(std::move(read), [](Result<ReadOutput>&& output) -> Result<std::optional<Entry>> {
        if (!output) {
            return std::move(output).error();
        }
        if (output->empty() || output->front().empty()) {
            return std::optional<Entry>();
        }
        const EntryView entry = output->front()[0];
        return std::optional(
            Entry{Value(Bytes::copy(entry.data), entry.encoding), entry.versionstamp});
    });
}

Async<SnapshotHandle> wrapped_snapshot(Async<SnapshotHandle> opened,
                                       UniqueFunction<SnapshotHandle(SnapshotHandle)> wrap) {
    return then(std::move(opened),
                [wrap = std::move(wrap)](
                    Result<SnapshotHandle>&& snapshot) mutable -> Result<SnapshotHandle> {
                    return snapshot ? Result(wrap(*std::move(snapshot))) : std::move(snapshot);
                });
}

Error unsupported_call(std::string_view call) {
    return {ErrorCode::unsupported,
            "this backend does not support " + std::string(call) + "; its capabilities say so"};
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
