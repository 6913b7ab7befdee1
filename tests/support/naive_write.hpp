#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "turntable/kv/js_value.hpp"
#include "turntable/kv/plan.hpp"

// Atomic writes as one would write them down first: a copy of the whole database, changed step by
// step, and thrown away when something fails. plan() has to come to the same end.
namespace turntable::test {

using NaiveDatabase = std::map<std::string, kv::Record>;

struct NaiveOutcome {
    std::vector<std::uint32_t> failed_checks;
    std::optional<ErrorCode> error;
    /// Unchanged unless the write was committed.
    NaiveDatabase database;
};

class NaiveEvaluator {
  public:
    NaiveEvaluator(const NaiveDatabase& before, std::uint64_t version, std::int64_t now_ms)
        : before_(before), database_(before), version_(version), now_ms_(now_ms) {}

    NaiveOutcome evaluate(const kv::AtomicWrite& write) {
        NaiveOutcome outcome;
        for (std::uint32_t i = 0; i < write.checks.size(); ++i) {
            const kv::Check& check = write.checks[i];
            const kv::Record* record = find(check.key);
            const bool holds =
                check.versionstamp
                    ? record != nullptr &&
                          kv::Versionstamp::from_version(record->version) == *check.versionstamp
                    : record == nullptr;
            if (!holds) {
                outcome.failed_checks.push_back(i);
            }
        }
        outcome.database = before_;
        if (!outcome.failed_checks.empty()) {
            return outcome;
        }
        for (const kv::Mutation& mutation : write.mutations) {
            outcome.error = apply(mutation);
            if (outcome.error) {
                return outcome;
            }
        }
        outcome.database = database_;
        return outcome;
    }

  private:
    using Kind = kv::MutationKind;
    using Encoding = kv::ValueEncoding;
    using Failure = std::optional<ErrorCode>;

    const kv::Record* find(ByteView key) const {
        const auto found = database_.find(key.to_string());
        if (found == database_.end()) {
            return nullptr;
        }
        const std::int64_t expiry = found->second.expire_at_ms;
        return expiry >= 0 && expiry <= now_ms_ ? nullptr : &found->second;
    }
    void put(const std::string& key, std::string data, Encoding encoding, std::int64_t expiry) {
        database_[key] = {Bytes::take(std::move(data)), encoding, version_, expiry};
    }

    Failure apply(const kv::Mutation& mutation) {
        const std::string key = mutation.key.to_string();
        switch (mutation.kind) {
            case Kind::set:
                put(key, mutation.data.to_string(), mutation.encoding, mutation.expire_at_ms);
                return {};
            case Kind::remove:
                database_.erase(key);
                return {};
            case Kind::set_suffix_versionstamped_key:
                put(key + '\x02' + kv::Versionstamp::from_version(version_).to_string() + '\0',
                    mutation.data.to_string(), mutation.encoding, mutation.expire_at_ms);
                return {};
            case Kind::set_expiry:
                if (const kv::Record* record = find(key)) {
                    put(key, record->data.to_string(), record->encoding, mutation.expire_at_ms);
                }
                return {};
            case Kind::sum:
                if (mutation.encoding == Encoding::v8) {
                    return sum_v8(mutation, key);
                }
                break;
            default:
                break;
        }
        return on_u64(mutation, key);
    }

    static std::optional<std::uint64_t> u64(ByteView data, Encoding encoding) {
        if (encoding != Encoding::le64 || data.size() != 8) {
            return std::nullopt;
        }
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            number += std::uint64_t{data[i]} << (8 * i);
        }
        return number;
    }
    void put_u64(const std::string& key, std::uint64_t number) {
        put(key, kv::Value::u64(number).data().to_string(), Encoding::le64, kv::never_expires);
    }

