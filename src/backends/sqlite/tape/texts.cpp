#include "backends/sqlite/tape/texts.hpp"

#include <memory>
#include <utility>

#include "backends/sqlite/tape/content.hpp"
#include "backends/sqlite/tape/row.hpp"
#include "backends/sqlite/tape/sql.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

/// A piece has at least so many bytes of text, but for the last.
constexpr std::uint64_t piece_bytes = std::uint64_t{4} << 10U;

void add_frame(Grams& grams, const Frame& frame) {
    grams.add(frame.payload.text());
    for (const Part& part : frame.parts) {
        grams.add(part.bytes.text());
    }
}

void add_labels(Grams& grams, const TapeMetadata& tape) {
    grams.add(tape.name());
    grams.add(tape.labels.description);
    for (const std::string& tag : tape.labels.tags) {
        grams.add(tag);
    }
    for (const std::string& note : tape.labels.notes) {
        grams.add(note);
    }
}

/// Adds or removes the words that were gathered.
Result<void> change_words(sql::Connection& connection, Sql how, std::int64_t piece, Grams& grams) {
    const std::string words = grams.take();
    if (words.empty()) {
        return {};
    }
    TURNTABLE_TRY(sql::Statement * statement, connection.statement(how));
    const sql::ResetLater reset(*statement);
    statement->bind(1, piece);
    statement->bind_text(2, words);
    return statement->step() == SQLITE_DONE ? Result<void>()
                                            : connection.error("indexing the texts of a tape");
}

Result<std::int64_t> insert_piece(sql::Connection& connection, std::int64_t tape,
                                  const Piece& piece) {
    TURNTABLE_TRY(sql::Statement * insert, connection.statement(Sql::piece_insert));
    const sql::ResetLater reset(*insert);
    insert->bind(1, tape);
    insert->bind(2, static_cast<std::int64_t>(piece.first));
    insert->bind(3, static_cast<std::int64_t>(piece.frames));
    if (insert->step() != SQLITE_DONE) {
        return connection.error("indexing the texts of a tape");
    }
    return std::int64_t{sqlite3_last_insert_rowid(connection.handle())};
}

Result<std::vector<Piece>> read_pieces(sql::Connection& connection, Sql which, std::int64_t tape) {
    TURNTABLE_TRY(sql::Statement * rows, connection.statement(which));
    const sql::ResetLater reset(*rows);
    rows->bind(1, tape);
    std::vector<Piece> pieces;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        pieces.push_back({rows->integer(0), static_cast<std::uint64_t>(rows->integer(1)),
                          static_cast<std::uint64_t>(rows->integer(2))});
    }
    return code == SQLITE_DONE ? Result<std::vector<Piece>>(std::move(pieces))
                               : connection.error("reading the index of texts");
}

Result<void> remove_piece(sql::Connection& connection, std::int64_t piece, Grams& grams) {
    TURNTABLE_CHECK(change_words(connection, Sql::words_remove, piece, grams));
    return run_with(connection, Sql::piece_remove, piece);
}

/// The next frame; nothing at the end.
Result<std::optional<Record>> next_frame(Reader& reader) {
    for (;;) {
        auto record = reader.next();
        if (!record) {
            if (record.error().code() != ErrorCode::corrupt) {
                return record;
            }
            continue;
        }
        if (!*record || std::holds_alternative<Frame>(**record)) {
            return record;
        }
    }
}

}  // namespace

Result<std::vector<Piece>> pieces_of(sql::Connection& connection, std::int64_t tape) {
    return read_pieces(connection, Sql::pieces_of, tape);
}

void PieceWriter::take(const Record& record) {
    const auto* frame = std::get_if<Frame>(&record);
    if (frame == nullptr || error_ || ++seen_ <= before_) {
        return;
    }
    if (piece_.frames++ == 0) {
        piece_.first = frame->number;
    }
    add_frame(grams_, *frame);
    if (grams_.bytes() >= piece_bytes) {
        end_piece();
    }
}

void PieceWriter::end_piece() {
    const auto n = insert_piece(connection_, tape_, piece_);
    const auto indexed =
        n ? change_words(connection_, Sql::words_insert, *n, grams_) : Result<void>(n.error());
    if (!indexed) {
        error_ = indexed.error();
    }
    piece_ = {};
}

Result<void> PieceWriter::finish() {
    if (piece_.frames > 0 && !error_) {
        end_piece();
    }
    if (error_) {
        // What a broken piece has gathered must not get into the next.
        (void)grams_.take();
        return *error_;
    }
    return {};
}

Result<void> remove_pieces(sql::Connection& connection, std::int64_t tape, Grams& grams) {
    TURNTABLE_TRY(const std::vector<Piece> pieces, pieces_of(connection, tape));
    if (pieces.empty()) {
        return {};
    }
    auto reader = Reader::open(content_source(connection, tape));
    for (const Piece& piece : pieces) {
        for (std::uint64_t i = 0; reader && i < piece.frames; ++i) {
            TURNTABLE_TRY(const auto frame, next_frame(*reader));
            if (!frame) {
                break;
            }
            add_frame(grams, std::get<Frame>(*frame));
        }
        TURNTABLE_CHECK(remove_piece(connection, piece.n, grams));
    }
    return {};
}

Result<void> put_label_words(sql::Connection& connection, std::int64_t n, const TapeMetadata& tape,
                             Grams& grams) {
    TURNTABLE_TRY(const std::int64_t piece, insert_piece(connection, n, {}));
    add_labels(grams, tape);
    return change_words(connection, Sql::words_insert, piece, grams);
}

Result<void> remove_label_words(sql::Connection& connection, std::int64_t n,
                                const TapeMetadata& tape, Grams& grams) {
    TURNTABLE_TRY(const auto pieces, read_pieces(connection, Sql::label_piece_of, n));
    for (const Piece& piece : pieces) {
        add_labels(grams, tape);
        TURNTABLE_CHECK(remove_piece(connection, piece.n, grams));
    }
    return {};
}

}  // namespace turntable::inline v0::tape::sqlite
