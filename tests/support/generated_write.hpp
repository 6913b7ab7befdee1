#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "support/naive_write.hpp"

// Atomic writes made of any bytes, few keys and few kinds of values, so that operations meet.
namespace turntable::test {

class WriteGenerator {
  public:
    static constexpr std::int64_t now_ms = 1000;
    static constexpr std::uint64_t version = 77;

    explicit WriteGenerator(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    NaiveDatabase database() {
        NaiveDatabase database;
        const unsigned count = below(6);
        for (unsigned i = 0; i < count; ++i) {
            const kv::ValueEncoding how = encoding();
            database[key().to_string()] = {Bytes::copy(value(how)), how, below(4), expiry()};
        }
        return database;
    }
    /// Lives as long as the generator.
    kv::AtomicWrite write() {
        const unsigned checks = below(3);
        for (unsigned i = 0; i < checks; ++i) {
            checks_.push_back({key(), {}});
            if (below(3) != 0) {
                checks_.back().versionstamp = kv::Versionstamp::from_version(below(4));
            }
        }
        const unsigned mutations = below(12);
        for (unsigned i = 0; i < mutations; ++i) {
            mutations_.push_back(mutation());
        }
        return {.checks = checks_, .mutations = mutations_};
    }

  private:
    unsigned below(unsigned bound) {
        if (bytes_.empty()) {
            return 0;
        }
        const unsigned byte = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return byte % bound;
    }
    ByteView key() {
        static constexpr std::string_view keys[] = {"a", "ab", "b", "c"};
        return keys[below(4)];
    }
    kv::ValueEncoding encoding() { return static_cast<kv::ValueEncoding>(1 + below(3)); }
    std::int64_t expiry() {
        static constexpr std::int64_t times[] = {-1, -1, -1, 0, now_ms, now_ms + 1};
        return times[below(6)];
    }
    ByteView value(kv::ValueEncoding how) {
        std::string& bytes = strings_.emplace_back();
        if (how == kv::ValueEncoding::le64) {
            static constexpr std::uint64_t numbers[] = {0, 1, 5, 1000, UINT64_MAX};
            bytes = kv::Value::u64(numbers[below(5)]).data().to_string();
        } else if (how == kv::ValueEncoding::v8) {
            bytes = v8();
        } else {
            bytes.assign(below(10), 'x');
        }
        return bytes;
    }
    std::string v8() {
        switch (below(6)) {
            case 0: {  // a small bigint, also with zeros at its high end and of either sign
                std::string out = {'\xFF', '\x0F', 'Z', static_cast<char>(4 + below(2))};
                out.push_back(static_cast<char>(below(256)));
                return out + static_cast<char>(below(2));
            }
            case 1: {  // a large one
                std::string out = "\xFF\x10Z";
                out.push_back(static_cast<char>(18 + below(2)));
                return out + std::string(8, static_cast<char>(below(256))) + "\x01";
            }
            case 2:  // int32
                return {'\xFF', '\x0F', 'I', static_cast<char>(below(128))};
            case 3: {
                static constexpr double numbers[] = {0.0, -0.0, 1.5, -7, 1e308, -1e308};
                std::string out =
                    "\xFF\x0D"
                    "N";
                const auto bits = std::bit_cast<std::uint64_t>(numbers[below(6)]);
                for (unsigned i = 0; i < 8; ++i) {
                    out.push_back(static_cast<char>(bits >> (8 * i)));
                }
                return out;
            }
            case 4:
                return below(2) == 0 ? "\xFF\x0F_" : "\xFF\x0FT";
            default:
                return below(2) == 0 ? "" : "\xFF\x0FZ";
        }
    }
    kv::Mutation mutation() {
        static constexpr int kinds[] = {1, 2, 3, 3, 3, 3, 4, 5, 9, 64};
        kv::Mutation out{.kind = static_cast<kv::MutationKind>(kinds[below(10)]), .key = key()};
        out.encoding = encoding();
        out.data = value(out.encoding);
        out.expire_at_ms = expiry();
        if (out.kind == kv::MutationKind::sum && below(4) == 0) {
            out.sum_min = below(2) == 0 ? ByteView() : value(kv::ValueEncoding::v8);
            out.sum_max = below(2) == 0 ? ByteView() : value(kv::ValueEncoding::v8);
            out.sum_clamp = below(2) == 0;
        }
        return out;
    }

    std::span<const std::uint8_t> bytes_;
    std::deque<std::string> strings_;
    std::vector<kv::Check> checks_;
    std::vector<kv::Mutation> mutations_;
};

/// Compares plan() with the naive evaluator on the write that `bytes` make; empty: they agree.
inline std::string compare_plan(std::span<const std::uint8_t> bytes) {
    WriteGenerator generator(bytes);
    const NaiveDatabase before = generator.database();
    const kv::AtomicWrite write = generator.write();
    NaiveEvaluator naive(before, WriteGenerator::version, WriteGenerator::now_ms);
    const NaiveOutcome expected = naive.evaluate(write);

    std::vector<std::optional<kv::Record>> records;
    for (const kv::NeededKey& needed : kv::keys_to_read(write)) {
        const auto found = before.find(needed.key.to_string());
        records.push_back(found == before.end() ? std::nullopt : std::optional(found->second));
    }
    kv::PlanInput input;
    input.records = records;
    input.version = WriteGenerator::version;
    input.now_ms = WriteGenerator::now_ms;
    const auto planned = kv::plan(write, input);
    if (!planned || expected.error) {
        const bool same = !planned && expected.error == planned.error().code();
        return same ? ""
                    : "an error of one, or another one: " +
                          (planned ? "none" : planned.error().to_string());
    }
    if (planned->failed_checks != expected.failed_checks) {
        return "other failed checks";
    }
    NaiveDatabase after = before;
    for (const kv::PlannedChange& change : planned->changes) {
        if (change.record) {
            after.insert_or_assign(change.key.to_string(), *change.record);
        } else {
            after.erase(change.key.to_string());
        }
    }
    if (after.size() != expected.database.size()) {
        return "another number of entries";
    }
    for (const auto& [key, record] : expected.database) {
        const auto found = after.find(key);
        if (found == after.end() || found->second.data != record.data ||
            found->second.encoding != record.encoding || found->second.version != record.version ||
            found->second.expire_at_ms != record.expire_at_ms) {
            return "another state of " + key;
        }
    }
    return "";
}

}  // namespace turntable::test
