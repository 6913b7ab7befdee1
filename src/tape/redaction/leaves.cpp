#include "tape/redaction/leaves.hpp"

#include <algorithm>

#include "tape/glob.hpp"
#include "tape/json_scan.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::size_t path_max = 512;

bool is_number_character(char c) noexcept {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool is_white(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string_view LeafWalk::name() const noexcept {
    if (path_.empty()) {
        return loose_key_;
    }
    return path_.back().object ? path_.back().key : names_.back();
}

void LeafWalk::open(bool object) {
    if (path_.size() == path_max) {
        ++deeper_;
        return;
    }
    const std::string_view called = name();
    path_.push_back({object, {}, 0});
    names_.push_back(called);
    loose_key_ = {};
}

void LeafWalk::close() {
    if (deeper_ > 0) {
        --deeper_;
    } else if (!path_.empty()) {
        path_.pop_back();
        names_.pop_back();
        message_ += path_.empty() ? 1U : 0U;
    }
}

bool LeafWalk::take_string(Leaf& leaf) {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
        at_ += text_[at_] == '\\' ? 2U : 1U;
    }
    const std::size_t end = std::min(at_, text_.size());
    at_ = end + 1;
    std::size_t behind = at_;
    while (behind < text_.size() && is_white(text_[behind])) {
        ++behind;
    }
    if (behind < text_.size() && text_[behind] == ':') {
        const std::string_view key = text_.substr(begin, end - begin);
        (path_.empty() || !path_.back().object ? loose_key_ : path_.back().key) = key;
        at_ = behind + 1;
        return false;
    }
    leaf = {begin, end, true, name(), &path_, message_};
    return true;
}

bool LeafWalk::take_number(Leaf& leaf) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_number_character(text_[at_])) {
        ++at_;
    }
    leaf = {begin, at_, false, name(), &path_, message_};
    return true;
}

bool LeafWalk::next(Leaf& leaf) {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '"') {
            if (take_string(leaf)) {
                return true;
            }
            continue;
        }
        const bool inside = !path_.empty();
        if (inside && (c == '-' || (c >= '0' && c <= '9'))) {
            return take_number(leaf);
        }
        if (c == '{' || c == '[') {
            open(c == '{');
        } else if (c == '}' || c == ']') {
            close();
        } else if (c == ',' && inside && deeper_ == 0) {
            ++path_.back().index;
            path_.back().key = path_.back().object ? std::string_view() : path_.back().key;
        } else if (c == '\n' && !inside) {
            loose_key_ = {};
        }
        ++at_;
    }
    return false;
}

Unescaped unescape(std::string_view escaped) {
    Unescaped out;
    const auto add = [&out](std::string_view bytes, std::size_t begin) {
        out.text += bytes;
        out.begins.insert(out.begins.end(), bytes.size(), static_cast<std::uint32_t>(begin));
    };
    std::size_t at = 0;
    while (at < escaped.size()) {
        std::size_t size = 1;
        if (escaped[at] == '\\' && at + 1 < escaped.size()) {
            const bool unicode = escaped[at + 1] == 'u';
            size = unicode ? 6 : 2;
            // A pair of halves is one character.
            const std::string_view half = escaped.substr(at, 4);
            const bool first =
                unicode && half.size() == 4 && lower(half[2]) == 'd' &&
                std::string_view("89ab").find(lower(half[3])) != std::string_view::npos;
            if (first && escaped.size() - at >= 12 && escaped.substr(at + 6, 2) == "\\u") {
                size = 12;
            }
        }
        const std::string_view piece = escaped.substr(at, size);
        if (piece.size() == 1) {
            add(piece, at);
        } else {
            const std::string quoted = '"' + std::string(piece) + '"';
            const bool valid = json_value_end(quoted, 0, 1) == quoted.size();
            add(valid ? json_string_text(quoted).value_or("?") : std::string(piece), at);
        }
        at += piece.size();
    }
    out.begins.push_back(static_cast<std::uint32_t>(escaped.size()));
    return out;
}

}  // namespace turntable::inline v0::tape
