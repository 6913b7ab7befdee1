#include <map>
#include <optional>
#include <utility>

#include "tape/library/stock_state.hpp"

namespace turntable::inline v0::tape {

namespace {

using Kind = IndexProblem::Kind;

/// One inspection: compares what is there with what the index says of it.
class Inspection {
  public:
    Inspection(detail::StockState& state, const InspectOptions& how, const CallOptions& call)
        : state_(state), how_(how), call_(call) {}

    Result<InspectReport> run() {
        TURNTABLE_TRY(const StoredContents stored, state_.contents.list(call_));
        TURNTABLE_CHECK(read_rows(stored));
        for (const auto& [id, content] : stored.contents) {
            ++report_.tapes;
            TURNTABLE_CHECK(content_of(id, content, stored.labels.contains(id)));
        }
        for (const auto& [id, row] : rows_) {
            if (!stored.contents.contains(id)) {
                report_.problems.push_back({id, Kind::no_content, "its content is not there"});
                TURNTABLE_CHECK(repaired([&] { return state_.index.remove(id, call_); }));
            }
        }
        for (const auto& [id, path] : stored.labels) {
            if (!stored.contents.contains(id)) {
                report_.problems.push_back({id, Kind::stray, "labels of a tape that is not there"});
                TURNTABLE_CHECK(
                    repaired([&] { return state_.contents.blobs().remove(path, {}, call_); }));
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
            auto row = state_.index.get(id, call_);
            if (row && *row) {
                rows_.emplace(id, **std::move(row));
            }
        }
        return {};
    }

    Result<void> content_of(const std::string& id, const StoredContents::Content& content,
                            bool has_labels) {
        const auto row = rows_.find(id);
        if (row == rows_.end()) {
            return wrong(id, Kind::no_row, "the index does not know it");
        }
        if (how_.contents) {
            return compare(id, row->second);
        }
        if (row->second.stored_bytes != content.bytes) {
            return wrong(id, Kind::stale, "its content has another size");
        }
        if (has_labels || row->second.labels != initial_labels(row->second)) {
            TURNTABLE_TRY(const auto labels, state_.contents.labels(id, call_));
            if (labels.value_or(initial_labels(row->second)) != row->second.labels) {
                return wrong(id, Kind::stale, "its labels are others");
            }
        }
        return {};
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
    const std::lock_guard lock(changes);
    return Inspection(*this, how, call).run();
}

}  // namespace turntable::inline v0::tape
