#include <array>

#include "core/rfc3339.hpp"
#include "turntable/tape/record.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::array<std::string_view, 3> direction_names = {"c2s", "s2c", "err"};

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
    return turntable::detail::to_rfc3339(turntable::detail::split_time(time), 9);
}

std::optional<WallNanoseconds> parse_wall_time(std::string_view text) noexcept {
    constexpr std::string_view form = "0000-00-00T00:00:00.000000000Z";
    if (text.size() != form.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] != '0' && text[i] != form[i]) {
            return std::nullopt;
        }
    }
    const auto time = turntable::detail::parse_rfc3339(text);
    const std::string_view year = text.substr(0, 4);
    // As far as nanoseconds reach, and without leap seconds.
    if (!time || year < "1970" || year > "2261" || text.substr(17, 2) == "60") {
        return std::nullopt;
    }
    return WallNanoseconds(time->seconds) + time->fraction;
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
