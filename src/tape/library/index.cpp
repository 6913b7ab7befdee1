#include "tape/library/index.hpp"

#include <utility>

#include "turntable/tape/metadata_json.hpp"

namespace turntable::inline v0::tape {

namespace {

Result<TapeMetadata> read(const IndexRow& row) {
    auto metadata = metadata_from_json(row.json);
    if (!metadata) {
        return Error(ErrorCode::corrupt,
                     "the index of the tapes is damaged; rebuild it from the contents")
            .with("id", row.id)
            .because(std::move(metadata).error());
    }
    return metadata;
}

}  // namespace

Result<kv::Collection<IndexRow>> Index::rows(const CallOptions& call) {
    const std::lock_guard lock(mutex_);
    if (!rows_) {
        TURNTABLE_TRY(rows_, kv::Collection<IndexRow>::open(database_, {}, call));
    }
    return *rows_;
}

Result<std::optional<TapeMetadata>> Index::get(std::string_view id, const CallOptions& call) {
    TURNTABLE_TRY(const auto rows, this->rows(call));
    TURNTABLE_TRY(const auto row, rows.get(std::string(id), call));
    if (!row) {
        return std::optional<TapeMetadata>();
    }
    TURNTABLE_TRY(TapeMetadata metadata, read(row->value));
    return std::optional(std::move(metadata));
}

Result<void> Index::put(const TapeMetadata& metadata, const CallOptions& call) {
    TURNTABLE_TRY(const auto rows, this->rows(call));
    TURNTABLE_TRY(const auto written, rows.put({metadata.id, to_json(metadata)}, call));
    (void)written;
    return {};
}

Result<void> Index::remove(std::string_view id, const CallOptions& call) {
    TURNTABLE_TRY(const auto rows, this->rows(call));
    TURNTABLE_TRY(const bool removed, rows.remove(std::string(id), call));
    (void)removed;
    return {};
}

Result<std::vector<TapeMetadata>> Index::all(const CallOptions& call) {
    TURNTABLE_TRY(const auto rows, this->rows(call));
    std::vector<TapeMetadata> tapes;
    auto stream = rows.stream({}, {.limit = kv::max_page_records});
    for (;;) {
        TURNTABLE_TRY(const auto row, stream.next(call));
        if (!row) {
            return tapes;
        }
        TURNTABLE_TRY(TapeMetadata metadata, read(row->value));
        tapes.push_back(std::move(metadata));
    }
}

}  // namespace turntable::inline v0::tape
