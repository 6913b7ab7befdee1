#include <algorithm>
#include <string>
#include <utility>

#include "backends/sqlite/tape/sql.hpp"
#include "backends/sqlite/tape/texts.hpp"
#include "tape/glob.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

std::string in_small_letters(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

}  // namespace

void CallWriter::take(const Call& call) {
    if (error_) {
        return;
    }
    const auto insert = connection_.statement(Sql::call_insert);
    if (!insert) {
        error_ = insert.error();
        return;
    }
    const std::string subject = in_small_letters(call.subject);
    const std::string error = in_small_letters(call.error);
    const std::string message = in_small_letters(call.error_text);
    const sql::ResetLater reset(**insert);
    (*insert)->bind(1, tape_);
    (*insert)->bind(2, ++number_);
    (*insert)->bind_text(3, call.method);
    (*insert)->bind_text(4, subject);
    (*insert)->bind_text(5, error);
    (*insert)->bind_text(6, message);
    (*insert)->bind_text(7, to_string(call.direction));
    if (call.took) {
        (*insert)->bind(8, std::int64_t{call.took->count()});
    } else {
        (*insert)->bind_null(8);
    }
    if ((*insert)->step() != SQLITE_DONE) {
        error_ = connection_.error("writing the calls of a tape");
    }
}

Result<void> CallWriter::finish() { return error_ ? Result<void>(*error_) : Result<void>(); }

Result<std::vector<Call>> calls_of(sql::Connection& connection, std::int64_t tape) {
    TURNTABLE_TRY(sql::Statement * rows, connection.statement(Sql::calls_of));
    const sql::ResetLater reset(*rows);
    rows->bind(1, tape);
    std::vector<Call> calls;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        Call& call = calls.emplace_back();
        call.method = rows->bytes(0).to_string();
        call.subject = rows->bytes(1).to_string();
        call.error = rows->bytes(2).to_string();
        call.error_text = rows->bytes(3).to_string();
        call.direction =
            parse_direction(rows->bytes(4).text()).value_or(Direction::client_to_server);
        if (rows->type(5) != SQLITE_NULL) {
            call.took = TapeTime(rows->integer(5));
        }
    }
    return code == SQLITE_DONE ? Result<std::vector<Call>>(std::move(calls))
                               : connection.error("reading the calls of a tape");
}

}  // namespace turntable::inline v0::tape::sqlite
