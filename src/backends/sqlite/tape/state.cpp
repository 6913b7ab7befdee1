#include "backends/sqlite/tape/state.hpp"

#include <algorithm>

#include "backends/sqlite/tape/content.hpp"
#include "backends/sqlite/tape/schema.hpp"
#include "backends/sqlite/tape/sql.hpp"
#include "backends/sqlite/tape/texts.hpp"
#include "tape/library/chunked_source.hpp"
#include "tape/metadata/derive.hpp"
#include "turntable/tape/metadata_json.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

namespace sqlite {

Result<Reading> Reading::begin(sql::File& file) {
    TURNTABLE_TRY(sql::ReaderPool::Lease lease, file.reader());
    TURNTABLE_CHECK((*lease).run(Sql::begin_read));
    return Reading(std::move(lease));
}

Reading::~Reading() {
    if (lease_) {
        // A transaction that only reads has nothing to lose.
        (void)(*lease_).run(sql::Common::rollback);
    }
}

}  // namespace sqlite

namespace {

using sqlite::Row;
using sqlite::Sql;

sql::FileOptions file_options(const SqliteOptions& settings) {
    sql::FileOptions options;
    options.path = settings.path;
    options.synchronous = sql::synchronous_of(settings.durability);
    options.busy_timeout = settings.busy_timeout;
    options.create = settings.create;
    options.read_only = settings.read_only;
    options.cache_bytes = std::uint64_t{8} << 20U;
    return options;
}

Error already_there(std::string_view id) {
    return Error(ErrorCode::already_exists, "there is a tape of this id")
        .with("id", std::string(id));
}

Error other_bytes_there(std::uint64_t offset, std::uint64_t size) {
    return Error(ErrorCode::conflict, "the tape has " + std::to_string(size) +
                                          " bytes, with others where these would go, at " +
                                          std::to_string(offset))
        .with_retry(Retry::permanent);
}

/// Labels as they come with a tape, checked like changes.
Result<Labels> checked_labels(const Labels& labels) {
    return changed({}, {.name = labels.name,
                        .description = labels.description,
                        .add_tags = labels.tags,
                        .add_notes = labels.notes,
                        .set_attributes = labels.attributes,
                        .pinned = labels.pinned});
}

Result<std::int64_t> next_number(sql::Connection& connection) {
    TURNTABLE_TRY(const auto next, connection.query_integer(Sql::next_number));
    return next.value_or(1);
}

Result<bool> is_growing(sql::Connection& connection, std::int64_t n) {
    TURNTABLE_TRY(sql::Statement * find, connection.statement(Sql::growing_find));
    const sql::ResetLater reset(*find);
    find->bind(1, n);
    return find->step() == SQLITE_ROW;
}

/// What is left of `bytes` behind what the tape has already.
Result<ByteView> what_is_new(sql::Connection& connection, const Row& row, std::uint64_t size,
                             std::uint64_t offset, ByteView bytes) {
    if (offset > size) {
        return other_bytes_there(offset, size);
    }
    const std::uint64_t there = std::min<std::uint64_t>(size - offset, bytes.size());
    TURNTABLE_TRY(const Bytes before, sqlite::read_content(connection, row.n, offset, there));
    if (before.view() != bytes.substr(0, static_cast<std::size_t>(there)) ||
        (offset == 0 && size > bytes.size())) {
        return offset == 0 ? already_there(row.id) : other_bytes_there(offset, size);
    }
    return bytes.substr(static_cast<std::size_t>(there));
}

}  // namespace

