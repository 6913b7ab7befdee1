#pragma once

#include <optional>

#include "turntable/kv/contract.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::plan_detail {

/// A value that an arithmetic mutation made.
struct Computed {
    Bytes data;
    ValueEncoding encoding = ValueEncoding::le64;
};

/// The value after a mutation of kind sum, min or max on `stored`, which may be null: absent.
Result<Computed> compute(const Mutation& mutation, const Record* stored);

}  // namespace turntable::inline v0::kv::plan_detail
