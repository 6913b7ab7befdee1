#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "tape/library/stock_state.hpp"

namespace turntable::inline v0::tape {

namespace {

using Kind = IndexProblem::Kind;

/// One inspection: compares what is there with what the index says of it. The lists are of one
/// moment; a tape in which they differ is looked at again while nothing changes it.
class Inspection {
  public:
    Inspection(detail::StockState& state, const InspectOptions& how, const CallOptions& call)
        : state_(state), how_(how), call_(call) {}

    Result<InspectReport> run() {
        TURNTABLE_TRY(const StoredContents stored, state_.contents.list(call_));
        TURNTABLE_CHECK(read_rows(stored));
        for (const auto& [id, content] : stored.contents) {
            ++report_.tapes;
            const auto row = rows_.find(id);
            if (how_.contents || row == rows_.end() || row->second.stored_bytes != content.bytes ||
                stored.labels.contains(id) || row->second.labels != initial_labels(row->second)) {
                TURNTABLE_CHECK(look_at(id));
            }
        }
        for (const auto& [id, row] : rows_) {
            if (!stored.contents.contains(id)) {
                TURNTABLE_CHECK(look_at(id));
            }
        }
        for (const auto& [id, path] : stored.labels) {
            if (!stored.contents.contains(id)) {
                TURNTABLE_CHECK(look_at_labels(id, path));
            }
        }
        return std::move(report_);
    }

  private:
    template <class F>
    Result<void> repaired(const F& repair) {
        if (how_.repair) {
            TURNTABLE_CHECK(repair());
            ++report_.repaired;
        }
        return {};
    }

    Result<void> read_rows(const StoredContents& stored) {
        auto rows = state_.index.all(call_);
        if (rows) {
            for (TapeMetadata& row : *rows) {
                std::string id = row.id;
                rows_.emplace(std::move(id), std::move(row));
            }
            return {};
        }
        if (rows.error().code() != ErrorCode::corrupt) {
            return std::move(rows).error();
        }
        // Some row cannot be read: each that can is asked for by itself.
        for (const auto& [id, content] : stored.contents) {
            TURNTABLE_TRY(auto row, row_of(id));
            if (row) {
                rows_.emplace(id, *std::move(row));
            }
        }
        return {};
    }

    /// None: there is none, or it cannot be read.
    Result<std::optional<TapeMetadata>> row_of(const std::string& id) {
        auto row = state_.index.get(id, call_);
        if (!row && row.error().code() == ErrorCode::corrupt) {
            return std::optional<TapeMetadata>();
        }
        return row;
    }

    Result<void> look_at(const std::string& id) {
        const std::lock_guard lock(state_.changes.of(id));
        TURNTABLE_TRY(const auto content, state_.contents.find(id, call_));
        TURNTABLE_TRY(const auto row, row_of(id));
        if (!content) {
            if (!row) {
                return {};  // deleted since
            }
            report_.problems.push_back({id, Kind::no_content, "its content is not there"});
            return repaired([&] { return state_.index.remove(id, call_); });
        }
        if (!row) {
            return wrong(id, Kind::no_row, "the index does not know it");
        }
        if (how_.contents) {
            return compare(id, *row);
        }
        if (row->stored_bytes != content->bytes) {
            return wrong(id, Kind::stale, "its content has another size");
        }
        TURNTABLE_TRY(const auto labels, state_.contents.labels(id, call_));
        return labels.value_or(initial_labels(*row)) == row->labels
                   ? Result<void>()
                   : wrong(id, Kind::stale, "its labels are others");
    }

    Result<void> look_at_labels(const std::string& id, const std::string& path) {
        const std::lock_guard lock(state_.changes.of(id));
        TURNTABLE_TRY(const auto content, state_.contents.find(id, call_));
        if (content) {
            return {};  // saved since
        }
        report_.problems.push_back({id, Kind::stray, "labels of a tape that is not there"});
        return repaired([&] { return state_.contents.blobs().remove(path, {}, call_); });
    }

    /// Makes the row again, if that is asked for and can be.
    Result<void> wrong(const std::string& id, Kind kind, std::string what) {
        auto tape = state_.derive(id, call_);
        if (!tape && tape.error().code() != ErrorCode::corrupt) {
            return std::move(tape).error();
        }
        if (!tape || tape->id != id) {
            report_.problems.push_back(
                {id, Kind::damaged,
                 tape ? "its head has the id " + tape->id : tape.error().message()});
            return {};
        }
        report_.problems.push_back({id, kind, std::move(what)});
        return repaired([&] { return state_.index.put(*tape, call_); });
    }

    Result<void> compare(const std::string& id, const TapeMetadata& row) {
        auto tape = state_.derive(id, call_);
        if (!tape) {
            return wrong(id, Kind::damaged, tape.error().message());
        }
        if (tape->state == TapeState::damaged) {
            report_.problems.push_back({id, Kind::damaged, "lines of it cannot be read"});
        }
        return *tape == row ? Result<void>()
                            : wrong(id, Kind::stale, "the index says something else of it");
    }

    detail::StockState& state_;
    const InspectOptions& how_;
    const CallOptions& call_;
    std::map<std::string, TapeMetadata> rows_;
    InspectReport report_;
};

}  // namespace

std::string_view to_string(IndexProblem::Kind kind) noexcept {
    switch (kind) {
        case Kind::no_row:
            return "no_row";
        case Kind::no_content:
            return "no_content";
        case Kind::stale:
            return "stale";
        case Kind::damaged:
            return "damaged";
        case Kind::stray:
            return "stray";
    }
    return "unknown";
}

Result<InspectReport> detail::StockState::inspect(const InspectOptions& how,
                                                  const CallOptions& call) {
    return Inspection(*this, how, call).run();
}

}  // namespace turntable::inline v0::tape
