#include "cli/blob_output.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <utility>

#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Error;
using turntable::ErrorCode;
using turntable::json_quoted;
using turntable::Result;

namespace {

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0;  // 0: what stands here is no UTF-8
};

CodePoint first_code_point(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(0);
    const std::size_t bytes = first < 0x80   ? 1
                              : first < 0xc2 ? 0
                              : first < 0xe0 ? 2
                              : first < 0xf0 ? 3
                              : first < 0xf5 ? 4
                                             : 0;
    if (bytes == 0 || bytes > text.size()) {
        return {};
    }
    char32_t value = bytes == 1 ? first : first & (0xffU >> (bytes + 1));
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xc0U) != 0x80) {
            return {};
        }
        value = value << 6U | (byte(at) & 0x3fU);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = value >= 0xd800 && value < 0xe000;
    if (value < smallest[bytes] || value > 0x10ffff || is_surrogate) {
        return {};
    }
    return {value, bytes};
}

/// Controls, and what is not seen itself but changes how other text looks.
bool is_deceptive(char32_t value) {
    return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0xad || value == 0x61c ||
           (value >= 0x200b && value < 0x2010) || (value >= 0x2028 && value < 0x202f) ||
           (value >= 0x2060 && value < 0x2070) || value == 0xfeff ||
           (value >= 0xfff9 && value < 0xfffc) || (value >= 0xe0000 && value < 0xe0080);
}

template <class... Numbers>
std::string formatted(const char* format, Numbers... numbers) {
    char text[40];
    std::snprintf(text, sizeof text, format, numbers...);
    return text;
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        out += formatted("%02x", unsigned{static_cast<unsigned char>(c)});
    }
    return out;
}

}  // namespace

std::string shown_text(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto [value, bytes] = first_code_point(text);
        const std::size_t taken = std::max<std::size_t>(bytes, 1);
        if (bytes == 0 || (bytes == 1 && is_deceptive(value))) {
            out += formatted("\\x%02x", unsigned{static_cast<unsigned char>(text.front())});
        } else if (is_deceptive(value)) {
            out += formatted(value > 0xffff ? "\\U%08x" : "\\u%04x", static_cast<unsigned>(value));
        } else {
            out += text.substr(0, taken);
        }
        text.remove_prefix(taken);
    }
    return out;
}

std::string shown_name(std::string_view name) {
    std::string doubled;
    for (const char c : name) {
        doubled += c == '\\' ? "\\\\" : std::string(1, c);
    }
    return shown_text(doubled);
}

std::string json_path_member(std::string_view member, std::string_view path) {
    std::string readable;
    bool is_utf8 = true;
    for (std::string_view rest = path; !rest.empty();) {
        const CodePoint one = first_code_point(rest);
        is_utf8 = is_utf8 && one.bytes != 0;
        readable += one.bytes == 0 ? "\xef\xbf\xbd" : rest.substr(0, one.bytes);
        rest.remove_prefix(std::max<std::size_t>(one.bytes, 1));
    }
    const std::string text = "\"" + std::string(member) + "\":" + json_quoted(readable);
    return is_utf8 ? text : text + ",\"" + std::string(member) + "_hex\":\"" + hex_of(path) + "\"";
}

std::string json_entry_members(std::string_view path, const blob::Metadata& metadata) {
    return json_path_member("path", path) + ",\"kind\":\"" +
           (metadata.kind == blob::EntryKind::file ? "file" : "directory") +
           "\",\"size_bytes\":" + std::to_string(metadata.size_bytes) + ",\"modified_ms\":" +
           (metadata.modified_ms == 0 ? "null" : std::to_string(metadata.modified_ms)) +
           ",\"etag\":" + (metadata.etag.empty() ? "null" : json_quoted(metadata.etag));
}

std::string json_attribute_members(const blob::Metadata& metadata) {
    std::string out =
        "\"content_type\":" +
        (metadata.content_type.empty() ? "null" : json_quoted(metadata.content_type)) +
        ",\"user\":{";
    const char* separator = "";
    for (const auto& [name, value] : metadata.user) {
        out += std::exchange(separator, ",") + json_quoted(name) + ':' + json_quoted(value);
    }
    return out + "}";
}

std::string print_moment(std::int64_t ms) {
    if (ms == 0) {
        return "-";
    }
    const std::time_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    std::tm parts{};
    char text[40];
    if (::gmtime_r(&seconds, &parts) == nullptr ||
        std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        return "-";
    }
    return text;
}

std::string print_bytes(std::uint64_t bytes) {
    return print_count(bytes) + (bytes == 1 ? " byte" : " bytes");
}

std::string print_amount(std::uint64_t files, std::uint64_t bytes) {
    return print_count(files) + (files == 1 ? " file, " : " files, ") + print_bytes(bytes);
}

Result<void> print_piece(std::string_view bytes) {
    if (!(std::cout << bytes).flush()) {
        return Error(ErrorCode::io, "the standard output takes no more");
    }
    return {};
}

Result<void> BlobRun::go_on() const {
    if (app_.stop().stop_requested()) {
        return Error(ErrorCode::cancelled, "stopped by a signal");
    }
    return {};
}

void BlobRun::add(std::uint64_t bytes) {
    done_ += bytes;
    progress_.show(done_, total_);
}

std::string BlobRun::finished() {
    progress_.clear();
    return print_took(std::chrono::steady_clock::now() - start_);
}

void BlobRun::fail(const Error& error, bool resumable) {
    progress_.clear();
    app_.fail(error);
    if (resumable && done_ != 0) {
        std::cerr << "turntable: the same command goes on from there\n";
    }
    if (error.code() == ErrorCode::cancelled) {
        app_.end_with(ExitCode::interrupted);
    }
}

}  // namespace turntable_cli
