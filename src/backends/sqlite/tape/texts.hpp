#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/sqlite/file/connection.hpp"
#include "backends/sqlite/tape/grams.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/metadata.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// The index of texts: a tape is cut into pieces of some frames each, and each piece has the words
/// of its texts.
namespace turntable::inline v0::tape::sqlite {

/// Frames that follow one another.
struct Piece {
    std::int64_t n = 0;
    /// The number of the first frame; 0 for the texts of labels.
    std::uint64_t first = 0;
    std::uint64_t frames = 0;
};

Result<std::vector<Piece>> pieces_of(sql::Connection& connection, std::int64_t tape);

/// Adds the frames that a tape has beyond those that its pieces have.
class PieceWriter {
  public:
    PieceWriter(sql::Connection& connection, std::int64_t tape, Grams& grams,
                std::uint64_t frames_before)
        : connection_(connection), tape_(tape), grams_(grams), before_(frames_before) {}

    void take(const Record& record);
    /// Errors: of anything that was taken.
    Result<void> finish();

  private:
    void end_piece();

    sql::Connection& connection_;
    std::int64_t tape_;
    Grams& grams_;
    std::uint64_t before_;
    std::uint64_t seen_ = 0;
    Piece piece_;
    std::optional<Error> error_;
};

/// Takes the words of a tape's frames out again; they are made from its content.
Result<void> remove_pieces(sql::Connection& connection, std::int64_t tape, Grams& grams);

/// The words of the texts of labels, which come and go by themselves.
Result<void> put_label_words(sql::Connection& connection, std::int64_t n, const TapeMetadata& tape,
                             Grams& grams);
Result<void> remove_label_words(sql::Connection& connection, std::int64_t n,
                                const TapeMetadata& tape, Grams& grams);

/// The calls of a tape, as rows: in the order in which they come.
class CallWriter {
  public:
    CallWriter(sql::Connection& connection, std::int64_t tape)
        : connection_(connection), tape_(tape) {}
    void take(const Call& call);
    Result<void> finish();

  private:
    sql::Connection& connection_;
    std::int64_t tape_;
    std::int64_t number_ = 0;
    std::optional<Error> error_;
};

/// Those of a tape, with what a search asks of them; texts are in small letters.
Result<std::vector<Call>> calls_of(sql::Connection& connection, std::int64_t tape);

}  // namespace turntable::inline v0::tape::sqlite
