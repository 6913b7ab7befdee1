#include "cli/text.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "turntable/core/settings_info.hpp"
#include "turntable/kv/json.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
using turntable::kv::Value;

namespace {

Result<Value> parse_u64(std::string_view text) {
    const auto number = parse_whole(text);
    if (!number) {
        return Error(ErrorCode::invalid_argument,
                     "a counter is a whole number from 0 to 18446744073709551615")
            .with("value", std::string(text));
    }
    return Value::u64(*number);
}

Result<Value> parse_hex(std::string_view text) {
    const auto wrong = [&] {
        return Error(ErrorCode::invalid_argument,
                     "bytes in hexadecimal are an even number of the digits 0-9 and a-f");
    };
    if (text.size() % 2 != 0) {
        return wrong();
    }
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned byte = 0;
        const char* end = text.data() + at + 2;
        if (std::from_chars(text.data() + at, end, byte, 16).ptr != end) {
            return wrong();
        }
        bytes += static_cast<char>(byte);
    }
    return Value(std::move(bytes));
}

/// Whether plain bytes can be shown as they are on one line of a terminal.
bool is_printable(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f;
    });
    // The JSON form of bytes that are no UTF-8 is a "$bytes" object.
    const auto json = turntable::kv::to_json(Value(text));
    return plain && json.has_value() && !json->starts_with("{\"$bytes\"");
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view name, std::string_view text) {
    turntable::SettingInfo setting;
    setting.name = name;
    setting.type = turntable::SettingType::duration;
    setting.unit = "ms";
    setting.minimum = turntable::SettingValue(std::int64_t{0});
    const Result<turntable::SettingValue> value = setting.parse(text);
    if (!value || !setting.check(*value)) {
        return Error(ErrorCode::invalid_argument, "expected a duration such as 250ms, 5s or 2m")
            .with(std::string(name), std::string(text));
    }
    return std::chrono::milliseconds(std::get<std::int64_t>(*value));
}

Result<std::uint64_t> parse_size(std::string_view name, std::string_view text) {
    turntable::SettingInfo setting;
    setting.name = name;
    setting.type = turntable::SettingType::byte_size;
    const Result<turntable::SettingValue> value = setting.parse(text);
    if (!value) {
        return Error(ErrorCode::invalid_argument,
                     "expected a number of bytes such as 1024, 64KiB or 10MB")
            .with(std::string(name), std::string(text));
    }
    return std::get<std::uint64_t>(*value);
}

Result<Value> parse_value(std::string_view text, ValueType type) {
    switch (type) {
        case ValueType::text:
            return Value(text);
        case ValueType::json:
            return turntable::kv::from_json(text);
        case ValueType::u64:
            return parse_u64(text);
        case ValueType::hex:
            return parse_hex(text);
    }
    return Value(text);
}

std::string print_value(const Value& value) {
    if (value.encoding() == turntable::kv::ValueEncoding::bytes &&
        is_printable(value.data().text())) {
        return value.data().to_string();
    }
    if (value.encoding() == turntable::kv::ValueEncoding::le64) {
        const auto number = value.as_u64();
        return number ? std::to_string(*number) : "<" + number.error().to_string() + ">";
    }
    const auto json = turntable::kv::to_json(value);
    return json ? *json : "<" + json.error().to_string() + ">";
}

Result<std::string> read_all(const std::string& path) {
    std::ostringstream out;
    if (path == "-") {
        out << std::cin.rdbuf();
        return std::move(out).str();
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Error(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                     "cannot read the file: " + std::generic_category().message(errno))
            .with("file", path);
    }
    out << file.rdbuf();
    if (file.bad()) {
        return Error(ErrorCode::io, "reading the file failed in the middle").with("file", path);
    }
    return std::move(out).str();
}

Result<std::optional<std::string>> take_word(std::string_view& line) {
    const std::size_t start = std::min(line.find_first_not_of(" \t"), line.size());
    std::string word;
    char quote = 0;
    std::size_t at = start;
    for (; at < line.size(); ++at) {
        const char c = line[at];
        if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
            word += line[++at];
        } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
            quote = quote == 0 ? c : '\0';
        } else if (quote == 0 && (c == ' ' || c == '\t')) {
            break;
        } else {
            word += c;
        }
    }
    if (quote != 0) {
        return Error(ErrorCode::invalid_argument, "a quote is not closed")
            .with("line", std::string(line));
    }
    line.remove_prefix(at);
    return at == start ? std::optional<std::string>() : std::optional(std::move(word));
}

Result<std::vector<std::string>> split_words(std::string_view line) {
    std::vector<std::string> words;
    while (true) {
        TURNTABLE_TRY(std::optional<std::string> word, take_word(line));
        if (!word) {
            return words;
        }
        words.push_back(*std::move(word));
    }
}

std::string print_took(std::chrono::steady_clock::duration took) {
    const double ms = std::chrono::duration<double, std::milli>(took).count();
    char text[32];
    if (ms < 10) {
        std::snprintf(text, sizeof text, "%.2f ms", ms);
    } else if (ms < 1000) {
        std::snprintf(text, sizeof text, "%.0f ms", ms);
    } else {
        std::snprintf(text, sizeof text, "%.2f s", ms / 1000);
    }
    return text;
}

std::string print_count(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

}  // namespace turntable_cli
