#include "tape/search/literals.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>

namespace turntable::inline v0::tape {

namespace {

/// What a unit is worth in the smallest one.
struct Unit {
    std::string_view name;
    std::int64_t worth;
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 86'400 * second;
// The largest first: what is printed uses the first that divides.
constexpr std::array duration_units{Unit{"w", 7 * day},
                                    Unit{"d", day},
                                    Unit{"h", 3'600 * second},
                                    Unit{"m", 60 * second},
                                    Unit{"s", second},
                                    Unit{"ms", second / 1'000},
                                    Unit{"us", second / 1'000'000},
                                    Unit{"ns", 1}};
constexpr std::array byte_units{Unit{"TiB", std::int64_t{1} << 40},
                                Unit{"GiB", std::int64_t{1} << 30},
                                Unit{"MiB", std::int64_t{1} << 20},
                                Unit{"KiB", std::int64_t{1} << 10},
                                Unit{"TB", 1'000'000'000'000},
                                Unit{"GB", 1'000'000'000},
                                Unit{"MB", 1'000'000},
                                Unit{"kB", 1'000},
                                Unit{"B", 1}};

/// A number with a unit behind it; `bare` is what no unit means, or 0 for an error.
std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                           std::int64_t bare) {
    std::uint64_t whole = 0;
    const char* const first = text.data();
    const char* const last = first + text.size();
    const auto [end, error] = std::from_chars(first, last, whole);
    if (error != std::errc()) {
        return std::nullopt;
    }
    std::string_view rest(end, static_cast<std::size_t>(last - end));
    std::string_view fraction;
    if (rest.starts_with('.')) {
        const std::size_t digits = rest.find_first_not_of("0123456789", 1);
        fraction = rest.substr(0, digits);
        rest = rest.substr(fraction.size());
        if (fraction.size() < 2 || fraction.size() > 10) {
            return std::nullopt;
        }
    }
    std::int64_t worth = rest.empty() ? bare : 0;
    for (const Unit& unit : units) {
        worth = unit.name == rest ? unit.worth : worth;
    }
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
    if (worth == 0 || whole > most / static_cast<std::uint64_t>(worth)) {
        return std::nullopt;
    }
    std::int64_t value = static_cast<std::int64_t>(whole) * worth;
    if (!fraction.empty()) {
        std::int64_t digits = 0;
        double scale = 1;
        for (const char digit : fraction.substr(1)) {
            digits = digits * 10 + (digit - '0');
            scale *= 10;
        }
        value += std::llround(static_cast<double>(digits) / scale * static_cast<double>(worth));
    }
    return value;
}

std::int64_t nanoseconds(WallTime now) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

std::int64_t start_of_day(std::int64_t time) {
    const std::int64_t rest = time % day;
    return time - (rest < 0 ? rest + day : rest);
}

/// `2026-11-22`, `2026-11-22T15:04`, `2026-11-22T15:04:05`, with or without a `Z`.
std::optional<std::int64_t> parse_date(std::string_view text) {
    std::string whole(text);
    if (whole.size() == 10) {
        whole += "T00:00";
    }
    if (whole.ends_with('Z')) {
        whole.pop_back();
    }
    if (whole.size() == 16) {
        whole += ":00";
    }
    if (whole.size() == 19) {
        whole += ".000000000";
    }
    const auto time = parse_wall_time(whole + "Z");
    return time ? std::optional(std::int64_t{time->time_since_epoch().count()}) : std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text, WallTime now) {
    if (text == "now") {
        return nanoseconds(now);
    }
    if (text == "today") {
        return start_of_day(nanoseconds(now));
    }
    if (text == "yesterday") {
        return start_of_day(nanoseconds(now)) - day;
    }
    if (const auto ago = parse_quantity(text, duration_units, 0)) {
        return nanoseconds(now) - *ago;
    }
    return parse_date(text);
}

std::string print_quantity(std::int64_t value, std::span<const Unit> units) {
    if (value <= 0) {
        return "0" + std::string(units.back().name);
    }
    for (const Unit& unit : units) {
        if (value % unit.worth == 0) {
            return std::to_string(value / unit.worth) + std::string(unit.name);
        }
    }
    return std::to_string(value);
}

}  // namespace

std::optional<std::int64_t> parse_literal(FieldType type, std::string_view text, WallTime now) {
    switch (type) {
        case FieldType::count:
            return parse_quantity(text, {}, 1);
        case FieldType::bytes:
            return parse_quantity(text, byte_units, 1);
        case FieldType::duration:
            return parse_quantity(text, duration_units, 0);
        case FieldType::time:
            return parse_time(text, now);
        default:
            return std::nullopt;
    }
}

std::string_view literal_help(FieldType type) noexcept {
    switch (type) {
        case FieldType::count:
            return "a number, such as 20";
        case FieldType::bytes:
            return "a size, such as 4096, 64KiB or 1.5MB";
        case FieldType::duration:
            return "a duration, such as 250ms, 2s or 1.5h";
        case FieldType::time:
            return "a time, such as 7d (ago), today, 2026-11-22 or 2026-11-22T15:04:05Z";
        default:
            return "a text";
    }
}

std::string print_literal(FieldType type, std::int64_t value) {
    switch (type) {
        case FieldType::bytes:
            return print_quantity(value, byte_units);
        case FieldType::duration:
            return print_quantity(value, duration_units);
        case FieldType::time:
            return to_string(WallNanoseconds(std::chrono::nanoseconds(value)));
        default:
            return std::to_string(value);
    }
}

}  // namespace turntable::inline v0::tape
