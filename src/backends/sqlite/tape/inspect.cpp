#include <string>
#include <utility>
#include <vector>

#include "backends/sqlite/tape/content.hpp"
#include "backends/sqlite/tape/sql.hpp"
#include "backends/sqlite/tape/state.hpp"
#include "backends/sqlite/tape/texts.hpp"
#include "tape/metadata/derive.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/blocking.hpp"
#include "turntable/tape/metadata_json.hpp"

namespace turntable::inline v0::tape {

namespace {

using sqlite::Row;
using sqlite::Sql;
using Kind = IndexProblem::Kind;

/// What a content is found to be.
struct Found {
    TapeMetadata tape;
    std::int64_t calls = 0;
    std::uint64_t frames = 0;
};

/// One inspection: each tape in a transaction of its own.
class TapeInspection {
  public:
    TapeInspection(detail::SqliteState& state, const InspectOptions& how, const CallOptions& call)
        : state_(state), how_(how), context_(call.context(*state.options.runtime, true)) {}

    Result<InspectReport> run() {
        TURNTABLE_CHECK(list());
        for (const auto n : how_.contents ? tapes_ : growing_) {
            TURNTABLE_CHECK(stopped());
            TURNTABLE_CHECK(
                look_at(n, how_.contents ? &TapeInspection::compare : &TapeInspection::grown));
        }
        if (how_.contents) {
            TURNTABLE_CHECK(words());
        }
        return std::move(report_);
    }

  private:
    using Look = Result<void> (TapeInspection::*)(sql::Connection&, const Row&);

    Result<void> stopped() {
        const auto reason = turntable::detail::stop_reason(context_, *state_.options.runtime);
        return reason ? Result<void>(stopped_error(*reason)) : Result<void>();
    }

    Result<void> list() {
        TURNTABLE_TRY(const sqlite::Reading reading, sqlite::Reading::begin(state_.file));
        TURNTABLE_TRY(tapes_, numbers(reading.connection(), Sql::all_ids));
        TURNTABLE_TRY(growing_, numbers(reading.connection(), Sql::growing_all));
        report_.tapes = tapes_.size();
        return {};
    }
    static Result<std::vector<std::int64_t>> numbers(sql::Connection& connection, Sql which) {
        TURNTABLE_TRY(sql::Statement * rows, connection.statement(which));
        const sql::ResetLater reset(*rows);
        std::vector<std::int64_t> all;
        int code = SQLITE_DONE;
        while ((code = rows->step()) == SQLITE_ROW) {
            all.push_back(rows->integer(0));
        }
        return code == SQLITE_DONE ? Result<std::vector<std::int64_t>>(std::move(all))
                                   : connection.error("reading the tapes");
    }

    /// A tape that went meanwhile is none.
    Result<void> look_at(std::int64_t n, Look look) {
        if (!how_.repair) {
            TURNTABLE_TRY(const sqlite::Reading reading, sqlite::Reading::begin(state_.file));
            TURNTABLE_TRY(const auto row, sqlite::find_row(reading.connection(), n));
            return row ? (this->*look)(reading.connection(), *row) : Result<void>();
        }
        TURNTABLE_TRY(sql::Writing writing, state_.file.begin_write());
        TURNTABLE_TRY(const auto row, sqlite::find_row(writing.connection(), n));
        const std::uint64_t before = report_.repaired;
        if (row) {
            TURNTABLE_CHECK((this->*look)(writing.connection(), *row));
        }
        return report_.repaired == before ? Result<void>() : writing.commit();
    }

    /// Its content went on behind its row.
    Result<void> grown(sql::Connection& connection, const Row& row) {
        return wrong(connection, row, Kind::stale, "its content has another size");
    }

    Result<void> compare(sql::Connection& connection, const Row& row) {
        TURNTABLE_TRY(const std::uint64_t size, sqlite::content_size(connection, row.n));
        if (size == 0) {
            report_.problems.push_back({row.id, Kind::no_content, "its content is not there"});
            report_.repaired += how_.repair ? 1 : 0;
            return how_.repair ? state_.erase(connection, row) : Result<void>();
        }
        auto found = derive(connection, row);
        if (!found) {
            return damaged(row, std::move(found).error());
        }
        if (found->tape.state == TapeState::damaged) {
            report_.problems.push_back({row.id, Kind::damaged, "lines of it cannot be read"});
        }
        TURNTABLE_TRY(const bool fits, agrees(connection, row, *found));
        return fits ? Result<void>()
                    : wrong(connection, row, Kind::stale, "the index says something else of it");
    }

