#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/settings/text.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable::inline v0 {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array duration_units{Unit{"d", 86'400'000}, Unit{"h", 3'600'000},
                                    Unit{"min", 60'000},   Unit{"m", 60'000},
                                    Unit{"s", 1'000},      Unit{"ms", 1}};
constexpr std::array size_units{Unit{"TiB", std::uint64_t{1} << 40U},
                                Unit{"GiB", std::uint64_t{1} << 30U},
                                Unit{"MiB", std::uint64_t{1} << 20U},
                                Unit{"KiB", std::uint64_t{1} << 10U},
                                Unit{"TB", 1'000'000'000'000},
                                Unit{"GB", 1'000'000'000},
                                Unit{"MB", 1'000'000},
                                Unit{"kB", 1'000},
                                Unit{"B", 1}};

/// Reads digits and a unit, the product at most `most`.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                            std::string_view plain_unit, std::uint64_t most) {
    const auto end = std::find_if_not(text.begin(), text.end(), detail::is_digit);
    const auto digits = static_cast<std::size_t>(end - text.begin());
    const auto count = detail::number_of<std::uint64_t>(text.substr(0, digits));
    const std::string_view written = text.substr(digits).empty() ? plain_unit : text.substr(digits);
    const auto unit = std::find_if(units.begin(), units.end(), [written](const Unit& candidate) {
        return detail::lowered(candidate.name) == detail::lowered(written);
    });
    if (!count || unit == units.end() || *count > most / unit->factor) {
        return std::nullopt;
    }
    return *count * unit->factor;
}

/// The largest unit in which `value` is a whole number.
std::string print_quantity(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0 && unit.name != "min") {
            const bool plain = unit.name == "B";
            return std::to_string(value / unit.factor) + std::string(plain ? "" : unit.name);
        }
    }
    return "0" + std::string(units.back().name == "B" ? "" : units.back().name);
}

std::optional<bool> parse_boolean(std::string_view text) {
    const std::string word = detail::lowered(text);
    if (word == "true" || word == "yes" || word == "on" || word == "1") {
        return true;
    }
    if (word == "false" || word == "no" || word == "off" || word == "0") {
        return false;
    }
    return std::nullopt;
}

std::optional<SettingValue> parse_choice(const SettingInfo& info, std::string_view text) {
    for (const SettingChoice& choice : info.choices) {
        if (choice.name == text) {
            return info.type == SettingType::text ? SettingValue(choice.name)
                                                  : SettingValue(choice.value);
        }
    }
    return std::nullopt;
}

template <class T>
std::optional<SettingValue> as_value(std::optional<T> number) {
    return number ? std::optional<SettingValue>(*number) : std::nullopt;
}

std::optional<SettingValue> parse_value(const SettingInfo& info, std::string_view text) {
    constexpr auto milliseconds_max =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    switch (info.type) {
        case SettingType::boolean:
            return as_value(parse_boolean(text));
        case SettingType::integer:
            return as_value(detail::number_of<std::int64_t>(text));
        case SettingType::unsigned_integer:
            return as_value(detail::number_of<std::uint64_t>(text));
        case SettingType::number: {
            const auto number = detail::number_of<double>(text);
            return as_value(number && std::isfinite(*number) ? number : std::nullopt);
        }
        case SettingType::duration: {
            const auto unit = info.unit.empty() ? std::string_view("ms") : info.unit;
            const auto count = parse_quantity(text, duration_units, unit, milliseconds_max);
            return as_value(count ? std::optional(static_cast<std::int64_t>(*count))
                                  : std::optional<std::int64_t>());
        }
        case SettingType::byte_size:
            return as_value(
                parse_quantity(text, size_units, "B", std::numeric_limits<std::uint64_t>::max()));
        case SettingType::choice:
            return parse_choice(info, text);
        case SettingType::text:
            return info.choices.empty() ? SettingValue(std::string(text))
                                        : parse_choice(info, text);
    }
    return std::nullopt;
}

