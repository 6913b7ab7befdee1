#include "turntable/core/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define TURNTABLE_SHA_INSTRUCTIONS
#endif

namespace turntable::inline v0 {

namespace {

constexpr std::size_t block_bytes = 64;

// The fractional parts of the cube roots of the first 64 primes.
alignas(16) constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t big_endian_32(const unsigned char* at) noexcept {
    return std::uint32_t{at[0]} << 24U | std::uint32_t{at[1]} << 16U | std::uint32_t{at[2]} << 8U |
           std::uint32_t{at[3]};
}

#ifdef TURNTABLE_SHA_INSTRUCTIONS

bool has_instructions() noexcept {
    static const bool has = [] {
        unsigned a = 0;
        unsigned b = 0;
        unsigned c = 0;
        unsigned d = 0;
        const bool sha = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1U << 29U)) != 0;
        return sha && __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0;
    }();
    return has;
}

/// Four rounds, and the four words of the message schedule that are needed sixteen rounds later.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void four_rounds(__m128i& abef,
                                                                          __m128i& cdgh,
                                                                          const __m128i words,
                                                                          int round) noexcept {
    const auto* constants = reinterpret_cast<const __m128i*>(&round_constants[0]) + round / 4;
    const __m128i sum = _mm_add_epi32(words, _mm_load_si128(constants));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline __m128i next_words(
    const __m128i w0, const __m128i w1, const __m128i w2, const __m128i w3) noexcept {
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

[[gnu::target("sha,sse4.1")]] void by_instructions(detail::Sha256State& state,
                                                   const unsigned char* data,
                                                   std::size_t blocks) noexcept {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    auto* out = reinterpret_cast<__m128i*>(state.data());
    const __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128(out), 0xB1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(out + 1), 0x1B);
    __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xF0);
    for (; blocks > 0; --blocks, data += block_bytes) {
        const auto* in = reinterpret_cast<const __m128i*>(data);
        __m128i w0 = _mm_shuffle_epi8(_mm_loadu_si128(in), order);
        __m128i w1 = _mm_shuffle_epi8(_mm_loadu_si128(in + 1), order);
        __m128i w2 = _mm_shuffle_epi8(_mm_loadu_si128(in + 2), order);
        __m128i w3 = _mm_shuffle_epi8(_mm_loadu_si128(in + 3), order);
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        for (int round = 0; round < 64; round += 16) {
            if (round > 0) {
                w0 = next_words(w0, w1, w2, w3);
                w1 = next_words(w1, w2, w3, w0);
                w2 = next_words(w2, w3, w0, w1);
                w3 = next_words(w3, w0, w1, w2);
            }
            four_rounds(abef, cdgh, w0, round);
            four_rounds(abef, cdgh, w1, round + 4);
            four_rounds(abef, cdgh, w2, round + 8);
            four_rounds(abef, cdgh, w3, round + 12);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128(out, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(out + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#endif

}  // namespace

namespace detail {

void sha256_blocks_portable(Sha256State& state, const unsigned char* data,
                            std::size_t blocks) noexcept {
    std::array<std::uint32_t, 64> words{};
    for (; blocks > 0; --blocks, data += block_bytes) {
        for (std::size_t i = 0; i < 16; ++i) {
            words[i] = big_endian_32(data + 4 * i);
        }
        for (std::size_t i = 16; i < 64; ++i) {
            const std::uint32_t a = words[i - 15];
            const std::uint32_t b = words[i - 2];
            words[i] = words[i - 16] + words[i - 7] +
                       (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3U)) +
                       (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10U));
        }
        auto [a, b, c, d, e, f, g, h] = state;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::uint32_t first = h +
                                        (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                        ((e & f) ^ (~e & g)) + round_constants[i] + words[i];
            const std::uint32_t second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) +
                                         ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + first;
            d = c;
            c = b;
            b = a;
            a = first + second;
        }
        const Sha256State added = {a, b, c, d, e, f, g, h};
        std::transform(state.begin(), state.end(), added.begin(), state.begin(),
                       [](std::uint32_t x, std::uint32_t y) { return x + y; });
    }
}

void sha256_blocks(Sha256State& state, const unsigned char* data, std::size_t blocks) noexcept {
#ifdef TURNTABLE_SHA_INSTRUCTIONS
    if (has_instructions()) [[likely]] {
        by_instructions(state, data, blocks);
        return;
    }
#endif
    sha256_blocks_portable(state, data, blocks);
}

}  // namespace detail

Sha256::Sha256() noexcept
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::update(ByteView bytes) noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    const std::size_t held = size_ % block_bytes;
    size_ += left;
    if (held > 0) {
        const std::size_t taken = std::min(left, block_bytes - held);
        std::copy_n(at, taken, block_.data() + held);
        at += taken;
        left -= taken;
        if (held + taken < block_bytes) {
            return;
        }
        detail::sha256_blocks(state_, block_.data(), 1);
    }
    detail::sha256_blocks(state_, at, left / block_bytes);
    std::copy_n(at + left / block_bytes * block_bytes, left % block_bytes, block_.data());
}

Sha256Digest Sha256::digest() const noexcept {
    Sha256 last = *this;
    const std::uint64_t bits = size_ * 8;
    const std::size_t held = size_ % block_bytes;
    // A one, zeros up to the last eight bytes of a block, and the count of bits.
    std::array<unsigned char, 2 * block_bytes> padding{0x80};
    const std::size_t size = (held < 56 ? block_bytes : 2 * block_bytes) - held;
    for (std::size_t i = 0; i < 8; ++i) {
        padding[size - 8 + i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
    }
    last.update(ByteView(reinterpret_cast<const char*>(padding.data()), size));
    Sha256Digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = static_cast<unsigned char>(last.state_[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

Sha256Digest Sha256::of(ByteView bytes) noexcept {
    Sha256 hash;
    hash.update(bytes);
    return hash.digest();
}

Sha256Digest hmac_sha256(ByteView key, ByteView message) noexcept {
    std::array<unsigned char, block_bytes> padded{};
    if (key.size() > block_bytes) {
        const Sha256Digest short_key = Sha256::of(key);
        std::copy(short_key.begin(), short_key.end(), padded.begin());
    } else {
        std::copy(key.begin(), key.end(), padded.begin());
    }
    const auto with = [&padded](unsigned char pad) {
        std::array<unsigned char, block_bytes> masked = padded;
        for (unsigned char& byte : masked) {
            byte ^= pad;
        }
        Sha256 hash;
        hash.update(std::span<const unsigned char>(masked));
        return hash;
    };
    Sha256 inner = with(0x36);
    inner.update(message);
    Sha256 outer = with(0x5c);
    outer.update(std::span<const unsigned char>(inner.digest()));
    return outer.digest();
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 0xFU];
    }
    return text;
}

std::string to_hex(const Sha256Digest& digest) {
    return to_hex(std::span<const unsigned char>(digest));
}

}  // namespace turntable::inline v0
