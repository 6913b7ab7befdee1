#include "tape/capture/members.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "tape/json_scan.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::tape::capture {

namespace {

bool is_json_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The time of a text like 2026-11-22T15:04:05.25+01:00.
std::optional<std::int64_t> parse_moment(std::string text) {
    constexpr std::size_t seconds_end = 19;
    if (text.size() <= seconds_end) {
        return std::nullopt;
    }
    text[10] = 'T';  // also a space is written there
    std::string fraction;
    std::size_t at = seconds_end;
    if (text[at] == '.' || text[at] == ',') {
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            fraction += text[at];
        }
    }
    fraction.resize(9, '0');
    std::int64_t offset_minutes = 0;
    const std::string_view zone = std::string_view(text).substr(at);
    if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
        const auto hours = json_unsigned(zone.substr(1, 2));
        const auto minutes = json_unsigned(zone.substr(4, 2));
        if (!hours || !minutes || *hours > 23 || *minutes > 59) {
            return std::nullopt;
        }
        offset_minutes = static_cast<std::int64_t>(*hours * 60 + *minutes);
        offset_minutes = zone[0] == '-' ? -offset_minutes : offset_minutes;
    } else if (zone != "Z" && zone != "z") {
        return std::nullopt;
    }
    const auto utc = parse_wall_time(text.substr(0, seconds_end) + "." + fraction + "Z");
    if (!utc) {
        return std::nullopt;
    }
    return (*utc - std::chrono::minutes(offset_minutes)).time_since_epoch().count();
}

/// Between the limits lie the years 1973 to 2286 in each unit.
struct Unit {
    std::uint64_t least;
    std::uint64_t nanoseconds;
};
constexpr std::array<Unit, 4> units{{{100'000'000'000'000'000, 1},
                                     {100'000'000'000'000, 1'000},
                                     {100'000'000'000, 1'000'000},
                                     {100'000'000, 1'000'000'000}}};
constexpr std::uint64_t nanoseconds_max = 9'200'000'000'000'000'000;

std::optional<When> when_of_whole(std::uint64_t number) {
    for (const Unit& unit : units) {
        if (number >= unit.least) {
            return number <= nanoseconds_max / unit.nanoseconds
                       ? std::optional(
                             When{false, static_cast<std::int64_t>(number * unit.nanoseconds)})
                       : std::nullopt;
        }
    }
    return When{true, static_cast<std::int64_t>(number * 1'000'000)};
}

/// Whole and rest apart: together they have more digits than a double.
std::optional<When> when_of_number(double number) {
    constexpr double number_max = 9e18;
    if (!(number >= 0 && number < number_max)) {
        return std::nullopt;
    }
    const auto whole = static_cast<std::uint64_t>(number);
    auto when = when_of_whole(whole);
    if (when) {
        std::uint64_t unit = 1'000'000;
        for (const Unit& one : units) {
            if (whole >= one.least) {
                unit = one.nanoseconds;
                break;
            }
        }
        const double rest = number - static_cast<double>(whole);
        when->nanoseconds += static_cast<std::int64_t>(rest * static_cast<double>(unit));
    }
    return when;
}

}  // namespace

Members::Members(std::string_view object) {
    if (!object.starts_with('{')) {
        return;
    }
    JsonWalk walk(object, limits::json_depth_max);
    while (walk.next()) {
        all_.emplace_back(walk.name(), walk.value());
    }
}

std::string_view Members::find(std::initializer_list<std::string_view> names) const noexcept {
    for (const std::string_view name : names) {
        for (const auto& [member, value] : all_) {
            if (member == name && value != "null") {
                return value;
            }
        }
    }
    return {};
}

Members Members::object(std::initializer_list<std::string_view> names) const {
    return Members(find(names));
}

std::string Members::text(std::initializer_list<std::string_view> names) const {
    const std::string_view value = find(names);
    return value.starts_with('"') ? text_of(value) : std::string();
}

std::optional<std::pair<std::string_view, std::string_view>> Members::only() const noexcept {
    return all_.size() == 1 ? std::optional(all_.front()) : std::nullopt;
}

std::vector<std::string_view> elements(std::string_view array) {
    std::vector<std::string_view> out;
    if (array.starts_with('[')) {
        JsonWalk walk(array, limits::json_depth_max);
        while (walk.next()) {
            out.push_back(walk.value());
        }
    }
    return out;
}

std::string text_of(std::string_view value) {
    if (value.size() >= 2 && value.starts_with('"')) {
        if (auto text = json_string_text(value)) {
            return *std::move(text);
        }
    }
    return std::string(value);
}

bool is_true(std::string_view value) noexcept {
    return !value.empty() && value != "false" && value != "null" && value != "0" && value != "[]" &&
           value != "\"\"";
}

std::optional<double> number_of(std::string_view value) noexcept {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
        return std::nullopt;
    }
    return number;
}

std::string compact(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    bool inside = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (!inside && is_json_space(c)) {
            continue;
        }
        out += c;
        if (c == '"') {
            inside = !inside;
        } else if (c == '\\' && inside && i + 1 < value.size()) {
            out += value[++i];
        }
    }
    return out;
}

std::optional<When> when_of(std::string_view value) {
    if (value.starts_with('"')) {
        const auto moment = parse_moment(text_of(value));
        return moment ? std::optional(When{false, *moment}) : std::nullopt;
    }
    if (value.starts_with('{')) {
        const Members parts(value);
        const auto seconds = json_unsigned(parts.find({"secs_since_epoch", "secs"}));
        const auto nanoseconds = json_unsigned(parts.find({"nanos_since_epoch", "nanos"}));
        constexpr std::uint64_t seconds_max = 9'000'000'000;
        if (!seconds || *seconds > seconds_max || nanoseconds.value_or(0) >= 1'000'000'000) {
            return std::nullopt;
        }
        return When{false,
                    static_cast<std::int64_t>(*seconds * 1'000'000'000 + nanoseconds.value_or(0))};
    }
    if (const auto whole = json_unsigned(value)) {
        return when_of_whole(*whole);
    }
    const auto number = number_of(value);
    return number ? when_of_number(*number) : std::nullopt;
}

std::string plain_word(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out += c;
        } else if (c >= 'A' && c <= 'Z') {
            out += static_cast<char>(c - 'A' + 'a');
        }
    }
    return out;
}

std::optional<Direction> direction_of(std::string_view value) {
    const std::string word = plain_word(text_of(value));
    constexpr std::array<std::pair<std::string_view, Direction>, 10> words{
        {{"c2s", Direction::client_to_server},
         {"clienttoserver", Direction::client_to_server},
         {"clientserver", Direction::client_to_server},
         {"client", Direction::client_to_server},
         {"s2c", Direction::server_to_client},
         {"servertoclient", Direction::server_to_client},
         {"serverclient", Direction::server_to_client},
         {"server", Direction::server_to_client},
         {"stderr", Direction::server_aside},
         {"err", Direction::server_aside}}};
    const auto* const found =
        std::ranges::find(words, std::string_view(word), &decltype(words)::value_type::first);
    return found == words.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace turntable::inline v0::tape::capture
