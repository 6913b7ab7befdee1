#include <array>
#include <cstdio>

#include "turntable/tape/record.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::array<std::string_view, 3> direction_names = {"c2s", "s2c", "err"};

/// The number of `size` digits at `at`, or nothing.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
    return direction_names[static_cast<std::size_t>(direction)];
}

std::optional<Direction> parse_direction(std::string_view text) noexcept {
    for (std::size_t i = 0; i < direction_names.size(); ++i) {
        if (direction_names[i] == text) {
            return static_cast<Direction>(i);
        }
    }
    return std::nullopt;
}

std::string to_string(WallNanoseconds time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
                  static_cast<long>(clock.minutes().count()),
                  static_cast<long>(clock.seconds().count()),
                  static_cast<long>(clock.subseconds().count()));
    return text.data();
}

std::optional<WallNanoseconds> parse_wall_time(std::string_view text) noexcept {
    using namespace std::chrono;
    constexpr std::string_view form = "0000-00-00T00:00:00.000000000Z";
    if (text.size() != form.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] != '0' && text[i] != form[i]) {
            return std::nullopt;
        }
    }
    const auto years = digits_at(text, 0, 4);
    const auto month_number = digits_at(text, 5, 2);
    const auto day_number = digits_at(text, 8, 2);
    const auto hour = digits_at(text, 11, 2);
    const auto minute = digits_at(text, 14, 2);
    const auto second = digits_at(text, 17, 2);
    const auto nanosecond = digits_at(text, 20, 9);
    if (!years || !month_number || !day_number || !hour || !minute || !second || !nanosecond ||
        *years < 1970 || *years > 2261 || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    const year_month_day date(year(*years), month(static_cast<unsigned>(*month_number)),
                              day(static_cast<unsigned>(*day_number)));
    if (!date.ok()) {
        return std::nullopt;
    }
    return WallNanoseconds(sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) +
                           seconds(*second) + nanoseconds(*nanosecond));
}

namespace {

struct TimeOf {
    TapeTime operator()(const Head&) const noexcept { return {}; }
    template <class R>
    TapeTime operator()(const R& record) const noexcept {
        return record.time;
    }
};

struct KindOf {
    std::string_view operator()(const Head&) const noexcept { return "head"; }
    std::string_view operator()(const Frame&) const noexcept { return "frame"; }
    std::string_view operator()(const Http&) const noexcept { return "http"; }
    std::string_view operator()(const Life&) const noexcept { return "life"; }
    std::string_view operator()(const Gap&) const noexcept { return "gap"; }
    std::string_view operator()(const Note&) const noexcept { return "note"; }
    std::string_view operator()(const Check&) const noexcept { return "check"; }
    std::string_view operator()(const End&) const noexcept { return "end"; }
    std::string_view operator()(const Unknown& record) const noexcept { return record.kind; }
};

}  // namespace

TapeTime time_of(const Record& record) noexcept { return std::visit(TimeOf(), record); }
std::string_view kind_of(const Record& record) noexcept { return std::visit(KindOf(), record); }

}  // namespace turntable::inline v0::tape
