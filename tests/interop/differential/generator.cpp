#include "interop/differential/generator.hpp"

#include <array>

#include "turntable/kv/js_value.hpp"

namespace turntable::test {

namespace {

constexpr std::int64_t day_ms = 86'400'000;

template <std::size_t N>
std::string pick(const std::array<const char*, N>& from, std::size_t index) {
    return from[index % N];
}

}  // namespace

std::optional<std::int64_t> Generator::expiry() {
    return one_in(6) ? std::optional(day_ms + static_cast<std::int64_t>(below(1000)))
                     : std::nullopt;
}

std::string Generator::number_json() {
    static constexpr std::array special = {"0",
                                           "-0.0",
                                           "0.5",
                                           "-2.25",
                                           "2147483647",
                                           "-2147483648",
                                           "4294967296",
                                           R"({"$number":"NaN"})",
                                           R"({"$number":"Infinity"})",
                                           "9007199254740991"};
    if (one_in(4)) {
        return pick(special, below(special.size()));
    }
    return std::to_string(static_cast<int>(below(2000)) - 1000);
}

std::string Generator::bigint_json() {
    static constexpr std::array special = {"0",
                                           "-1",
                                           "18446744073709551615",
                                           "18446744073709551616",
                                           "-18446744073709551616",
                                           "123456789012345678901234567890"};
    const std::string digits = one_in(3) ? pick(special, below(special.size()))
                                         : std::to_string(static_cast<int>(below(600)) - 300);
    return R"({"$bigint":")" + digits + "\"}";
}

std::string Generator::js_json(int depth) {
    switch (below(depth > 2 ? 5 : 7)) {
        case 0:
            return number_json();
        case 1:
            return bigint_json();
        case 2:
            return one_in(2) ? "\"gr\xc3\xbc\xc3\x9f \xe4\xb8\xad\"" : "\"text\"";
        case 3:
            return one_in(2) ? "null" : R"({"$undefined":true})";
        case 4:
            return one_in(2) ? "true" : "false";
        case 5:
            return "[" + js_json(depth + 1) + "," + js_json(depth + 1) + "]";
        default:
            return R"({"m":)" + js_json(depth + 1) + R"(,"n":)" + js_json(depth + 1) + "}";
    }
}

Datum Generator::datum() {
    static constexpr std::array counters = {"0", "1", "17", "18446744073709551615",
                                            "9223372036854775808"};
    static constexpr std::array bytes = {"", "00", "00ff10", "c3bc"};
    switch (below(8)) {
        case 0:
        case 1:
            return {Datum::Kind::u64, pick(counters, below(counters.size())), 0};
        case 2:
            return {Datum::Kind::bytes, pick(bytes, below(bytes.size())), 0};
        case 3:
        case 4:
            return {Datum::Kind::js, number_json(), 0};
        case 5:
            return {Datum::Kind::js, bigint_json(), 0};
        default:
            return {Datum::Kind::js, js_json(0), 0};
    }
}

/// Most of the time one that can be added to what is there.
Datum Generator::operand_for(std::size_t key) {
    const auto value = one_in(5) ? std::nullopt : executor_.value_of(key);
    if (value && value->encoding() == kv::ValueEncoding::v8) {
        const kv::JsValue js = *value->as_js();
        if (js.number() != nullptr) {
            return {Datum::Kind::js, number_json(), 0};
        }
        if (js.big_integer() != nullptr) {
            return {Datum::Kind::js, bigint_json(), 0};
        }
    }
    if (value && value->encoding() == kv::ValueEncoding::le64 && one_in(3)) {
        return {Datum::Kind::js, bigint_json(), 0};
    }
    return one_in(2) ? Datum{Datum::Kind::u64, std::to_string(below(1000)), 0} : datum();
}

