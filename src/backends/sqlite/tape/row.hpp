#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/sqlite/file/connection.hpp"
#include "backends/sqlite/tape/grams.hpp"
#include "turntable/tape/facts.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// What is known of a tape, as rows.
namespace turntable::inline v0::tape::sqlite {

/// A row of the table of tapes.
struct Row {
    std::int64_t n = 0;
    std::string id;
    std::string json;
    /// What people said, as JSON; none if nobody did.
    std::optional<std::string> labels;
    /// How many bytes the content had when the row was made.
    std::uint64_t seen = 0;

    /// Errors: `corrupt`.
    Result<TapeMetadata> metadata(const sql::Connection& connection) const;
};

Result<std::optional<Row>> find_row(sql::Connection& connection, std::string_view id);
Result<std::optional<Row>> find_row(sql::Connection& connection, std::int64_t n);
/// `not_found` if there is none.
Result<Row> get_row(sql::Connection& connection, std::string_view id);

/// A field and a value of it in small letters, in the order of the table.
using Values = std::vector<std::pair<std::string, std::string>>;
Values values_of(const TapeMetadata& tape);
Result<Values> stored_values(sql::Connection& connection, std::int64_t n);

/// Metadata as a row gives them back: names that are no UTF-8 have signs that stand for that.
Result<TapeMetadata> as_stored(const TapeMetadata& tape);

/// Writes the row and its values in the place of those that are there. `seen` are the bytes of the
/// content that the metadata were derived from.
Result<void> put_row(sql::Connection& connection, std::int64_t n, const TapeMetadata& tape,
                     std::uint64_t seen);

/// Runs a kept statement that takes one number and gives nothing.
template <class Which>
Result<void> run_with(sql::Connection& connection, Which which, std::int64_t number) {
    TURNTABLE_TRY(sql::Statement * statement, connection.statement(which));
    const sql::ResetLater reset(*statement);
    statement->bind(1, number);
    return statement->step() == SQLITE_DONE ? Result<void>() : connection.error("changing a tape");
}

}  // namespace turntable::inline v0::tape::sqlite
