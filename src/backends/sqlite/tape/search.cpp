#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "backends/sqlite/file/sqlite_error.hpp"
#include "backends/sqlite/tape/conditions.hpp"
#include "backends/sqlite/tape/content.hpp"
#include "backends/sqlite/tape/sql.hpp"
#include "backends/sqlite/tape/state.hpp"
#include "backends/sqlite/tape/texts.hpp"
#include "tape/library/frame_text.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/blocking.hpp"
#include "turntable/tape/criteria.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

namespace {

using sqlite::Piece;
using sqlite::Sql;

/// A piece that can hold a text.
struct Candidate {
    std::int64_t tape = 0;
    Piece piece;
};
/// In the order of tapes, and of pieces in each.
using Candidates = std::vector<Candidate>;

/// One search: SQL gives the tapes that can be meant, in their order; what the reference says of
/// each decides.
class Search {
  public:
    Search(const SearchCriteria& criteria, sql::Connection& connection,
           const AnalyzerFactory& analyzer, const CallOptions& call)
        : criteria_(criteria), connection_(connection), analyzer_(analyzer), call_(call) {}

    Result<TapePage> run(Runtime& runtime) {
        TURNTABLE_CHECK(read_growing());
        TURNTABLE_TRY(const sqlite::Query query, make_query());
        TURNTABLE_TRY(sql::Statement tapes, connection_.prepare(query.text.c_str()));
        bind(tapes, query);
        const Context context = call_.context(runtime, true);
        int code = SQLITE_DONE;
        while ((code = tapes.step()) == SQLITE_ROW) {
            if (const auto reason = turntable::detail::stop_reason(context, runtime)) {
                return stopped_error(*reason);
            }
            TURNTABLE_TRY(const bool full, look_at(tapes.integer(0)));
            if (full) {
                return std::move(page_);
            }
        }
        if (code != SQLITE_DONE) {
            return connection_.error("searching tapes");
        }
        return std::move(page_);
    }

  private:
    Result<sqlite::Query> make_query() {
        return sqlite::query_for(criteria_,
                                 [this](std::string_view field, const std::string* value) {
                                     return is_common(field, value);
                                 });
    }
    /// Only about how to search: what cannot be counted is not common.
    bool is_common(std::string_view field, const std::string* value) {
        constexpr std::int64_t many = 1000;
        const auto count =
            connection_.statement(value == nullptr ? Sql::have_field : Sql::have_value);
        if (!count) {
            return false;
        }
        const sql::ResetLater reset(**count);
        (*count)->bind_text(1, field);
        if (value != nullptr) {
            (*count)->bind_text(2, *value);
        }
        (*count)->bind(3, many);
        return (*count)->step() == SQLITE_ROW && (*count)->integer(0) == many;
    }

    static void bind(sql::Statement& statement, const sqlite::Query& query) {
        int index = 0;
        for (const auto& value : query.values) {
            ++index;
            if (const auto* text = std::get_if<std::string>(&value)) {
                statement.bind_text(index, *text);
            } else {
                statement.bind(index, std::get<std::int64_t>(value));
            }
        }
    }

    Result<void> read_growing() {
        TURNTABLE_TRY(sql::Statement * rows, connection_.statement(Sql::growing_all));
        const sql::ResetLater reset(*rows);
        int code = SQLITE_DONE;
        while ((code = rows->step()) == SQLITE_ROW) {
            growing_.insert(rows->integer(0));
        }
        return code == SQLITE_DONE ? Result<void>() : connection_.error("searching tapes");
    }

    /// Takes a tape into the page if it is meant; true when the page needs no more.
    Result<bool> look_at(std::int64_t n) {
        TURNTABLE_TRY(const auto row, sqlite::find_row(connection_, n));
        if (!row) {
            return sql::corrupt_error(connection_.path(), "has an index that names no tape");
        }
        TURNTABLE_TRY(TapeMetadata tape, row->metadata(connection_));
        const Verdict known = judge(criteria_.where, tape);
        if (known == Verdict::no) {
            return false;
        }
        if (known == Verdict::unknown) {
            read_ = false;
            calls_.reset();
            TURNTABLE_TRY(const bool found,
                          matches(criteria_.where, tape, content_of(n, tape.state)));
            page_.scanned += read_ ? 1 : 0;
            page_.answered = read_ ? Answered::scan : page_.answered;
            if (!found) {
                return false;
            }
        }
        if (page_.tapes.size() == criteria_.limit) {
            page_.next = cursor_after(page_.tapes.back(), criteria_.sort);
            return true;
        }
        page_.tapes.push_back(std::move(tape));
        return false;
    }

