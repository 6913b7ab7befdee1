#include "tape/library/stock_state.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "tape/library/chunked_source.hpp"
#include "tape/library/frame_text.hpp"

namespace turntable::inline v0::tape::detail {

namespace {

/// Labels as they come with a tape, checked like changes.
Result<Labels> checked(const Labels& labels) {
    return changed({}, {.name = labels.name,
                        .description = labels.description,
                        .add_tags = labels.tags,
                        .add_notes = labels.notes,
                        .set_attributes = labels.attributes,
                        .pinned = labels.pinned});
}

Error no_tape(std::string_view id) {
    return Error(ErrorCode::not_found, "there is no tape of this id").with("id", std::string(id));
}

/// The answer of a change whose blobs are written. An error says that more is there than it seems:
/// nobody may take it for a change that did not happen, and make it again.
template <class T>
Result<T> when_kept(Result<T> result, std::string_view id) {
    if (result) {
        return result;
    }
    return Error(ErrorCode::commit_unknown,
                 "the change is kept, but the index does not know of it; rebuild the index")
        .with("id", std::string(id))
        .because(std::move(result).error());
}

}  // namespace

Result<TapeMetadata> StockState::save(const SaveRequest& request, const CallOptions& call) {
    if (request.content == nullptr) {
        return Error(ErrorCode::invalid_argument, "there is no content to save");
    }
    TURNTABLE_TRY(
        TapeMetadata tape,
        derive_metadata(std::make_unique<SharedSource>(request.content), options.analyzer));
    TURNTABLE_CHECK(check_tape_id(tape.id));
    if (request.labels) {
        TURNTABLE_TRY(tape.labels, checked(*request.labels));
    }
    const std::lock_guard lock(changes.of(tape.id));
    TURNTABLE_TRY(const auto existing, contents.find(tape.id, call));
    if (existing && !request.replace) {
        return tape_exists(tape.id);
    }
    TURNTABLE_TRY(tape.stored_bytes,
                  contents.save(tape.id, request.content, options.compression, existing, call));
    const std::string id = tape.id;
    return when_kept(save_rest(std::move(tape), call), id);
}

/// What follows the content.
Result<TapeMetadata> StockState::save_rest(TapeMetadata tape, const CallOptions& call) {
    if (tape.torn_bytes > 0) {
        // In another form what was torn is not there any more.
        Labels labels = std::move(tape.labels);
        TURNTABLE_TRY(auto stored, contents.source(tape.id, call));
        TURNTABLE_TRY(tape, derive_metadata(std::move(stored), options.analyzer));
        tape.labels = std::move(labels);
    }
    TURNTABLE_CHECK(contents.put_labels(tape, call));
    TURNTABLE_CHECK(index.put(tape, call));
    return tape;
}

Result<Bytes> StockState::read(std::string_view id, const ContentRange& range, Held& held,
                               const CallOptions& call) {
    const auto length = static_cast<std::size_t>(range.length);
    if (held) {
        return held->read_at(range.offset, length, call);
    }
    TURNTABLE_TRY(const auto found, contents.get(id, call));
    if (range.offset >= found.bytes) {
        return Bytes();
    }
    if (found.bytes - range.offset <= length) {
        return contents.blobs().read(found.path, {.offset = range.offset, .length = length}, {},
                                     call);
    }
    TURNTABLE_TRY(held, contents.blobs().reader(found.path, {.chunk_bytes = length}, call));
    return held->read_at(range.offset, length, call);
}

Result<StoredTape> StockState::load(std::string_view id, const CallOptions& call) {
    TURNTABLE_TRY(const auto found, contents.get(id, call));
    StoredTape tape;
    TURNTABLE_TRY(tape.content, contents.blobs().read(found.path, {}, {}, call));
    TURNTABLE_TRY(auto known, index.get(id, call));
    // While another takes its place the row may speak of the other one; that of a recording says
    // only that it is one.
    if (known &&
        (known->state == TapeState::recording || known->stored_bytes == tape.content.size())) {
        tape.metadata = *std::move(known);
        return tape;
    }
    TURNTABLE_TRY(tape.metadata,
                  derive_metadata(std::make_unique<MemorySource>(tape.content), options.analyzer));
    TURNTABLE_TRY(const auto labels, contents.labels(id, call));
    if (labels) {
        tape.metadata.labels = *labels;
    }
    return tape;
}

/// That bytes begin a tape of this id, if there is none yet.
Result<void> StockState::check_beginning(std::string_view id, ByteView bytes,
                                         const CallOptions& call) const {
    TURNTABLE_TRY(const auto existing, contents.find(id, call));
    if (existing) {
        return {};
    }
    TURNTABLE_TRY(const Reader begun,
                  Reader::open(std::make_unique<MemorySource>(Bytes::unowned(bytes))));
    if (begun.head().id != id) {
        return Error(ErrorCode::invalid_argument, "the head of the tape has another id")
            .with("id", begun.head().id);
    }
    return {};
}

Result<std::uint64_t> StockState::append(std::string_view id, std::uint64_t offset, ByteView bytes,
                                         const CallOptions& call) {
    if (!contents.blobs().capabilities().append) {
        return Error(ErrorCode::unsupported,
                     "this store cannot append; record into a file and save that");
    }
    const std::lock_guard lock(changes.of(id));
    if (offset == 0) {
        TURNTABLE_CHECK(check_beginning(id, bytes, call));
    }
    TURNTABLE_TRY(const std::uint64_t size, contents.append(id, offset, bytes, call));
    if (offset == 0) {
        TURNTABLE_TRY(TapeMetadata tape, derive(id, call));
        tape.state = TapeState::recording;
        TURNTABLE_CHECK(index.put(tape, call));
    }
    return size;
}

Result<void> StockState::remove(std::string_view id, const CallOptions& call) {
    const std::lock_guard lock(changes.of(id));
    TURNTABLE_TRY(const auto known, index.get(id, call));
    // The content first: a row too much is found, a content without a row would come back.
    TURNTABLE_TRY(const bool removed, contents.remove(id, call));
    if (!removed && !known) {
        return no_tape(id);
    }
    return index.remove(id, call);
}

SearchContent StockState::search_content(const TapeMetadata& tape, const CallOptions& call) {
    // A row without a content holds nothing.
    const auto absent = [](const Error& error) { return error.code() == ErrorCode::not_found; };
    return {.calls = [this, id = tape.id, call,
                      absent](const std::function<bool(const Call&)>& visit) -> Result<void> {
                auto source = contents.source(id, call);
                if (!source) {
                    return absent(source.error()) ? Result<void>() : source.error();
                }
                bool wanted = true;
                const auto derived =
                    derive_metadata(*std::move(source), options.analyzer,
                                    [&](const Call& one) { wanted = wanted && visit(one); });
                return derived ? Result<void>() : derived.error();
            },
            .contains = [this, id = tape.id, call, absent](std::string_view text) -> Result<bool> {
                auto source = contents.source(id, call);
                if (!source) {
                    return absent(source.error()) ? Result<bool>(false) : source.error();
                }
                return any_frame_contains(*std::move(source), text);
            }};
}

Result<TapePage> StockState::list(const SearchCriteria& criteria, const CallOptions& call) {
    TURNTABLE_CHECK(check(criteria));
    TURNTABLE_TRY(std::vector<TapeMetadata> tapes, index.all(call));
    return select_page(criteria, std::move(tapes), [this, &call](const TapeMetadata& tape) {
        return search_content(tape, call);
    });
}

Result<TapeMetadata> StockState::metadata(std::string_view id, const CallOptions& call) {
    TURNTABLE_TRY(auto known, index.get(id, call));
    if (!known) {
        return no_tape(id);
    }
    return *std::move(known);
}

Result<TapeMetadata> StockState::update(std::string_view id, const LabelChange& change,
                                        const CallOptions& call) {
    const std::lock_guard lock(changes.of(id));
    TURNTABLE_TRY(TapeMetadata tape, metadata(id, call));
    TURNTABLE_TRY(const auto labels, contents.labels(id, call));
    TURNTABLE_TRY(tape.labels, changed(labels ? *labels : initial_labels(tape), change));
    TURNTABLE_CHECK(contents.put_labels(tape, call));
    TURNTABLE_CHECK(when_kept(index.put(tape, call), id));
    return tape;
}

Result<TapeMetadata> StockState::derive(std::string_view id, const CallOptions& call) {
    TURNTABLE_TRY(auto source, contents.source(id, call));
    TURNTABLE_TRY(TapeMetadata tape, derive_metadata(std::move(source), options.analyzer));
    TURNTABLE_TRY(const auto labels, contents.labels(id, call));
    if (labels) {
        tape.labels = *labels;
    }
    return tape;
}

Result<TapeMetadata> StockState::finish(std::string_view id, const CallOptions& call) {
    const std::lock_guard lock(changes.of(id));
    TURNTABLE_TRY(TapeMetadata tape, derive(id, call));
    TURNTABLE_CHECK(index.put(tape, call));
    return tape;
}

Result<Health> StockState::health(const CallOptions& call) {
    TURNTABLE_TRY(Health of_blobs, contents.blobs().health(call));
    TURNTABLE_TRY(const Health of_index, index.database().health(call));
    of_blobs.latency += of_index.latency;
    if (of_index.state > of_blobs.state) {
        of_blobs.state = of_index.state;
        of_blobs.reason = of_index.reason;
    }
    return of_blobs;
}

}  // namespace turntable::inline v0::tape::detail
