#include "turntable/blob/transfer.hpp"

namespace turntable::inline v0::blob {

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

Result<Metadata> pump(Reader& reader, Writer& writer, const BytesCopied& copied,
                      const CallOptions& call, const std::stop_token& stop) {
    while (true) {
        if (stop.stop_requested()) {  // engines that answer at once do not look
            return stopped_error(StopReason::cancelled);
        }
        TURNTABLE_TRY(const Bytes piece, reader.read(piece_bytes, call));
        if (piece.empty()) {
            return writer.finish(call);
        }
        TURNTABLE_CHECK(writer.write(piece, call));
        if (copied) {
            copied(piece.size());
        }
    }
}

Error at_path(Error error, std::string_view path) {
    return std::move(error).with("path", std::string(path));
}

}  // namespace

Result<Metadata> copy_file(const Store& from, std::string_view from_path, const Store& to,
                           std::string_view to_path, const BytesCopied& copied,
                           const CallOptions& call) {
    Result<Reader> reader = from.reader(from_path, {.chunk_bytes = piece_bytes}, call);
    if (!reader) {
        return std::move(reader).error();
    }
    const Metadata& source = reader->metadata();
    WriteOptions attributes;
    if (to.capabilities().content_type) {
        attributes.content_type = source.content_type;
    }
    if (to.capabilities().user_metadata) {
        attributes.user = source.user;
    }
    Result<Writer> writer = to.writer(to_path, attributes, call);
    if (!writer) {
        return std::move(writer).error();
    }
    Result<Metadata> made =
        pump(*reader, *writer, copied, call, call.context(from.runtime(), true).stop);
    if (!made) {
        (void)writer->abort();  // the first error says more
        return at_path(std::move(made).error(), from_path);
    }
    return made;
}

}  // namespace turntable::inline v0::blob
