#include "write.hpp"

#include <bit>
#include <cstdio>
#include <utility>

namespace turntable::inline v0::kv::conformance {

ByteView Write::keep(ByteView bytes) { return text_.emplace_back(bytes.to_string()); }

Write& Write::check(ByteView key, std::optional<Versionstamp> stamp) {
    checks_.push_back({keep(key), stamp});
    return *this;
}

Write& Write::set(ByteView key, ByteView data, ValueEncoding encoding, std::int64_t expire_at_ms) {
    mutations_.push_back({MutationKind::set, keep(key), keep(data), encoding, expire_at_ms});
    return *this;
}

Write& Write::remove(ByteView key) {
    mutations_.push_back({MutationKind::remove, keep(key)});
    return *this;
}

Write& Write::mutate(MutationKind kind, ByteView key, ByteView data, ValueEncoding encoding) {
    mutations_.push_back({kind, keep(key), keep(data), encoding});
    return *this;
}

Write& Write::sum(ByteView key, std::uint64_t operand) {
    return mutate(MutationKind::sum, key, le64(operand), ValueEncoding::le64);
}

Write& Write::min(ByteView key, std::uint64_t operand) {
    return mutate(MutationKind::min, key, le64(operand), ValueEncoding::le64);
}

Write& Write::max(ByteView key, std::uint64_t operand) {
    return mutate(MutationKind::max, key, le64(operand), ValueEncoding::le64);
}

Write& Write::sum_v8(ByteView key, ByteView operand, ByteView low, ByteView high, bool clamp) {
    mutate(MutationKind::sum, key, operand, ValueEncoding::v8);
    mutations_.back().sum_min = keep(low);
    mutations_.back().sum_max = keep(high);
    mutations_.back().sum_clamp = clamp;
    return *this;
}

Write& Write::set_suffixed(ByteView prefix, ByteView data) {
    return mutate(MutationKind::set_suffix_versionstamped_key, prefix, data, ValueEncoding::bytes);
}

Write& Write::set_expiry(ByteView key, std::int64_t expire_at_ms) {
    mutations_.push_back(
        {MutationKind::set_expiry, keep(key), {}, ValueEncoding::bytes, expire_at_ms});
    return *this;
}

Write& Write::enqueue(ByteView payload, std::int64_t deadline_ms) {
    return enqueue(payload, deadline_ms, {}, std::nullopt);
}

Write& Write::enqueue(ByteView payload, std::int64_t deadline_ms,
                      const std::vector<std::string>& keys_if_undelivered,
                      std::optional<std::vector<std::uint32_t>> backoff_ms) {
    Enqueue message{keep(payload), deadline_ms};
    std::vector<ByteView>& keys = keys_.emplace_back();
    for (const std::string& name : keys_if_undelivered) {
        keys.push_back(keep(name));
    }
    message.keys_if_undelivered = keys;
    if (backoff_ms) {
        message.backoff_ms = delays_.emplace_back(*std::move(backoff_ms));
    }
    enqueues_.push_back(message);
    return *this;
}

AtomicWrite Write::contract() const { return {checks_, mutations_, enqueues_}; }

std::string_view name_of(MutationKind kind) {
    switch (kind) {
        case MutationKind::set:
            return "set";
        case MutationKind::remove:
            return "remove";
        case MutationKind::sum:
            return "sum";
        case MutationKind::max:
            return "max";
        case MutationKind::min:
            return "min";
        case MutationKind::set_suffix_versionstamped_key:
            return "set_suffixed";
        case MutationKind::set_expiry:
            return "set_expiry";
    }
    return "unknown";
}

std::string Write::describe() const {
    constexpr std::size_t parts_max = 8;
    std::string text;
    for (std::size_t i = 0; i < checks_.size() && i < parts_max; ++i) {
        text += " check " + print_key(checks_[i].key) + "=" +
                (checks_[i].versionstamp ? checks_[i].versionstamp->to_string() : "absent");
    }
    for (std::size_t i = 0; i < mutations_.size() && i < parts_max; ++i) {
        const Mutation& one = mutations_[i];
        text += " " + std::string(name_of(one.kind)) + " " + print_key(one.key);
        if (one.kind != MutationKind::remove && one.kind != MutationKind::set_expiry) {
            text += "=" + show(one.data, one.encoding);
        }
        if (one.expire_at_ms != never_expires) {
            text += " until " + std::to_string(one.expire_at_ms);
        }
    }
    for (std::size_t i = 0; i < enqueues_.size() && i < parts_max; ++i) {
        text += " enqueue " + show(enqueues_[i].payload) + " at " +
                std::to_string(enqueues_[i].deadline_ms);
    }
    if (checks_.size() + mutations_.size() + enqueues_.size() > parts_max) {
        text += " (" + std::to_string(checks_.size()) + " checks, " +
                std::to_string(mutations_.size()) + " mutations, " +
                std::to_string(enqueues_.size()) + " messages)";
    }
    return text.empty() ? " nothing" : text;
}

std::string key(std::initializer_list<KeyPart> parts) { return Key(parts).encoded().to_string(); }

std::string le64(std::uint64_t number) {
    std::string bytes;
    for (unsigned i = 0; i < 8; ++i) {
        bytes.push_back(static_cast<char>(number >> (8 * i)));
    }
    return bytes;
}

std::string v8_number(double number) {
    return "\xFF\x0FN" + le64(std::bit_cast<std::uint64_t>(number));
}

std::string v8_int32(std::int32_t number) {
    auto zigzag = (static_cast<std::uint32_t>(number) << 1U) ^ (number < 0 ? ~0U : 0U);
    std::string bytes = "\xFF\x0FI";
    for (; zigzag >= 0x80; zigzag >>= 7U) {
        bytes.push_back(static_cast<char>(zigzag | 0x80U));
    }
    bytes.push_back(static_cast<char>(zigzag));
    return bytes;
}

std::string v8_bigint(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    std::string digits = le64(number < 0 ? 0 - bits : bits);
    while (!digits.empty() && digits.back() == '\0') {
        digits.pop_back();
    }
    const std::size_t bitfield = digits.size() << 1U | (number < 0 ? 1U : 0U);
    return "\xFF\x0FZ" + std::string(1, static_cast<char>(bitfield)) + digits;
}

std::string v8_text(std::string_view text) {
    return "\xFF\x0F\"" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

namespace {

std::uint64_t little_endian(ByteView bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        number = number << 8U | bytes[i];
    }
    return number;
}

std::string print_double(double number) {
    char text[40];
    (void)std::snprintf(text, sizeof text, "%.17g", number);
    return text;
}

}  // namespace

std::string v8_print(ByteView data) {
    if (data.size() < 4 || data[0] != 0xFF || data[1] < 13 || data[1] > 16) {
        return {};
    }
    const ByteView body = data.substr(3);
    switch (data[2]) {
        case 'N':
            return body.size() == 8 ? print_double(std::bit_cast<double>(little_endian(body))) : "";
        case 'Z': {
            const std::size_t size = body[0] >> 1U;
            if (body.size() != 1 + size ||
                little_endian(body.substr(1).size() > 8 ? ByteView() : body.substr(1)) == 0) {
                return body.size() == 1 + size && size <= 8 ? "0n" : "";
            }
            return ((body[0] & 1U) != 0 ? "-" : "") +
                   std::to_string(little_endian(body.substr(1))) + "n";
        }
        case 'I':
        case 'U': {
            std::uint32_t number = 0;
            for (std::size_t i = 0; i < body.size() && i < 5; ++i) {
                number |= (body[i] & 0x7FU) << (7 * i);
            }
            if (data[2] == 'U') {
                return print_double(number);
            }
            return print_double(static_cast<std::int32_t>((number >> 1U) ^ (0U - (number & 1U))));
        }
        default:
            return {};
    }
}

std::string show(ByteView data, ValueEncoding encoding) {
    switch (encoding) {
        case ValueEncoding::le64:
            return data.size() == 8 ? std::to_string(little_endian(data)) + " (le64)"
                                    : show(data) + " (le64 of the wrong size)";
        case ValueEncoding::v8: {
            const std::string number = v8_print(data);
            return (number.empty() ? show(data) : number) + " (v8)";
        }
        case ValueEncoding::bytes:
            return show(data);
    }
    return show(data) + " (encoding " + std::to_string(static_cast<int>(encoding)) + ")";
}

}  // namespace turntable::inline v0::kv::conformance
