#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turntable::inline v0::kv::sqlite {

/// The two JSON columns of Deno's queue tables. Writing gives exactly Deno's text; reading allows
/// white space, and gives nothing for what is not of the form.

/// `[100,1000]`
std::string write_backoff(std::span<const std::uint32_t> delays_ms);
std::optional<std::vector<std::uint32_t>> read_backoff(std::string_view json);

/// `[[2,97,0],[2,98,0]]`: each key as a list of its bytes.
std::string write_keys(std::span<const std::string> keys);
std::optional<std::vector<std::string>> read_keys(std::string_view json);

}  // namespace turntable::inline v0::kv::sqlite
