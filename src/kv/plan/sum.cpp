#include "kv/plan/sum.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "kv/plan/number.hpp"

namespace turntable::inline v0::kv::plan_detail {

namespace {

std::string_view operation_name(MutationKind kind) noexcept {
    switch (kind) {
        case MutationKind::min:
            return "min";
        case MutationKind::max:
            return "max";
        default:
            return "sum";
    }
}

std::uint64_t read_u64(ByteView bytes) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) {
        number = number << 8U | bytes[i];
    }
    return number;
}

Computed u64_value(std::uint64_t number) {
    char bytes[8];
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>((number >> (8 * i)) & 0xFFU);
    }
    return {Bytes::copy(ByteView(bytes, 8)), ValueEncoding::le64};
}

std::uint64_t combine(MutationKind kind, std::uint64_t stored, std::uint64_t operand) noexcept {
    switch (kind) {
        case MutationKind::min:
            return std::min(stored, operand);
        case MutationKind::max:
            return std::max(stored, operand);
        default:
            return stored + operand;  // wraps
    }
}

Result<Computed> compute_u64(const Mutation& mutation, const Record* stored) {
    const std::string name(operation_name(mutation.kind));
    if (mutation.encoding != ValueEncoding::le64 || mutation.data.size() != 8) {
        return Error(ErrorCode::type_mismatch,
                     "Failed to perform '" + name + "' mutation on a non-U64 operand");
    }
    if (!mutation.sum_min.empty() || !mutation.sum_max.empty()) {
        return Error(ErrorCode::invalid_argument,
                     "Cannot use min/max parameters with KvU64 operands");
    }
    const std::uint64_t operand = read_u64(mutation.data);
    if (stored == nullptr) {
        return u64_value(operand);
    }
    if (stored->encoding != ValueEncoding::le64 || stored->data.size() != 8) {
        return Error(ErrorCode::type_mismatch, "Failed to perform '" + name +
                                                   "' mutation on a non-U64 value in the database");
    }
    return u64_value(combine(mutation.kind, read_u64(stored->data), operand));
}

/// A bound, none when it is not given.
Result<std::optional<Number>> read_bound(ByteView bytes) {
    if (bytes.empty()) {
        return std::optional<Number>();
    }
    auto number = read_number(bytes);
    if (auto* value = std::get_if<Number>(&number)) {
        return std::optional(std::move(*value));
    }
    if (std::get<NotANumber>(number) == NotANumber::unreadable) {
        return Error(ErrorCode::invalid_argument, "Some of the parameters are not valid V8 values");
    }
    return Error(ErrorCode::invalid_argument,
                 "Min/max parameters have different types than the operand");
}

struct SumOperands {
    Number operand;
    std::optional<Number> min;
    std::optional<Number> max;
};

Result<SumOperands> read_operands(const Mutation& mutation) {
    auto operand = read_number(mutation.data);
    if (const auto* reason = std::get_if<NotANumber>(&operand)) {
        if (*reason == NotANumber::unreadable) {
            return Error(ErrorCode::invalid_argument,
                         "Some of the parameters are not valid V8 values");
        }
        return Error(ErrorCode::type_mismatch,
                     "Cannot sum: the operand is not a BigInt, a Number or a KvU64");
    }
    SumOperands operands{std::get<Number>(std::move(operand)), {}, {}};
    TURNTABLE_TRY(operands.min, read_bound(mutation.sum_min));
    TURNTABLE_TRY(operands.max, read_bound(mutation.sum_max));
    for (const auto* bound : {&operands.min, &operands.max}) {
        if (bound->has_value() && (*bound)->index() != operands.operand.index()) {
            return Error(ErrorCode::invalid_argument,
                         "Min/max parameters have different types than the operand");
        }
    }
    return operands;
}

Number add(const Number& a, const Number& b) {
    if (const auto* number = std::get_if<double>(&a)) {
        return *number + std::get<double>(b);
    }
    return std::get<BigInteger>(a) + std::get<BigInteger>(b);
}

/// NaN is in no order with anything, so that it is never out of bounds.
bool less(const Number& a, const Number& b) {
    if (const auto* number = std::get_if<double>(&a)) {
        return *number < std::get<double>(b);
    }
    return std::get<BigInteger>(a) < std::get<BigInteger>(b);
}

Result<Computed> within_bounds(Number result, const SumOperands& operands, bool clamp) {
    const bool below = operands.min && less(result, *operands.min);
    const bool above = operands.max && less(*operands.max, result);
    if ((below || above) && !clamp) {
        return Error(ErrorCode::out_of_range,
                     "The result of a Sum operation would exceed its range limit");
    }
    if (below || above) {
        result = below ? *operands.min : *operands.max;
    }
    return Computed{write_number(result), ValueEncoding::v8};
}

Error cannot_sum(std::string_view stored, const Number& operand) {
    return Error(ErrorCode::type_mismatch,
                 "Cannot sum " + std::string(stored) + " with " + std::string(type_name(operand)));
}

Result<Computed> sum_with_stored_u64(const Mutation& mutation, const Record& stored,
                                     const SumOperands& operands) {
    const auto* integer = std::get_if<BigInteger>(&operands.operand);
    const auto operand = integer == nullptr ? std::nullopt : integer->to_uint64();
    if (!operand || operands.min || operands.max || mutation.sum_clamp || stored.data.size() != 8) {
        return cannot_sum("KvU64", operands.operand);
    }
    return u64_value(read_u64(stored.data) + *operand);
}

Result<Computed> compute_v8_sum(const Mutation& mutation, const Record* stored) {
    TURNTABLE_TRY(SumOperands operands, read_operands(mutation));
    if (stored == nullptr) {
        return within_bounds(operands.operand, operands, mutation.sum_clamp);
    }
    if (stored->encoding == ValueEncoding::le64) {
        return sum_with_stored_u64(mutation, *stored, operands);
    }
    if (stored->encoding == ValueEncoding::v8) {
        const auto current = read_number(stored->data);
        if (const auto* number = std::get_if<Number>(&current)) {
            if (number->index() != operands.operand.index()) {
                return cannot_sum(type_name(*number), operands.operand);
            }
            return within_bounds(add(*number, operands.operand), operands, mutation.sum_clamp);
        }
    }
    return Error(ErrorCode::type_mismatch,
                 "Cannot sum: the stored value is of an unsupported value type");
}

}  // namespace

Result<Computed> compute(const Mutation& mutation, const Record* stored) {
    if (mutation.kind == MutationKind::sum && mutation.encoding == ValueEncoding::v8) {
        return compute_v8_sum(mutation, stored);
    }
    return compute_u64(mutation, stored);
}

}  // namespace turntable::inline v0::kv::plan_detail
