#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "turntable/core/bytes.hpp"
#include "turntable/kv/big_integer.hpp"

// The V8 values that a sum works on: a subset of the codec in kv/js_value.hpp that looks at a few
// bytes and never builds the tree of a large stored object.
namespace turntable::inline v0::kv::plan_detail {

/// A bigint or a number of JavaScript.
using Number = std::variant<BigInteger, double>;

/// Bytes that no reader of V8 data would accept, beside those of another type.
enum class NotANumber : std::uint8_t { unreadable, other_type };

std::variant<Number, NotANumber> read_number(ByteView v8);

/// In the form that Deno KV stores the results of sums: FF 0F, then a double or a bigint.
Bytes write_number(const Number& number);

/// "BigInt" or "Number".
std::string_view type_name(const Number& number) noexcept;

}  // namespace turntable::inline v0::kv::plan_detail
