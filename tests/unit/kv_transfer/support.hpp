#pragma once

/// \file
/// Stores with everything that a store can hold, and targets that break.
/// Purpose: tests of copies, exports and backups. Ownership: values. Threads: one.
/// Errors: aborts the test by ASSERT or value().

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "support/memory_database.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv/any_backend.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/layer.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/kv/transfer.hpp"

namespace turntable::test {

/// Writes an entry with exactly these bytes.
inline void put(const kv::Database& db, ByteView key, ByteView data, kv::ValueEncoding encoding,
                std::int64_t expire_at_ms = kv::never_expires) {
    const kv::Mutation mutation{kv::MutationKind::set, key, data, encoding, expire_at_ms};
    const auto written =
        db.backend().atomic_write({}, {.mutations = std::span(&mutation, 1)}).wait();
    ASSERT_TRUE(written) << written.error().to_string();
    ASSERT_TRUE(written->committed);
}

/// Keys of every kind of part, values of every encoding, awkward ones too.
inline void fill_with_everything(const kv::Database& db) {
    using namespace std::chrono_literals;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    int number = 0;
    for (const kv::Key& key :
         {kv::Key("text"), kv::Key(""), kv::Key("a/b \"quoted\" \x7f\n"), kv::Key("42"),
          kv::Key("\xC3\xA4\xF0\x9F\x98\x80"), kv::Key{1, -2, 3}, kv::Key{1.5, nan, -0.0},
          kv::Key{true, false}, kv::Key{kv::BytesPart{std::string("\x00\xff\x01", 3)}},
          kv::Key{kv::BytesPart{""}}, kv::Key{std::string("nul\0inside", 10)},
          kv::Key{kv::BigInteger::from_decimal("-123456789012345678901234567890").value()},
          kv::Key{"<not a key: \"00\">"}, kv::Key{std::numeric_limits<double>::infinity()}}) {
        ASSERT_TRUE(db.set(key, "value " + std::to_string(number++)));
    }
    for (const char* json :
         {"null", "1", "-0.0", "\"text\"", "[1,{\"$hole\":true}]", "{\"a\":{\"b\":[true]}}",
          "{\"$map\":[[1,2]]}", "{\"$date\":null}", "{\"$bigint\":\"-7\"}", "{\"$number\":\"NaN\"}",
          "{\"$undefined\":true}", "{\"$wtf8\":\"7aCA\"}"}) {
        ASSERT_TRUE(db.set({"json", number++}, kv::from_json(json).value()));
    }
    ASSERT_TRUE(db.set({"plain", "empty"}, ""));
    ASSERT_TRUE(db.set({"plain", "bytes"}, std::string("\x00\xfe\n\"", 4)));
    ASSERT_TRUE(db.set({"plain", "del"}, "\x7f\x1f\xE2\x80\xA8"));
    ASSERT_TRUE(db.set({"count", 1}, kv::Value::u64(0)));
    ASSERT_TRUE(db.set({"count", 2}, kv::Value::u64(UINT64_MAX)));
    ASSERT_TRUE(db.set({"expires", 1}, "soon", {.expire_in = 1h}));
    ASSERT_TRUE(db.set({"expires", 2}, "far", {.expire_in = std::chrono::hours(24 * 365 * 200)}));
    // What JSON has no way to write back to the same bytes, and what does not decode at all.
    const auto encoded = [&](int i) { return kv::Key{"odd", i}; };
    put(db, encoded(1).encoded(), "\xff\x0f\x4e\x01\x00\x00\x00\x00\x00\xf8\x7f",
        kv::ValueEncoding::v8);
    put(db, encoded(2).encoded(), "no V8 at all", kv::ValueEncoding::v8);
    put(db, encoded(3).encoded(), "", kv::ValueEncoding::v8);
    put(db, encoded(4).encoded(), ByteView("\xff\x0f\x49\x02", 4), kv::ValueEncoding::v8,
        std::numeric_limits<std::int64_t>::max());
    put(db, ByteView("\x77no key", 7), "x", kv::ValueEncoding::bytes);
}

/// A database that several handles share; writes fail from the given one on.
class Breaking : public kv::Layer<kv::MemoryBackend> {
  public:
    Breaking(const std::string& name, int writes_left)
        : Layer(kv::MemoryBackend(named(name))), writes_left_(writes_left) {}

    Async<kv::CommitResult> atomic_write(const Context& context, const kv::AtomicWrite& write) {
        if (writes_left_-- <= 0) {
            return Error(ErrorCode::io, "the cable was pulled");
        }
        return inner().atomic_write(context, write);
    }

  private:
    static kv::MemoryOptions named(const std::string& name) {
        kv::MemoryOptions options;
        options.name = name;
        options.limits.mutations = 7;
        return options;
    }

    int writes_left_;
};

inline kv::Database breaking_database(const std::string& name, int writes_left) {
    return kv::Database(kv::AnyBackend(Breaking(name, writes_left)), Runtime::shared(),
                        "memory:" + name);
}

inline void expect_equal(const kv::Database& first, const kv::Database& second) {
    const auto verified = kv::verify(first, second);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_TRUE(verified->equal()) << verified->difference_count << " differences, the first at "
                                   << kv::print_key(verified->differences[0].key.encoded());
    EXPECT_EQ(verified->first_checksum, verified->second_checksum);
    EXPECT_EQ(verified->first_entries, verified->second_entries);
}

}  // namespace turntable::test