std::string type_in_words(const SettingInfo& info) {
    if (!info.choices.empty()) {
        std::string names;
        for (const SettingChoice& choice : info.choices) {
            names += (names.empty() ? "one of " : ", ") + choice.name;
        }
        return names;
    }
    const std::string of_unit = info.unit.empty() ? "" : " (" + info.unit + ")";
    switch (info.type) {
        case SettingType::boolean:
            return "true or false";
        case SettingType::integer:
        case SettingType::unsigned_integer:
            return "a whole number" + of_unit;
        case SettingType::number:
            return "a number" + of_unit;
        case SettingType::duration:
            return "a duration such as 250ms, 5s or 2m";
        case SettingType::byte_size:
            return "a size such as 4096, 64KiB or 2MiB";
        case SettingType::text:
        case SettingType::choice:
            break;
    }
    return "a text";
}

/// What `value` is missing, if anything, judged by the rules that hold after reading.
bool is_allowed(const SettingInfo& info, const SettingValue& value) {
    if ((info.minimum && value < *info.minimum) || (info.maximum && value > *info.maximum)) {
        return false;
    }
    if (info.type == SettingType::duration && std::get<std::int64_t>(value) < 0) {
        return false;
    }
    if (info.required && info.type == SettingType::text && std::get<std::string>(value).empty()) {
        return false;
    }
    const auto* text = std::get_if<std::string>(&value);
    const auto is_value = [&](const SettingChoice& choice) {
        return text != nullptr ? choice.name == *text : SettingValue(choice.value) == value;
    };
    return (info.choices.empty() && info.type != SettingType::choice) ||
           std::any_of(info.choices.begin(), info.choices.end(), is_value);
}

Error wrong_value(const SettingInfo& info, std::string_view text) {
    const std::string shown = info.secret || is_secret_name(info.name)
                                  ? std::string("the value given (not shown)")
                                  : json_quoted(text);
    std::string message =
        "setting \"" + info.name + "\": " + shown + " is not " + info.expectation();
    std::vector<std::string> names;
    for (const SettingChoice& choice : info.choices) {
        names.push_back(choice.name);
    }
    if (!info.secret) {
        message += did_you_mean(text, names);
    }
    return Error(ErrorCode::invalid_config, std::move(message)).with("setting", info.name);
}

}  // namespace

std::string_view to_string(SettingType type) noexcept {
    static constexpr std::array<std::string_view, 8> names{
        "boolean", "integer",  "unsigned integer", "number",
        "text",    "duration", "byte size",        "choice"};
    return names[static_cast<std::size_t>(type)];
}

Result<SettingValue> SettingInfo::parse(std::string_view text) const {
    std::optional<SettingValue> value = parse_value(*this, text);
    if (!value || !is_allowed(*this, *value)) {
        return wrong_value(*this, text);
    }
    return *std::move(value);
}

Result<void> SettingInfo::check(const SettingValue& value) const {
    if (!is_allowed(*this, value)) {
        return wrong_value(*this, print(value));
    }
    return {};
}

std::string SettingInfo::print(const SettingValue& value) const {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    if (const auto* size = std::get_if<std::uint64_t>(&value)) {
        return type == SettingType::byte_size ? print_quantity(*size, size_units)
                                              : std::to_string(*size);
    }
    if (const auto* number = std::get_if<double>(&value)) {
        std::array<char, 32> buffer{};
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number).ptr;
        return std::string(buffer.data(), end);
    }
    const std::int64_t number = std::get<std::int64_t>(value);
    if (type == SettingType::duration && number >= 0) {
        return print_quantity(static_cast<std::uint64_t>(number), duration_units);
    }
    if (type == SettingType::choice) {
        const auto found =
            std::find_if(choices.begin(), choices.end(),
                         [number](const SettingChoice& choice) { return choice.value == number; });
        return found == choices.end() ? std::to_string(number) : found->name;
    }
    return std::to_string(number);
}

std::string SettingInfo::expectation() const {
    std::string words = type_in_words(*this);
    if (required && type == SettingType::text && choices.empty()) {
        words += " that is not empty";
    }
    if (minimum && maximum) {
        words += " from " + print(*minimum) + " to " + print(*maximum);
    } else if (minimum) {
        words += " of at least " + print(*minimum);
    } else if (maximum) {
        words += " of at most " + print(*maximum);
    }
    return words;
}

}  // namespace turntable::inline v0
