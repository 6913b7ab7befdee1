#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "turntable/kv/key.hpp"
#include "turntable/kv/value.hpp"

/// \file
/// Operations that both Deno and we can execute, and their form as JSON for Deno.
/// Everything that differs from run to run (versionstamps, times, ids) is named indirectly: a
/// commit by the number of its operation, a key by its place in the pool.
namespace turntable::test {

/// A value as both sides understand it.
struct Datum {
    enum class Kind : std::uint8_t { u64, bytes, js, long_text, long_bytes };
    Kind kind = Kind::js;
    /// Digits, hex, or JSON as in kv/json.hpp.
    std::string text = "null";
    /// Of the long ones.
    std::size_t size = 0;

    kv::Value value() const;
    std::string json() const;
};

enum class OperationKind : std::uint8_t { set, remove, get, get_many, list, atomic };

struct CheckSpec {
    std::size_t key = 0;
    /// The operation whose commit the key must have; none: absent.
    std::optional<std::size_t> commit{};
};

struct MutationSpec {
    std::string kind{};  ///< set, delete, sum, min, max
    std::size_t key = 0;
    Datum data{};
    std::optional<std::int64_t> expire_in_ms{};
};

struct EnqueueSpec {
    Datum payload{};
    std::int64_t delay_ms = 0;
    std::optional<std::vector<std::uint32_t>> backoff_ms{};
    std::vector<std::size_t> undelivered{};
};

struct ListSpec {
    std::optional<std::size_t> prefix{};
    std::optional<std::size_t> start{};
    std::optional<std::size_t> end{};
    std::optional<std::int64_t> limit{};
    std::optional<std::int64_t> batch{};
    bool reverse = false;
    std::string cursor{};
};

struct Operation {
    OperationKind kind = OperationKind::get;
    std::vector<std::size_t> keys{};  ///< one for get, set and remove
    Datum data{};
    std::optional<std::int64_t> expire_in_ms{};
    ListSpec list{};
    std::vector<CheckSpec> checks{};
    std::vector<MutationSpec> mutations{};
    std::vector<EnqueueSpec> enqueues{};
    /// The same step again, as often: for the limits on numbers.
    std::size_t repeat = 1;

    std::string json() const;
};

/// The keys that operations name, in both forms.
class KeyPool {
  public:
    KeyPool();
    std::size_t size() const noexcept { return keys_.size(); }
    const kv::Key& operator[](std::size_t index) const { return keys_[index]; }
    /// Of those that every operation accepts: from 0.
    std::size_t ordinary() const noexcept { return ordinary_; }
    std::size_t index_of(ByteView encoded) const;
    /// The pool as Deno reads it.
    const std::string& json() const noexcept { return json_; }

    // Beyond the ordinary ones.
    std::size_t empty = 0;
    std::size_t bytes_2048 = 0;
    std::size_t bytes_2049 = 0;
    std::size_t bytes_2050 = 0;
    std::size_t too_big_integer = 0;

  private:
    std::size_t add(kv::Key key, const std::string& json);

    std::vector<kv::Key> keys_;
    std::size_t ordinary_ = 0;
    std::string json_;
};

}  // namespace turntable::test