    SearchContent content_of(std::int64_t n, TapeState state) {
        return {.calls = [this, n](const std::function<bool(const Call&)>& visit) -> Result<void> {
                    return growing_.contains(n) ? read_calls(n, visit) : visit_calls(n, visit);
                },
                .contains = [this, n,
                             state](std::string_view text) { return contains(n, state, text); }};
    }
    /// Also while they are visited already.
    Result<void> visit_calls(std::int64_t n, const std::function<bool(const Call&)>& visit) {
        if (!calls_) {
            TURNTABLE_TRY(calls_, sqlite::calls_of(connection_, n));
        }
        (void)std::ranges::all_of(*calls_, visit);
        return {};
    }
    Result<void> read_calls(std::int64_t n, const std::function<bool(const Call&)>& visit) {
        read_ = true;
        bool wanted = true;
        const auto derived =
            derive_metadata(sqlite::content_source(connection_, n), analyzer_,
                            [&](const Call& one) { wanted = wanted && visit(one); });
        return derived ? Result<void>() : derived.error();
    }

    Result<bool> contains(std::int64_t n, TapeState state, std::string_view text) {
        // The frames of a damaged tape are not where their numbers say.
        if (growing_.contains(n) || text.size() < 3 || state == TapeState::damaged) {
            read_ = true;
            return any_frame_contains(sqlite::content_source(connection_, n), text);
        }
        TURNTABLE_TRY(const Candidates* candidates, candidates_for(text));
        const auto found = std::ranges::equal_range(*candidates, n, {}, &Candidate::tape);
        if (found.empty()) {
            return false;
        }
        read_ = true;
        return pieces_contain(n, found, text);
    }
    Result<const Candidates*> candidates_for(std::string_view text) {
        const auto known = candidates_.find(text);
        if (known != candidates_.end()) {
            return &known->second;
        }
        const std::string words = sqlite::gram_query(text);
        TURNTABLE_TRY(sql::Statement * rows, connection_.statement(Sql::pieces_with));
        const sql::ResetLater reset(*rows);
        rows->bind_text(1, words);
        Candidates found;
        int code = SQLITE_DONE;
        while ((code = rows->step()) == SQLITE_ROW) {
            found.push_back({rows->integer(0),
                             {rows->integer(1), static_cast<std::uint64_t>(rows->integer(2)),
                              static_cast<std::uint64_t>(rows->integer(3))}});
        }
        if (code != SQLITE_DONE) {
            return connection_.error("searching texts");
        }
        std::ranges::sort(found, {},
                          [](const Candidate& one) { return std::pair(one.tape, one.piece.n); });
        return &candidates_.emplace(text, std::move(found)).first->second;
    }
    /// Reads those frames of a tape that can hold the text.
    Result<bool> pieces_contain(std::int64_t n, std::span<const Candidate> pieces,
                                std::string_view text) {
        TURNTABLE_TRY(Reader reader, Reader::open(sqlite::content_source(connection_, n)));
        // Where the reader stands: a seek looks for its frame by halves, which a step is not worth.
        std::uint64_t next = reader.head().segment.frames_before + 1;
        for (const auto& [tape, piece] : pieces) {
            if (piece.first != next) {
                TURNTABLE_CHECK(reader.seek_frame(piece.first));
            }
            next = piece.first + piece.frames;
            TURNTABLE_TRY(const bool holds, next_frames_contain(reader, piece.frames, text));
            if (holds) {
                return true;
            }
        }
        return false;
    }
    static Result<bool> next_frames_contain(Reader& reader, std::uint64_t frames,
                                            std::string_view text) {
        while (frames > 0) {
            auto record = reader.next();
            if (!record) {
                if (record.error().code() != ErrorCode::corrupt) {
                    return std::move(record).error();
                }
                continue;
            }
            if (!*record) {
                return false;
            }
            if (const auto* frame = std::get_if<Frame>(&**record)) {
                --frames;
                if (frame_contains(*frame, text)) {
                    return true;
                }
            }
        }
        return false;
    }

    const SearchCriteria& criteria_;
    sql::Connection& connection_;
    const AnalyzerFactory& analyzer_;
    const CallOptions& call_;
    std::set<std::int64_t> growing_;
    std::map<std::string, Candidates, std::less<>> candidates_;
    // Of the tape at hand.
    bool read_ = false;
    std::optional<std::vector<Call>> calls_;
    TapePage page_;
};

}  // namespace

Result<TapePage> detail::SqliteState::list(const SearchCriteria& criteria,
                                           const CallOptions& call) {
    TURNTABLE_CHECK(check(criteria));
    TURNTABLE_TRY(const sqlite::Reading reading, sqlite::Reading::begin(file));
    return Search(criteria, reading.connection(), options.analyzer, call).run(*options.runtime);
}

}  // namespace turntable::inline v0::tape
