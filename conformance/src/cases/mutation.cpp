#include <cmath>

#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

constexpr std::uint64_t u64_max = UINT64_MAX;

void sum_of_counters(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"counter"});
    struct Row {
        std::uint64_t operand;
        std::uint64_t result;
    };
    const Row rows[] = {{7, 7},
                        {0, 7},
                        {u64_max - 7, u64_max},
                        {1, 0},
                        {u64_max, u64_max},
                        {2, 1},
                        {std::uint64_t{1} << 63U, (std::uint64_t{1} << 63U) + 1}};
    for (const Row& row : rows) {
        store.commit(Write().sum(name, row.operand));
        store.expect_value(name, le64(row.result), ValueEncoding::le64);
    }
}

void min_and_max_of_counters(Environment& environment) {
    Store& store = environment.store();
    const std::string low = key({"low"});
    const std::string high = key({"high"});
    std::uint64_t least = u64_max;
    std::uint64_t most = 0;
    for (const std::uint64_t number : {std::uint64_t{300}, std::uint64_t{255}, std::uint64_t{256},
                                       std::uint64_t{1}, u64_max, std::uint64_t{0}}) {
        store.commit(Write().min(low, number).max(high, number));
        least = std::min(least, number);
        most = std::max(most, number);
        store.expect_value(low, le64(least), ValueEncoding::le64);
        store.expect_value(high, le64(most), ValueEncoding::le64);
    }
}

void counters_meet_only_counters(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const std::initializer_list<ErrorCode> wrong{ErrorCode::type_mismatch};
    const std::initializer_list<ErrorCode> wrong_operand{ErrorCode::type_mismatch,
                                                         ErrorCode::invalid_argument};
    for (const auto& [data, encoding] :
         {std::pair(std::string("text"), ValueEncoding::bytes),
          std::pair(le64(1), ValueEncoding::bytes), std::pair(v8_number(1), ValueEncoding::v8),
          std::pair(v8_text("x"), ValueEncoding::v8)}) {
        store.commit(Write().set(name, data, encoding));
        store.expect_error(Write().sum(name, 1), wrong);
        store.expect_error(Write().min(name, 1), wrong);
        store.expect_error(Write().max(name, 1), wrong);
        store.expect_value(name, data, encoding);
    }
    store.commit(Write().set(name, le64(1), ValueEncoding::le64));
    for (const MutationKind kind : {MutationKind::min, MutationKind::max}) {
        store.expect_error(Write().mutate(kind, name, le64(1), ValueEncoding::bytes),
                           wrong_operand);
        store.expect_error(Write().mutate(kind, name, v8_number(1), ValueEncoding::v8),
                           wrong_operand);
        store.expect_error(
            Write().mutate(kind, name, "123", ValueEncoding::le64),
            {ErrorCode::type_mismatch, ErrorCode::invalid_argument, ErrorCode::serialization});
    }
    store.expect_error(Write().mutate(MutationKind::sum, name, le64(1), ValueEncoding::bytes),
                       wrong_operand);
    store.expect_value(name, le64(1), ValueEncoding::le64);
}

void expect_number(Store& store, const std::string& name, const std::string& v8,
                   const Location& where = Location::current()) {
    const auto item = store.get(name, where);
    if (!item || item->encoding != ValueEncoding::v8 || v8_print(item->data) != v8_print(v8)) {
        fail("the value of " + print_key(name), show(v8, ValueEncoding::v8), show(item), where);
    }
}

void sum_of_numbers(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"number"});
    store.commit(Write().sum_v8(name, v8_int32(40)));
    expect_number(store, name, v8_number(40));
    store.commit(Write().sum_v8(name, v8_number(2.5)));
    expect_number(store, name, v8_number(42.5));
    store.commit(Write().sum_v8(name, v8_int32(-100)));
    expect_number(store, name, v8_number(-57.5));
    store.commit(Write().set(name, v8_int32(-7), ValueEncoding::v8).sum_v8(name, v8_int32(3)));
    expect_number(store, name, v8_number(-4));
}

void sum_of_bigints(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"bigint"});
    store.commit(Write().sum_v8(name, v8_bigint(40)));
    expect_number(store, name, v8_bigint(40));
    store.commit(Write().sum_v8(name, v8_bigint(-300)));
    expect_number(store, name, v8_bigint(-260));
    store.commit(Write().sum_v8(name, v8_bigint(260)));
    expect_number(store, name, v8_bigint(0));
    store.commit(Write().set(name, v8_bigint(INT64_MAX), ValueEncoding::v8));
    store.commit(Write()
                     .sum_v8(name, v8_bigint(INT64_MAX))
                     .sum_v8(name, v8_bigint(1))
                     .sum_v8(name, v8_bigint(INT64_MIN)));
    expect_number(store, name, v8_bigint(INT64_MAX));
}

void sum_of_different_kinds(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const std::initializer_list<ErrorCode> wrong{ErrorCode::type_mismatch};
    store.commit(Write().set(name, v8_number(1), ValueEncoding::v8));
    store.expect_error(Write().sum_v8(name, v8_bigint(1)), wrong);
    store.expect_error(Write().sum(name, 1), wrong);
    store.commit(Write().set(name, v8_bigint(1), ValueEncoding::v8));
    store.expect_error(Write().sum_v8(name, v8_number(1)), wrong);
    store.expect_error(Write().sum(name, 1), wrong);
    store.commit(Write().set(name, v8_text("x"), ValueEncoding::v8));
    store.expect_error(Write().sum_v8(name, v8_number(1)), wrong);
    store.commit(Write().set(name, "x"));
    store.expect_error(Write().sum_v8(name, v8_number(1)), wrong);
    store.expect_value(name, "x");
    store.commit(Write().set(name, le64(u64_max), ValueEncoding::le64));
    store.expect_error(Write().sum_v8(name, v8_number(1)), wrong);
    store.expect_error(Write().sum_v8(name, v8_bigint(-1)), wrong);
    store.commit(Write().sum_v8(name, v8_bigint(3)));
    store.expect_value(name, le64(2), ValueEncoding::le64);
}