    Result<Found> derive(sql::Connection& connection, const Row& row) {
        Found found;
        TURNTABLE_TRY(
            found.tape,
            derive_metadata(sqlite::content_source(connection, row.n), state_.options.analyzer,
                            Lookers{.call = [&](const Call&) { ++found.calls; },
                                    .record =
                                        [&](const Record& record) {
                                            found.frames += std::holds_alternative<Frame>(record);
                                        }}));
        if (row.labels) {
            TURNTABLE_TRY(found.tape.labels, labels_from_json(*row.labels));
        }
        TURNTABLE_TRY(found.tape, sqlite::as_stored(found.tape));
        return found;
    }

    Result<bool> agrees(sql::Connection& connection, const Row& row, const Found& found) {
        const auto known = row.metadata(connection);
        if (!known || *known != found.tape || row.id != found.tape.id) {
            return false;
        }
        TURNTABLE_TRY(const auto values, sqlite::stored_values(connection, row.n));
        if (values != sqlite::values_of(found.tape)) {
            return false;
        }
        TURNTABLE_TRY(sql::Statement * count, connection.statement(Sql::calls_count));
        const sql::ResetLater reset(*count);
        count->bind(1, row.n);
        if (count->step() != SQLITE_ROW) {
            return connection.error("counting the calls of a tape");
        }
        TURNTABLE_TRY(const auto pieces, sqlite::pieces_of(connection, row.n));
        std::uint64_t frames = 0;
        for (const sqlite::Piece& piece : pieces) {
            frames += piece.frames;
        }
        return count->integer(0) == found.calls && frames == found.frames;
    }

    Result<void> damaged(const Row& row, Error error) {
        if (error.code() != ErrorCode::corrupt) {
            return error;
        }
        report_.problems.push_back({row.id, Kind::damaged, error.message()});
        return {};
    }

    /// Makes the rows again, if that is asked for and can be.
    Result<void> wrong(sql::Connection& connection, const Row& row, Kind kind, std::string what) {
        if (!how_.repair) {
            report_.problems.push_back({row.id, kind, std::move(what)});
            return {};
        }
        const auto known = row.metadata(connection);
        TURNTABLE_CHECK(sqlite::remove_pieces(connection, row.n, state_.grams));
        auto made = state_.reindex(connection, row, known ? &*known : nullptr);
        if (!made) {
            return damaged(row, std::move(made).error());
        }
        if (made->id != row.id) {
            return damaged(row, Error(ErrorCode::corrupt, "its head has the id " + made->id));
        }
        report_.problems.push_back({row.id, kind, std::move(what)});
        ++report_.repaired;
        return {};
    }

    /// Whether the index of texts is in order; else it is made again, of all tapes.
    Result<void> words() {
        if (state_.file.read_only()) {
            return {};
        }
        TURNTABLE_TRY(sql::Writing writing, state_.file.begin_write());
        sql::Connection& connection = writing.connection();
        if (connection.run(Sql::words_check)) {
            return {};
        }
        report_.problems.push_back({"", Kind::stale, "the index of texts is damaged"});
        if (!how_.repair) {
            return {};
        }
        TURNTABLE_CHECK(connection.run("delete from piece"));
        TURNTABLE_CHECK(connection.run("insert into words (words) values ('delete-all')"));
        for (const auto n : tapes_) {
            TURNTABLE_TRY(const auto row, sqlite::find_row(connection, n));
            if (row) {
                const auto made = state_.reindex(connection, *row, nullptr);
                if (!made && made.error().code() != ErrorCode::corrupt) {
                    return made.error();
                }
            }
        }
        ++report_.repaired;
        return writing.commit();
    }

    detail::SqliteState& state_;
    const InspectOptions& how_;
    const Context context_;
    std::vector<std::int64_t> tapes_;
    std::vector<std::int64_t> growing_;
    InspectReport report_;
};

}  // namespace

Result<InspectReport> detail::SqliteState::inspect(const InspectOptions& how,
                                                   const CallOptions& call) {
    return TapeInspection(*this, how, call).run();
}

}  // namespace turntable::inline v0::tape
