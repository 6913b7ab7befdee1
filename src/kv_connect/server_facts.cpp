#include "kv_connect/server_facts.hpp"

#include <array>
#include <charconv>

namespace turntable::inline v0::kv::connect {

namespace {

constexpr std::size_t tick_digits = 16;
constexpr std::size_t id_digits = 32;

void append_hex(std::string& out, std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) {
        out += digits[(number >> shift) & 0xFU];
    }
}

std::string id_text(const Id128& id) {
    std::string out;
    append_hex(out, id.high);
    append_hex(out, id.low);
    return out;
}

template <class Number>
bool read_number(std::string_view text, int base, Number& out) noexcept {
    const char* begin = text.data();
    const char* end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, out, base);
    return !text.empty() && error == std::errc() && stop == end;
}

bool read_id(std::string_view text, Id128& out) noexcept {
    return text.size() == id_digits && read_number(text.substr(0, id_digits / 2), 16, out.high) &&
           read_number(text.substr(id_digits / 2), 16, out.low);
}

Error no_facts(std::string_view member) {
    return {ErrorCode::serialization,
            "the server's facts of the database are not as they should "
            "be: " +
                std::string(member)};
}

constexpr std::array durabilities = {Durability::none, Durability::process, Durability::machine};

bool read_durability(std::string_view name, Durability& out) noexcept {
    for (const Durability one : durabilities) {
        if (to_string(one) == name) {
            out = one;
            return true;
        }
    }
    return false;
}

/// Takes in `name=value`; false for a value that is none.
bool take_in(std::string_view name, std::string_view value, ServerFacts& facts) noexcept {
    if (name == "instance") {
        return read_id(value, facts.instance);
    }
    if (name == "tick") {
        return read_number(value, 10, facts.tick_ms);
    }
    if (name == "checks") {
        return read_number(value, 10, facts.checks);
    }
    if (name == "durability") {
        return read_durability(value, facts.durability);
    }
    if (name == "stale-reads") {
        return read_number(value, 10, facts.stale_reads_ms);
    }
    facts.read_only = facts.read_only || name == "read-only";
    facts.queue = facts.queue || name == "queue";
    facts.one_snapshot = facts.one_snapshot && name != "many-snapshots";
    facts.one_commit = facts.one_commit && name != "many-commits";
    return true;
}

/// What stands before the next separator, which is taken away with it.
std::string_view cut(std::string_view& text, std::string_view separator) noexcept {
    const std::size_t at = text.find(separator);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
    return part;
}

}  // namespace

std::string encode_server_facts(const ServerFacts& facts) {
    std::string out = "instance=" + id_text(facts.instance);
    out += "; tick=" + std::to_string(facts.tick_ms);
    out += "; checks=" + std::to_string(facts.checks);
    out += "; durability=" + std::string(to_string(facts.durability));
    if (facts.stale_reads_ms != 0) {
        out += "; stale-reads=" + std::to_string(facts.stale_reads_ms);
    }
    out += facts.read_only ? "; read-only" : "";
    out += facts.queue ? "; queue" : "";
    out += facts.one_snapshot ? "" : "; many-snapshots";
    out += facts.one_commit ? "" : "; many-commits";
    return out;
}

Result<ServerFacts> decode_server_facts(std::string_view text) {
    ServerFacts facts;
    bool has_instance = false;
    while (!text.empty()) {
        std::string_view value = cut(text, "; ");
        const std::string_view name = cut(value, "=");
        if (!take_in(name, value, facts)) {
            return no_facts(name);
        }
        has_instance = has_instance || name == "instance";
    }
    if (!has_instance || facts.checks == 0) {
        return no_facts("instance and checks are needed");
    }
    return facts;
}

std::string encode_write_key(const WriteKey& key) {
    std::string out = id_text(key.instance) + "-";
    append_hex(out, key.tick_ms);
    return out + "-" + id_text(key.random);
}

Result<WriteKey> decode_write_key(std::string_view text) {
    WriteKey key;
    const std::string_view instance = cut(text, "-");
    const std::string_view tick = cut(text, "-");
    if (!read_id(instance, key.instance) || tick.size() != tick_digits ||
        !read_number(tick, 16, key.tick_ms) || !read_id(text, key.random)) {
        return Error(ErrorCode::serialization,
                     "the key of a write must be INSTANCE-TICK-RANDOM, of 32, 16 and 32 "
                     "hexadecimal digits");
    }
    return key;
}

std::optional<ErrorCode> error_code_from(std::string_view name) noexcept {
    for (auto code = ErrorCode::not_found; code <= ErrorCode::backend;
         code = static_cast<ErrorCode>(static_cast<std::uint8_t>(code) + 1)) {
        if (to_string(code) == name) {
            return code;
        }
    }
    return std::nullopt;
}

}  // namespace turntable::inline v0::kv::connect