void bounds_and_clamp(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    struct Row {
        double operand;
        bool clamp;
        double result;  // NaN: out of range
    };
    const double none = std::nan("");
    const Row rows[] = {{40, false, 50},    {50, false, 100}, {1, false, none},
                        {1, true, 100},     {-90, false, 10}, {-11, false, none},
                        {-20, false, none}, {-20, true, 0},   {1e9, true, 100}};
    for (const bool bigint : {false, true}) {
        const auto v8 = [bigint](double number) {
            return bigint ? v8_bigint(static_cast<std::int64_t>(number)) : v8_number(number);
        };
        store.commit(Write().set(name, v8(10), ValueEncoding::v8));
        double last = 10;
        for (const Row& row : rows) {
            const double lowest = 0;
            Write write;
            write.sum_v8(name, v8(row.operand), v8(lowest), v8(100), row.clamp);
            if (std::isnan(row.result) &&
                (last + row.operand < lowest || last + row.operand > 100)) {
                store.expect_error(write, {ErrorCode::out_of_range});
            } else {
                store.commit(write);
                last = std::isnan(row.result) ? last + row.operand : row.result;
            }
            expect_number(store, name, v8(last));
        }
        store.commit(Write().set(name, v8(10), ValueEncoding::v8));
        store.expect_error(Write().sum_v8(name, v8(-11), v8(0)), {ErrorCode::out_of_range});
        store.commit(Write().sum_v8(name, v8(1000), v8(0)));
        expect_number(store, name, v8(1010));
        store.expect_error(Write().sum_v8(name, v8(1), {}, v8(1010)), {ErrorCode::out_of_range});
        store.commit(Write().sum_v8(name, v8(-2000), {}, v8(1010)));
        expect_number(store, name, v8(-990));
    }
}

void bounds_of_the_wrong_kind(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    const std::initializer_list<ErrorCode> wrong{
        ErrorCode::type_mismatch, ErrorCode::invalid_argument, ErrorCode::serialization};
    store.commit(Write().set(name, v8_number(1), ValueEncoding::v8));
    store.expect_error(Write().sum_v8(name, v8_number(1), v8_bigint(0)), wrong);
    store.expect_error(Write().sum_v8(name, v8_number(1), {}, v8_bigint(9)), wrong);
    store.expect_error(Write().sum_v8(name, v8_number(1), "\xFF\x0F"), wrong);
    store.expect_error(Write().sum_v8(name, v8_text("1")), wrong);
    store.expect_error(Write().sum_v8(name, ""), wrong);
    expect_number(store, name, v8_number(1));
}

void suffixed_keys(Environment& environment) {
    Store& store = environment.store();
    const std::string prefix = key({"log"});
    std::vector<Item> items;
    for (int i = 0; i < 12; ++i) {
        const Versionstamp stamp = store.commit(Write().set_suffixed(prefix, show(i)));
        items.push_back({key({"log", stamp.to_string()}), show(i), ValueEncoding::bytes, stamp});
    }
    store.expect_all(items);
    store.expect_absent(prefix);
    const Versionstamp stamp = store.commit(Write()
                                                .set_suffixed(key({"other", 1}), "one")
                                                .set_suffixed(key({"other", 2}), "two")
                                                .set_suffixed(key({"other", 2}), "three"));
    store.expect_value(key({"other", 1, stamp.to_string()}), "one");
    store.expect_value(key({"other", 2, stamp.to_string()}), "three");
}

}  // namespace

std::vector<Case> mutation_cases() {
    using enum Need;
    return {
        {"sum.counters",
         "A sum of counters starts at the operand and wraps at 2^64.",
         {writes},
         sum_of_counters},
        {"mutation.min_and_max",
         "min and max keep the smaller and the larger counter.",
         {writes},
         min_and_max_of_counters},
        {"mutation.counters_meet_only_counters",
         "sum, min and max of a counter refuse a value or operand of another kind.",
         {writes},
         counters_meet_only_counters},
        {"sum.numbers", "A sum of V8 numbers is exact in doubles.", {writes}, sum_of_numbers},
        {"sum.bigints", "A sum of V8 bigints has no bound of its own.", {writes}, sum_of_bigints},
        {"sum.different_kinds",
         "A sum refuses kinds that differ, but a counter takes a bigint that fits.",
         {writes},
         sum_of_different_kinds},
        {"sum.bounds_and_clamp",
         "A sum that leaves its bounds is out_of_range, or stops at them if it is clamped.",
         {writes},
         bounds_and_clamp},
        {"sum.bounds_of_the_wrong_kind",
         "Bounds and operands that cannot be read are refused.",
         {writes},
         bounds_of_the_wrong_kind},
        {"mutation.suffixed_keys",
         "A suffixed key ends with the versionstamp of its commit, so such keys list in commit "
         "order.",
         {writes},
         suffixed_keys},
    };
}

}  // namespace turntable::inline v0::kv::conformance