    Failure on_u64(const kv::Mutation& mutation, const std::string& key) {
        const auto operand = u64(mutation.data, mutation.encoding);
        if (!operand) {
            return ErrorCode::type_mismatch;
        }
        if (mutation.sum_min.size() + mutation.sum_max.size() > 0) {
            return ErrorCode::invalid_argument;
        }
        std::uint64_t result = *operand;
        if (const kv::Record* record = find(key)) {
            const auto stored = u64(record->data, record->encoding);
            if (!stored) {
                return ErrorCode::type_mismatch;
            }
            if (mutation.kind == Kind::sum) {
                result = *stored + *operand;
            } else if (mutation.kind == Kind::min) {
                result = *stored < *operand ? *stored : *operand;
            } else {
                result = *stored > *operand ? *stored : *operand;
            }
        }
        put_u64(key, result);
        return {};
    }

    /// A number, a bigint, or none.
    static std::optional<kv::JsValue> numeric(const Result<kv::JsValue>& value) {
        return value && (value->number() != nullptr || value->big_integer() != nullptr)
                   ? std::optional(*value)
                   : std::nullopt;
    }
    static bool same_type(const kv::JsValue& a, const kv::JsValue& b) {
        return (a.number() != nullptr) == (b.number() != nullptr);
    }
    static bool less(const kv::JsValue& a, const kv::JsValue& b) {
        return a.number() != nullptr ? *a.number() < *b.number()
                                     : *a.big_integer() < *b.big_integer();
    }

    Failure sum_v8(const kv::Mutation& mutation, const std::string& key) {
        const auto decoded = kv::decode_v8(mutation.data);
        if (!decoded) {
            return ErrorCode::invalid_argument;
        }
        const auto operand = numeric(decoded);
        if (!operand) {
            return ErrorCode::type_mismatch;
        }
        std::optional<kv::JsValue> bounds[2];
        for (int i = 0; i < 2; ++i) {
            const ByteView bytes = i == 0 ? mutation.sum_min : mutation.sum_max;
            if (bytes.empty()) {
                continue;
            }
            bounds[i] = numeric(kv::decode_v8(bytes));
            if (!bounds[i] || !same_type(*bounds[i], *operand)) {
                return ErrorCode::invalid_argument;
            }
        }
        kv::JsValue result = *operand;
        if (const kv::Record* record = find(key)) {
            const auto counter = u64(record->data, record->encoding);
            const auto* big = operand->big_integer();
            if (counter && big != nullptr && big->to_uint64() && !bounds[0] && !bounds[1] &&
                !mutation.sum_clamp) {
                put_u64(key, *counter + *big->to_uint64());
                return {};
            }
            if (record->encoding != Encoding::v8) {
                return ErrorCode::type_mismatch;
            }
            const auto stored = numeric(kv::decode_v8(record->data));
            if (!stored || !same_type(*stored, *operand)) {
                return ErrorCode::type_mismatch;
            }
            result = big != nullptr ? kv::JsValue(*stored->big_integer() + *big)
                                    : kv::JsValue(*stored->number() + *operand->number());
        }
        for (int i = 0; i < 2; ++i) {
            const bool out =
                bounds[i] && (i == 0 ? less(result, *bounds[i]) : less(*bounds[i], result));
            if (out && !mutation.sum_clamp) {
                return ErrorCode::out_of_range;
            }
            if (out) {
                result = *bounds[i];
                break;
            }
        }
        put(key, v8_of(result), Encoding::v8, kv::never_expires);
        return {};
    }

    /// FF 0F, then always a double, or a bigint with as few bytes as possible.
    static std::string v8_of(const kv::JsValue& value) {
        if (value.big_integer() != nullptr) {
            std::string out = "\xFF\x0FZ";
            const std::string digits = value.big_integer()->little_endian().to_string();
            std::size_t field = digits.size() * 2 + (value.big_integer()->is_negative() ? 1 : 0);
            for (; field >= 128; field /= 128) {
                out.push_back(static_cast<char>(field % 128 + 128));
            }
            return out + static_cast<char>(field) + digits;
        }
        std::string out = "\xFF\x0FN";
        const auto bits = std::bit_cast<std::uint64_t>(*value.number());
        for (std::size_t i = 0; i < 8; ++i) {
            out.push_back(static_cast<char>(bits >> (8 * i)));
        }
        return out;
    }

    const NaiveDatabase& before_;
    NaiveDatabase database_;
    std::uint64_t version_;
    std::int64_t now_ms_;
};

}  // namespace turntable::test
