#include <algorithm>
#include <map>
#include <utility>

#include "turntable/tape/library.hpp"
#include "turntable/tape/query.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::uint32_t page_tapes = 1000;
/// How many tapes an ambiguous name shows.
constexpr std::uint32_t shown = 5;

Error several(std::string_view text, const std::vector<TapeMetadata>& tapes) {
    std::string ids;
    for (const TapeMetadata& tape : tapes) {
        ids += (ids.empty() ? "" : ", ") + tape.id;
    }
    return Error(ErrorCode::invalid_argument,
                 "several tapes are meant by '" + std::string(text) + "': " + ids)
        .during("find");
}

}  // namespace

Result<TapePage> Library::search(std::string_view query, const CallOptions& call) const {
    TURNTABLE_TRY(const SearchCriteria criteria, parse_query(query, runtime().clock().wall_now()));
    return search(criteria, call);
}

Result<void> Library::for_each(const Expression& where,
                               const std::function<Result<bool>(const TapeMetadata&)>& visit,
                               const CallOptions& call) const {
    SearchCriteria criteria{.where = where, .limit = page_tapes};
    for (;;) {
        TURNTABLE_TRY(const TapePage page, search(criteria, call));
        for (const TapeMetadata& tape : page.tapes) {
            TURNTABLE_TRY(const bool more, visit(tape));
            if (!more) {
                return {};
            }
        }
        if (page.next.empty()) {
            return {};
        }
        criteria.cursor = page.next;
    }
}

Result<TapeMetadata> Library::find(std::string_view text, const CallOptions& call) const {
    if (text == "@last") {
        TURNTABLE_TRY(TapePage page, search(SearchCriteria{.limit = 1}, call));
        if (page.tapes.empty()) {
            return Error(ErrorCode::not_found, "there is no tape in this library").during("find");
        }
        return std::move(page.tapes[0]);
    }
    if (is_tape_id(text)) {
        auto exact = metadata(text, call);
        if (exact || exact.error().code() != ErrorCode::not_found) {
            return exact;
        }
    }
    if (text.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "a tape is named by its id, the beginning of it, "
                     "its name, or @last")
            .during("find");
    }
    for (const auto& [field, compare] :
         {std::pair{Field::name, Compare::equal}, std::pair{Field::id, Compare::has}}) {
        const Term term{.field = field, .compare = compare, .text = std::string(text)};
        TURNTABLE_TRY(TapePage page,
                      search(SearchCriteria{.where = Expression::of(term), .limit = shown}, call));
        if (page.tapes.size() == 1) {
            return std::move(page.tapes[0]);
        }
        if (!page.tapes.empty()) {
            return several(text, page.tapes);
        }
    }
    return Error(ErrorCode::not_found,
                 "no tape has the id or name '" + std::string(text) + "', or an id that begins so")
        .during("find")
        .on(url());
}

Result<LibraryStatistics> Library::statistics(const Expression& where,
                                              const CallOptions& call) const {
    LibraryStatistics sums;
    std::map<std::string, std::uint64_t> states;
    std::map<std::string, std::uint64_t> tools;
    TURNTABLE_CHECK(for_each(
        where,
        [&](const TapeMetadata& tape) -> Result<bool> {
            ++sums.tapes;
            sums.frames += tape.frames;
            sums.bytes += tape.bytes;
            sums.stored_bytes += tape.stored_bytes;
            sums.requests += tape.facts.requests;
            sums.errors += tape.facts.errors;
            sums.unanswered += tape.facts.unanswered;
            sums.dropped += tape.dropped;
            sums.pinned += tape.labels.pinned ? 1 : 0;
            sums.oldest = std::min(sums.oldest.value_or(tape.created), tape.created);
            sums.newest = std::max(sums.newest.value_or(tape.created), tape.created);
            ++states[std::string(to_string(tape.state))];
            for (const NameCount& tool : tape.tools) {
                tools[tool.name] += tool.count;
            }
            return true;
        },
        call));
    for (const auto& [name, count] : states) {
        sums.states.push_back({name, count});
    }
    for (const auto& [name, count] : tools) {
        sums.tools.push_back({name, count});
    }
    std::ranges::sort(sums.tools, [](const NameCount& a, const NameCount& b) {
        return a.count != b.count ? a.count > b.count : a.name < b.name;
    });
    constexpr std::size_t tools_max = 20;
    sums.tools.resize(std::min(sums.tools.size(), tools_max));
    return sums;
}

}  // namespace turntable::inline v0::tape