namespace detail {

SqliteState::SqliteState(const SqliteOptions& settings, Options shared)
    : options(std::move(shared)),
      file(file_options(settings), sqlite::tape_schema(),
           std::shared_ptr<Clock>(options.runtime, &options.runtime->clock())) {}

Result<TapeMetadata> SqliteState::index(sql::Connection& connection, std::int64_t n,
                                        std::unique_ptr<Source> content,
                                        const std::optional<Labels>& labels, bool recording) {
    TURNTABLE_TRY(const auto pieces, sqlite::pieces_of(connection, n));
    std::uint64_t frames = 0;
    for (const sqlite::Piece& piece : pieces) {
        frames += piece.frames;
    }
    sqlite::PieceWriter texts(connection, n, grams, frames);
    sqlite::CallWriter calls(connection, n);
    auto derived =
        derive_metadata(std::move(content), options.analyzer,
                        Lookers{.call = [&calls](const Call& call) { calls.take(call); },
                                .record = [&texts](const Record& record) { texts.take(record); }});
    TURNTABLE_CHECK(texts.finish());
    TURNTABLE_CHECK(calls.finish());
    TURNTABLE_TRY(TapeMetadata tape, std::move(derived));
    if (labels) {
        tape.labels = *labels;
    }
    if (recording) {
        tape.state = TapeState::recording;
    }
    TURNTABLE_TRY(tape, sqlite::as_stored(tape));
    TURNTABLE_CHECK(sqlite::put_row(connection, n, tape, tape.stored_bytes));
    TURNTABLE_CHECK(sqlite::put_label_words(connection, n, tape, grams));
    return tape;
}

Result<TapeMetadata> SqliteState::reindex(sql::Connection& connection, const Row& row,
                                          const TapeMetadata* known) {
    std::optional<Labels> labels;
    if (row.labels) {
        TURNTABLE_TRY(labels, labels_from_json(*row.labels));
    }
    TURNTABLE_CHECK(sqlite::remove_label_words(connection, row.n,
                                               known == nullptr ? TapeMetadata() : *known, grams));
    TURNTABLE_CHECK(sqlite::run_with(connection, Sql::calls_remove, row.n));
    TURNTABLE_CHECK(sqlite::run_with(connection, Sql::growing_remove, row.n));
    return index(connection, row.n, sqlite::content_source(connection, row.n), labels, false);
}

Result<void> SqliteState::erase(sql::Connection& connection, const Row& row) {
    const auto tape = row.metadata(connection);
    TURNTABLE_CHECK(
        sqlite::remove_label_words(connection, row.n, tape ? *tape : TapeMetadata(), grams));
    TURNTABLE_CHECK(sqlite::remove_pieces(connection, row.n, grams));
    for (const Sql which : {Sql::calls_remove, Sql::values_remove, Sql::growing_remove,
                            Sql::chunks_remove, Sql::remove_about, Sql::remove_tape}) {
        TURNTABLE_CHECK(sqlite::run_with(connection, which, row.n));
    }
    return {};
}

Result<TapeMetadata> SqliteState::save(const SaveRequest& request) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    TURNTABLE_TRY(TapeMetadata tape, put(writing.connection(), request));
    TURNTABLE_CHECK(writing.commit());
    return tape;
}

Result<std::vector<Result<TapeMetadata>>> SqliteState::save_all(
    const std::vector<SaveRequest>& requests) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    sql::Connection& connection = writing.connection();
    std::vector<Result<TapeMetadata>> saved;
    saved.reserve(requests.size());
    for (const SaveRequest& request : requests) {
        TURNTABLE_CHECK(connection.run(Sql::savepoint));
        saved.push_back(put(connection, request));
        // A full disk ends the whole transaction, and then there is nothing to go back to.
        if (!saved.back() && !connection.in_transaction()) {
            return saved.back().error();
        }
        if (!saved.back()) {
            TURNTABLE_CHECK(connection.run(Sql::savepoint_undo));
        }
        TURNTABLE_CHECK(connection.run(Sql::savepoint_release));
    }
    TURNTABLE_CHECK(writing.commit());
    return saved;
}

Result<TapeMetadata> SqliteState::put(sql::Connection& connection, const SaveRequest& request) {
    if (request.content == nullptr) {
        return Error(ErrorCode::invalid_argument, "there is no content to save");
    }
    std::string id;
    {
        TURNTABLE_TRY(const Reader reader,
                      Reader::open(std::make_unique<SharedSource>(request.content)));
        id = reader.head().id;
    }
    TURNTABLE_CHECK(check_tape_id(id));
    std::optional<Labels> labels;
    if (request.labels) {
        TURNTABLE_TRY(labels, checked_labels(*request.labels));
    }
    TURNTABLE_TRY(const auto existing, sqlite::find_row(connection, id));
    if (existing && !request.replace) {
        return already_there(id);
    }
    TURNTABLE_TRY(const std::int64_t n, next_number(connection));
    if (existing) {
        TURNTABLE_CHECK(erase(connection, *existing));
    }
    TURNTABLE_TRY(const auto size, sqlite::copy_content(connection, n, *request.content));
    (void)size;
    return index(connection, n, sqlite::content_source(connection, n), labels, false);
}

Result<StoredTape> SqliteState::load(std::string_view id) {
    TURNTABLE_TRY(const sqlite::Reading reading, sqlite::Reading::begin(file));
    TURNTABLE_TRY(const Row row, sqlite::get_row(reading.connection(), id));
    StoredTape tape;
    TURNTABLE_TRY(tape.metadata, row.metadata(reading.connection()));
    TURNTABLE_TRY(tape.content,
                  sqlite::read_content(reading.connection(), row.n, 0, ~std::uint64_t{0}));
    return tape;
}