MutationSpec Generator::mutation() {
    MutationSpec spec;
    spec.key = key();
    switch (below(8)) {
        case 0:
        case 1:
        case 2:
            spec.kind = "set";
            spec.data = datum();
            spec.expire_in_ms = expiry();
            break;
        case 3:
            spec.kind = "delete";
            break;
        case 4:
        case 5:
            spec.kind = "sum";
            spec.data = operand_for(spec.key);
            break;
        default:
            spec.kind = one_in(2) ? "min" : "max";
            spec.data =
                one_in(8) ? datum() : Datum{Datum::Kind::u64, std::to_string(below(1000)), 0};
    }
    return spec;
}

CheckSpec Generator::check(std::size_t number) {
    const std::size_t checked = key();
    // Mostly what is there, so that most writes commit.
    if (number > 0 && one_in(12)) {
        return {checked, below(number)};
    }
    return {checked, executor_.commit_of(checked)};
}

EnqueueSpec Generator::enqueue(std::size_t number) {
    EnqueueSpec spec;
    // With the number of the operation in it, rows can be told apart.
    spec.payload = {Datum::Kind::js,
                    "[" + std::to_string(number) + "," + std::to_string(below(1000000)) + "," +
                        js_json(1) + "]",
                    0};
    spec.delay_ms = day_ms + static_cast<std::int64_t>(below(1000));
    if (one_in(2)) {
        spec.backoff_ms.emplace();
        for (std::size_t i = below(6); i > 0; --i) {
            spec.backoff_ms->push_back(static_cast<std::uint32_t>(below(3'600'001)));
        }
    }
    for (std::size_t i = below(3); i > 0; --i) {
        spec.undelivered.push_back(key());
    }
    return spec;
}

Operation Generator::atomic(std::size_t number) {
    Operation operation{.kind = OperationKind::atomic};
    if (one_in(2)) {
        for (std::size_t i = 1 + below(3); i > 0; --i) {
            operation.checks.push_back(check(number));
        }
    }
    for (std::size_t i = one_in(20) ? 0 : 1 + below(4); i > 0; --i) {
        operation.mutations.push_back(mutation());
    }
    if (one_in(6)) {
        operation.enqueues.push_back(enqueue(number));
    }
    return operation;
}

Operation Generator::list() {
    Operation operation{.kind = OperationKind::list};
    ListSpec& spec = operation.list;
    if (unfinished_ && one_in(2)) {
        spec = *unfinished_;
    } else {
        switch (below(5)) {
            case 0:  // everything
                break;
            case 1:
                spec.prefix = key();
                break;
            case 2:
                spec.prefix = key();
                (one_in(2) ? spec.start : spec.end) = key();
                break;
            default:
                spec.start = key();
                spec.end = key();
        }
        spec.reverse = one_in(2);
    }
    if (!one_in(3)) {
        spec.limit = static_cast<std::int64_t>(1 + below(9));
    }
    if (one_in(2)) {
        spec.batch = static_cast<std::int64_t>(1 + below(7));
    }
    return operation;
}

void Generator::saw_cursor(const Operation& operation, const std::string& cursor) {
    if (!cursor.empty()) {
        unfinished_ = operation.list;
        unfinished_->cursor = cursor;
    }
}

Operation Generator::next(std::size_t number) {
    Operation operation;
    switch (below(12)) {
        case 0:
        case 1:
        case 2:
            operation = {.kind = OperationKind::set,
                         .keys = {key()},
                         .data = datum(),
                         .expire_in_ms = expiry()};
            break;
        case 3:
            operation = {.kind = OperationKind::remove, .keys = {key()}};
            break;
        case 4:
        case 5:
            operation = {.kind = OperationKind::get, .keys = {key()}};
            break;
        case 6:
            operation.kind = OperationKind::get_many;
            for (std::size_t i = 1 + below(10); i > 0; --i) {
                operation.keys.push_back(key());
            }
            break;
        case 7:
        case 8:
            operation = list();
            break;
        default:
            operation = atomic(number);
    }
    return operation;
}

}  // namespace turntable::test
