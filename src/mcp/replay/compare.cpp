#include "mcp/replay/compare.hpp"

#include <optional>

#include "turntable/core/sha256.hpp"

namespace turntable::inline v0::mcp {

namespace {

constexpr std::string_view mark = "[redacted:";
/// What a placeholder shows of a hash.
constexpr std::size_t hash_digits = 16;
/// Of a text with several secrets, how many ways to divide it are tried.
constexpr unsigned tries_max = 10'000;

/// A placeholder in a text.
struct Placeholder {
    std::size_t begin = 0;
    std::size_t end = 0;
    /// Empty: it was masked.
    std::string_view hash = {};
};

std::optional<Placeholder> find_placeholder(std::string_view text) noexcept {
    const std::size_t begin = text.find(mark);
    const std::size_t close = begin == std::string_view::npos ? begin : text.find(']', begin);
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    Placeholder out{begin, close + 1, {}};
    const std::string_view inside = text.substr(begin + mark.size(), close - begin - mark.size());
    const std::size_t colon = inside.find(':');
    if (colon != std::string_view::npos && inside.size() - colon - 1 == hash_digits) {
        out.hash = inside.substr(colon + 1);
    }
    return out;
}

class TextMatch {
  public:
    explicit TextMatch(std::string_view key) : key_(key) {}

    bool matches(std::string_view then, std::string_view now) {
        const auto next = find_placeholder(then);
        if (!next) {
            return then == now;
        }
        if (!now.starts_with(then.substr(0, next->begin))) {
            return false;
        }
        now.remove_prefix(next->begin);
        const std::string_view rest = then.substr(next->end);
        if (rest.empty()) {
            return was(*next, now);
        }
        // The secret ends where what follows it on the tape begins.
        const auto after = find_placeholder(rest);
        const std::string_view literal = rest.substr(0, after ? after->begin : rest.size());
        for (std::size_t end = now.find(literal); end != std::string_view::npos;
             end = now.find(literal, end + 1)) {
            if (++tries_ > tries_max) {
                return false;
            }
            if (was(*next, now.substr(0, end)) && matches(rest, now.substr(end))) {
                return true;
            }
            if (end == now.size()) {
                break;
            }
        }
        return false;
    }

  private:
    bool was(const Placeholder& placeholder, std::string_view secret) const {
        return key_.empty() || placeholder.hash.empty() ||
               to_hex(hmac_sha256(key_, secret)).starts_with(placeholder.hash);
    }

    std::string_view key_;
    unsigned tries_ = 0;
};

/// A step of a JSON pointer.
std::string escaped(std::string_view step) {
    std::string out;
    for (const char c : step) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

class JsonCompare {
  public:
    JsonCompare(std::string_view key, std::size_t most, ListOrder order)
        : key_(key), most_(most), order_(order) {}

    void compare(const Json& then, const Json& now, const std::string& path) {
        if (out_.size() >= most_) {
            return;
        }
        if (then.is_object() && now.is_object()) {
            compare_members(then, now, path);
        } else if (then.is_array() && now.is_array()) {
            const auto first = by_name(then);
            const auto second = by_name(now);
            if (first && second) {
                compare_members(*first, *second, path);
            } else {
                compare_elements(then, now, path);
            }
        } else if (!is_same(then, now)) {
            out_.push_back({path, json_line(then), json_line(now)});
        }
    }
    std::vector<Difference> take() { return std::move(out_); }

  private:
    /// A list of things with different names as an object.
    std::optional<Json> by_name(const Json& list) const {
        Json out = Json::object();
        for (const Json& one : list) {
            const auto name = one.is_object() ? one.find("name") : one.end();
            if (order_ == ListOrder::counts || !one.is_object() || name == one.end() ||
                !name->is_string() || out.contains(name->get_ref<const std::string&>())) {
                return std::nullopt;
            }
            out[name->get_ref<const std::string&>()] = one;
        }
        return out;
    }
    bool is_same(const Json& then, const Json& now) const {
        if (then.is_string() && has_placeholder(then.get_ref<const std::string&>())) {
            const auto& text = then.get_ref<const std::string&>();
            return now.is_string() ? is_same_text(text, now.get_ref<const std::string&>(), key_)
                                   : now.is_number() && is_same_text(text, now.dump(), key_);
        }
        return then == now;
    }
    void compare_members(const Json& then, const Json& now, const std::string& path) {
        for (const auto& [name, value] : then.items()) {
            const auto other = now.find(name);
            if (other != now.end()) {
                compare(value, *other, path + "/" + escaped(name));
            } else if (out_.size() < most_) {
                out_.push_back({path + "/" + escaped(name), json_line(value), ""});
            }
        }
        for (const auto& [name, value] : now.items()) {
            if (!then.contains(name) && out_.size() < most_) {
                out_.push_back({path + "/" + escaped(name), "", json_line(value)});
            }
        }
    }
    void compare_elements(const Json& then, const Json& now, const std::string& path) {
        for (std::size_t i = 0; i < std::max(then.size(), now.size()); ++i) {
            const std::string place = path + "/" + std::to_string(i);
            if (i < then.size() && i < now.size()) {
                compare(then[i], now[i], place);
            } else if (out_.size() < most_) {
                out_.push_back({place, i < then.size() ? json_line(then[i]) : "",
                                i < now.size() ? json_line(now[i]) : ""});
            }
        }
    }

    std::string_view key_;
    std::size_t most_;
    ListOrder order_;
    std::vector<Difference> out_;
};

}  // namespace

std::string with_placeholders(std::string_view bytes,
                              const std::vector<tape::RedactedSpan>& redacted) {
    std::string out;
    std::size_t at = 0;
    for (const tape::RedactedSpan& span : redacted) {
        if (span.offset < at || span.offset + span.size > bytes.size()) {
            continue;
        }
        const std::string_view there = bytes.substr(span.offset, span.size);
        out += bytes.substr(at, span.offset - at);
        at = span.offset + span.size;
        const std::string placeholder = std::string(mark) + span.rule + "]";
        if (there.starts_with(mark)) {
            out += there;
        } else {
            out += there == "null" ? '"' + placeholder + '"' : placeholder;
        }
    }
    return out.append(bytes.substr(at));
}

bool has_placeholder(std::string_view text) noexcept { return find_placeholder(text).has_value(); }

bool is_same_text(std::string_view then, std::string_view now, std::string_view key) {
    return TextMatch(key).matches(then, now);
}

std::vector<Difference> differences(const Json& then, const Json& now, std::string_view key,
                                    std::size_t most, ListOrder order) {
    JsonCompare compare(key, most, order);
    compare.compare(then, now, "");
    return compare.take();
}

}  // namespace turntable::inline v0::mcp