Result<Bytes> SqliteState::read(std::string_view id, const ContentRange& range, Held& held,
                                const CallOptions&) {
    TURNTABLE_TRY(const sqlite::Reading reading, sqlite::Reading::begin(file));
    TURNTABLE_TRY(const Row row, sqlite::get_row(reading.connection(), id));
    if (held.value_or(row.n) != row.n) {
        return Error(ErrorCode::conflict, "another tape took its place while it was read")
            .with("id", std::string(id));
    }
    held = row.n;
    return sqlite::read_content(reading.connection(), row.n, range.offset, range.length);
}

Result<std::uint64_t> SqliteState::append(std::string_view id, std::uint64_t offset,
                                          ByteView bytes) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    sql::Connection& connection = writing.connection();
    TURNTABLE_TRY(const auto row, sqlite::find_row(connection, id));
    if (!row) {
        if (offset != 0) {
            return Error(ErrorCode::not_found, "there is no tape of this id to append to")
                .with("id", std::string(id));
        }
        TURNTABLE_TRY(const std::int64_t n, next_number(connection));
        TURNTABLE_CHECK(sqlite::append_content(connection, n, 0, bytes));
        TURNTABLE_TRY(
            const TapeMetadata tape,
            index(connection, n, sqlite::content_source(connection, n), std::nullopt, true));
        if (tape.id != id) {
            return Error(ErrorCode::invalid_argument, "the head of the tape has another id")
                .with("id", tape.id);
        }
        TURNTABLE_CHECK(writing.commit());
        return std::uint64_t{bytes.size()};
    }
    TURNTABLE_TRY(const std::uint64_t size, sqlite::content_size(connection, row->n));
    TURNTABLE_TRY(const ByteView rest, what_is_new(connection, *row, size, offset, bytes));
    if (!rest.empty()) {
        TURNTABLE_CHECK(sqlite::append_content(connection, row->n, size, rest));
        TURNTABLE_CHECK(sqlite::run_with(connection, Sql::growing_insert, row->n));
        TURNTABLE_CHECK(writing.commit());
    }
    return size + rest.size();
}

Result<void> SqliteState::remove(std::string_view id) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    TURNTABLE_TRY(const Row row, sqlite::get_row(writing.connection(), id));
    TURNTABLE_CHECK(erase(writing.connection(), row));
    return writing.commit();
}

Result<TapeMetadata> SqliteState::metadata(std::string_view id) {
    TURNTABLE_TRY(const auto lease, file.reader());
    TURNTABLE_TRY(const Row row, sqlite::get_row(*lease, id));
    return row.metadata(*lease);
}

Result<TapeMetadata> SqliteState::update(std::string_view id, const LabelChange& change) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    sql::Connection& connection = writing.connection();
    TURNTABLE_TRY(const Row row, sqlite::get_row(connection, id));
    TURNTABLE_TRY(TapeMetadata tape, row.metadata(connection));
    TURNTABLE_TRY(const Labels labels, changed(tape.labels, change));
    TURNTABLE_CHECK(sqlite::remove_label_words(connection, row.n, tape, grams));
    tape.labels = labels;
    TURNTABLE_CHECK(sqlite::put_row(connection, row.n, tape, row.seen));
    TURNTABLE_CHECK(sqlite::put_label_words(connection, row.n, tape, grams));
    TURNTABLE_CHECK(writing.commit());
    return tape;
}

Result<TapeMetadata> SqliteState::finish(std::string_view id) {
    TURNTABLE_TRY(sql::Writing writing, file.begin_write());
    sql::Connection& connection = writing.connection();
    TURNTABLE_TRY(const Row row, sqlite::get_row(connection, id));
    TURNTABLE_TRY(const TapeMetadata known, row.metadata(connection));
    TURNTABLE_TRY(const bool growing, is_growing(connection, row.n));
    if (!growing && known.state != TapeState::recording) {
        return known;
    }
    TURNTABLE_TRY(TapeMetadata tape, reindex(connection, row, &known));
    TURNTABLE_CHECK(writing.commit());
    return tape;
}

Result<Health> SqliteState::health() {
    Clock& clock = options.runtime->clock();
    const Instant start = clock.steady_now();
    TURNTABLE_TRY(const auto lease, file.reader());
    const auto answer = (*lease).query_integer(Sql::next_number);
    Health health;
    health.latency =
        std::chrono::duration_cast<std::chrono::microseconds>(clock.steady_now() - start);
    if (!answer) {
        health.state = Health::State::unhealthy;
        health.reason = answer.error().message();
    }
    return health;
}

}  // namespace detail

}  // namespace turntable::inline v0::tape
