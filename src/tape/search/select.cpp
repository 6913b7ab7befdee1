#include <algorithm>
#include <charconv>
#include <utility>

#include "tape/search/check.hpp"
#include "tape/search/place.hpp"
#include "tape/search/values.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/tape/criteria.hpp"

namespace turntable::inline v0::tape {

namespace {

bool by_text(Field field) noexcept { return field_info(field).type == FieldType::text; }

Place place_of(const TapeMetadata& tape, Field field) {
    if (by_text(field)) {
        return {sort_text(tape, field), 0, tape.id};
    }
    return {{}, number_of(tape, field), tape.id};
}

int compare(const Place& a, const Place& b, bool descending) {
    const int direction = descending ? -1 : 1;
    if (a.number != b.number) {
        return a.number < b.number ? -direction : direction;
    }
    if (const int order = a.text.compare(b.text); order != 0) {
        return order < 0 ? -direction : direction;
    }
    const int order = a.id.compare(b.id);
    return order < 0 ? -direction : order > 0 ? direction : 0;
}

std::string order_mark(const SortOrder& order) {
    return (order.descending ? "-" : "+") + std::string(field_info(order.field).name) + "/";
}

Error not_ours() {
    return Error(ErrorCode::invalid_argument,
                 "this is no cursor of a search in this order; begin without one");
}

}  // namespace

Result<Place> parse_cursor(const std::string& cursor, const SortOrder& order) {
    const auto decoded = from_base64(cursor, Base64::url);
    const std::string mark = order_mark(order);
    if (!decoded || !decoded->starts_with(mark)) {
        return not_ours();
    }
    const std::string rest = decoded->substr(mark.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string::npos || !is_tape_id(rest.substr(0, slash))) {
        return not_ours();
    }
    Place place{rest.substr(slash + 1), 0, rest.substr(0, slash)};
    if (!by_text(order.field)) {
        const std::string text = std::exchange(place.text, {});
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), place.number);
        if (error != std::errc() || end != text.data() + text.size()) {
            return not_ours();
        }
    }
    return place;
}

Result<void> check_cursor(const std::string& cursor, const SortOrder& order) {
    if (!cursor.empty()) {
        TURNTABLE_TRY(const Place ignored, parse_cursor(cursor, order));
        (void)ignored;
    }
    return {};
}

int compare_tapes(const TapeMetadata& a, const TapeMetadata& b, const SortOrder& order) {
    return compare(place_of(a, order.field), place_of(b, order.field), order.descending);
}

std::string cursor_after(const TapeMetadata& tape, const SortOrder& order) {
    const Place place = place_of(tape, order.field);
    const std::string value = by_text(order.field) ? place.text : std::to_string(place.number);
    return to_base64(order_mark(order) + place.id + "/" + value, Base64::url);
}

Result<TapePage> select_page(
    const SearchCriteria& criteria, std::vector<TapeMetadata> tapes,
    const std::function<SearchContent(const TapeMetadata& tape)>& content) {
    TURNTABLE_CHECK(check(criteria));
    const SortOrder& order = criteria.sort;
    std::erase_if(tapes, [&criteria](const TapeMetadata& tape) {
        return judge(criteria.where, tape) == Verdict::no;
    });
    if (!criteria.cursor.empty()) {
        TURNTABLE_TRY(const Place last, parse_cursor(criteria.cursor, order));
        std::erase_if(tapes, [&](const TapeMetadata& tape) {
            return compare(place_of(tape, order.field), last, order.descending) <= 0;
        });
    }
    std::ranges::sort(tapes, [&order](const TapeMetadata& a, const TapeMetadata& b) {
        return compare_tapes(a, b, order) < 0;
    });
    TapePage page;
    for (TapeMetadata& tape : tapes) {
        if (judge(criteria.where, tape) == Verdict::unknown) {
            page.answered = Answered::scan;
            ++page.scanned;
            TURNTABLE_TRY(const bool found, matches(criteria.where, tape, content(tape)));
            if (!found) {
                continue;
            }
        }
        if (page.tapes.size() == criteria.limit) {
            page.next = cursor_after(page.tapes.back(), order);
            break;
        }
        page.tapes.push_back(std::move(tape));
    }
    return page;
}

}  // namespace turntable::inline v0::tape
