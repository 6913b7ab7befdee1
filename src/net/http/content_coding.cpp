#include "net/http/content_coding.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

namespace turntable::inline v0::net::http {

namespace {

constexpr int gzip_window_bits = 15 + 16;  // the largest window, in the gzip format
constexpr std::size_t step_bytes = 64 * 1024;

std::string_view trim(std::string_view text) noexcept {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t end = text.find_last_not_of(" \t");
    return begin == text.size() ? std::string_view() : text.substr(begin, end - begin + 1);
}

bool same_letters(std::string_view a, std::string_view lower) noexcept {
    return std::ranges::equal(a, lower, [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

/// "q=0", "q=0.0", ...: not wanted.
bool is_refused(std::string_view parameters) noexcept {
    const std::string_view weight = trim(parameters);
    return (weight.starts_with("q=") || weight.starts_with("Q=")) &&
           weight.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

Bytef* input_of(ByteView body) noexcept {
    return reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
}

Error not_gzip() {
    return {ErrorCode::serialization, "the body is said to be gzip, and is not, or not all of it"};
}

/// Ends zlib's state with the scope.
struct Inflating {
    z_stream stream{};
    Inflating() { inflateInit2(&stream, gzip_window_bits); }
    Inflating(const Inflating&) = delete;
    Inflating& operator=(const Inflating&) = delete;
    ~Inflating() { inflateEnd(&stream); }
};

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    while (!accept_encoding.empty()) {
        const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view item = accept_encoding.substr(0, end);
        accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
        const std::size_t mark = std::min(item.find(';'), item.size());
        if (same_letters(trim(item.substr(0, mark)), "gzip")) {
            return mark == item.size() || !is_refused(item.substr(mark + 1));
        }
    }
    return false;
}

std::optional<std::string> gzip(ByteView body) {
    z_stream stream{};
    if (body.size() > std::numeric_limits<uInt>::max() ||
        deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) !=
            Z_OK) {
        return std::nullopt;
    }
    std::string out(body.size(), '\0');
    stream.next_in = input_of(body);
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool smaller = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return smaller ? std::optional(std::move(out)) : std::nullopt;
}

Result<std::string> gunzip(ByteView body, std::uint64_t limit) {
    Inflating inflating;
    z_stream& stream = inflating.stream;
    if (body.empty() || body.size() > std::numeric_limits<uInt>::max()) {
        return not_gzip();
    }
    stream.next_in = input_of(body);
    stream.avail_in = static_cast<uInt>(body.size());
    std::string out;
    std::array<char, step_bytes> step;
    int answer = Z_OK;
    while (answer == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(step.data());
        stream.avail_out = static_cast<uInt>(step.size());
        answer = inflate(&stream, Z_NO_FLUSH);
        const std::size_t made = step.size() - stream.avail_out;
        if (out.size() + made > limit) {
            return Error(ErrorCode::limit_exceeded, "the body grows beyond what it may have")
                .with("limit", std::to_string(limit));
        }
        out.append(step.data(), made);
    }
    if (answer != Z_STREAM_END || stream.avail_in != 0) {
        return not_gzip();
    }
    return out;
}

}  // namespace turntable::inline v0::net::http
