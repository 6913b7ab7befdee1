#include "backends/sqlite/tape/grams.hpp"

#include <algorithm>

#include "tape/glob.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

constexpr std::size_t gram_bytes = 3;
/// A long text is told apart by some of its words; the contents decide.
constexpr std::size_t query_grams_max = 24;

std::uint32_t gram_at(std::string_view text, std::size_t at) noexcept {
    std::uint32_t gram = 0;
    for (std::size_t i = 0; i < gram_bytes; ++i) {
        gram = gram << 8U | static_cast<unsigned char>(lower(text[at + i]));
    }
    return gram;
}

void append_word(std::string& out, std::uint32_t gram) {
    static constexpr char digits[] = "0123456789abcdef";
    for (int shift = 20; shift >= 0; shift -= 4) {
        out.push_back(digits[gram >> static_cast<unsigned>(shift) & 15U]);
    }
}

}  // namespace

Grams::Grams() : known_((std::size_t{1} << 24U) / 64) {}

void Grams::add(std::string_view text) {
    bytes_ += text.size();
    for (std::size_t at = 0; at + gram_bytes <= text.size(); ++at) {
        const std::uint32_t gram = gram_at(text, at);
        const std::uint64_t bit = std::uint64_t{1} << (gram % 64);
        if ((known_[gram / 64] & bit) == 0) {
            known_[gram / 64] |= bit;
            found_.push_back(gram);
        }
    }
}

std::string Grams::take() {
    std::string words;
    words.reserve(found_.size() * (2 * gram_bytes + 1));
    for (const std::uint32_t gram : found_) {
        append_word(words, gram);
        words.push_back(' ');
        known_[gram / 64] = 0;
    }
    found_.clear();
    bytes_ = 0;
    return words;
}

std::string gram_query(std::string_view text) {
    std::vector<std::uint32_t> grams;
    for (std::size_t at = 0; at + gram_bytes <= text.size(); ++at) {
        grams.push_back(gram_at(text, at));
    }
    std::ranges::sort(grams);
    grams.erase(std::ranges::unique(grams).begin(), grams.end());
    const std::size_t count = std::min(grams.size(), query_grams_max);
    std::string query;
    for (std::size_t i = 0; i < count; ++i) {
        query += query.empty() ? "" : " AND ";
        append_word(query, grams[i * grams.size() / count]);
    }
    return query;
}

}  // namespace turntable::inline v0::tape::sqlite
