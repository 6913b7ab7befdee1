#include "interop/differential/differences.hpp"
#include "interop/differential/generator.hpp"

namespace turntable::test {

namespace {

using Kind = Datum::Kind;

const Datum one{Kind::js, "1", 0};

Operation set(std::size_t key, Datum data) {
    return {.kind = OperationKind::set, .keys = {key}, .data = std::move(data)};
}

Operation get(std::size_t key) { return {.kind = OperationKind::get, .keys = {key}}; }

Operation mutate(const std::string& kind, std::size_t key, Datum data) {
    return {.kind = OperationKind::atomic, .mutations = {{kind, key, std::move(data), {}}}};
}

Operation list(ListSpec spec) { return {.kind = OperationKind::list, .list = std::move(spec)}; }

Operation enqueue(EnqueueSpec spec) {
    return {.kind = OperationKind::atomic, .enqueues = {std::move(spec)}};
}

void add_key_edges(const KeyPool& pool, std::vector<Operation>& out) {
    for (const std::size_t key :
         {pool.empty, pool.bytes_2048, pool.bytes_2049, pool.bytes_2050, pool.too_big_integer}) {
        out.push_back(set(key, one));
        out.push_back({.kind = OperationKind::remove, .keys = {key}});
        out.push_back(get(key));
        out.push_back({.kind = OperationKind::get_many, .keys = {0, key}});
        out.push_back({.kind = OperationKind::atomic, .checks = {{key, {}}}});
        out.push_back(list({.start = 0, .end = key}));
    }
}

void add_size_edges(std::vector<Operation>& out) {
    for (const std::size_t size : {65535U, 65536U, 65537U}) {
        out.push_back(set(1, {Kind::long_bytes, "", size}));
        // With header, tag and a length of three bytes.
        out.push_back(set(2, {Kind::long_text, "", size - 6}));
        out.push_back(
            enqueue({.payload = {Kind::long_text, "", size - 6}, .delay_ms = 86'400'000}));
        out.push_back(get(1));
        out.push_back(get(2));
    }
    for (const std::size_t count : {99U, 100U, 101U}) {
        out.push_back({.kind = OperationKind::atomic, .checks = {{3, {}}}, .repeat = count});
    }
    for (const std::size_t count : {999U, 1000U, 1001U}) {
        out.push_back(
            {.kind = OperationKind::atomic, .mutations = {{"set", 3, one, {}}}, .repeat = count});
        out.push_back(
            {.kind = OperationKind::atomic, .mutations = {{"delete", 3, {}, {}}}, .repeat = count});
    }
    // 12 * 65536 + 12 * 4 * 2 is below 819200, 13 * 65536 above.
    for (const std::size_t count : {12U, 13U}) {
        out.push_back({.kind = OperationKind::atomic,
                       .mutations = {{"set", 3, {Kind::long_bytes, "", 65536}, {}}},
                       .repeat = count});
    }
    for (const std::size_t count : {9U, 10U, 11U}) {
        Operation many{.kind = OperationKind::get_many};
        many.keys.assign(count, 3);
        out.push_back(many);
    }
}

/// 40 keys of 2048 bytes are 81920 bytes.
void add_key_total_edges(const KeyPool& pool, std::vector<Operation>& out) {
    for (const std::size_t count : {39U, 40U, 41U}) {
        out.push_back({.kind = OperationKind::atomic,
                       .mutations = {{"set", pool.bytes_2048, one, {}}},
                       .repeat = count});
        out.push_back({.kind = OperationKind::atomic,
                       .mutations = {{"delete", pool.bytes_2048, {}, {}}},
                       .repeat = count});
    }
}

void add_number_edges(std::vector<Operation>& out) {
    const Datum values[] = {{Kind::u64, "18446744073709551615", 0},
                            {Kind::bytes, "0000000000000000", 0},
                            one,
                            {Kind::js, "1.5", 0},
                            {Kind::js, R"({"$bigint":"5"})", 0},
                            {Kind::js, R"({"$bigint":"-5"})", 0},
                            {Kind::js, R"({"$bigint":"18446744073709551616"})", 0},
                            {Kind::js, "\"text\"", 0},
                            {Kind::js, "null", 0},
                            {Kind::js, "[1]", 0}};
    for (const char* kind : {"sum", "min", "max"}) {
        for (const Datum& operand : values) {
            out.push_back({.kind = OperationKind::remove, .keys = {4}});
            out.push_back(mutate(kind, 4, operand));
            out.push_back(get(4));
            for (const Datum& stored : values) {
                out.push_back(set(4, stored));
                out.push_back(mutate(kind, 4, operand));
                out.push_back(get(4));
            }
        }
    }
}

void add_list_edges(const KeyPool& pool, std::vector<Operation>& out) {
    for (std::size_t key = 0; key < pool.ordinary(); ++key) {
        out.push_back(set(key, {Kind::js, std::to_string(key), 0}));
    }
    for (const bool reverse : {false, true}) {
        for (const std::int64_t limit : {0, 1, 5, 1000}) {
            out.push_back(list({.limit = limit, .reverse = reverse}));
            out.push_back(list({.batch = limit, .reverse = reverse}));
        }
        out.push_back(list({.batch = 1001, .reverse = reverse}));
        out.push_back(list({.limit = 1001, .reverse = reverse}));
        for (const char* cursor : {"***", "AA==", "AmIA", "AmIB", "_w==", "AmI", "A"}) {
            out.push_back(list({.prefix = 0, .reverse = reverse, .cursor = cursor}));
            out.push_back(list({.start = 2, .end = 9, .reverse = reverse, .cursor = cursor}));
        }
        // A prefix with bounds that do and do not extend it.
        for (std::size_t key = 0; key < pool.ordinary(); ++key) {
            out.push_back(list({.prefix = 0, .start = key, .reverse = reverse}));
            out.push_back(list({.prefix = 0, .end = key, .reverse = reverse}));
            out.push_back(list({.start = key, .end = 9, .reverse = reverse}));
        }
        out.push_back(list({.prefix = 0, .start = 1, .end = 9, .reverse = reverse}));
    }
}

void add_queue_edges(const KeyPool& pool, std::vector<Operation>& out) {
    constexpr std::int64_t day_ms = 86'400'000;
    const Datum payload{Kind::js, "\"edge\"", 0};
    const Datum refused_by_us{Kind::js, std::string(only_in_deno), 0};
    for (const std::int64_t delay : {std::int64_t{-1}, 30 * day_ms, 30 * day_ms + 1}) {
        out.push_back(enqueue({.payload = payload, .delay_ms = delay}));
    }
    for (const std::size_t steps : {0U, 5U, 6U}) {
        out.push_back(enqueue({.payload = payload,
                               .delay_ms = day_ms,
                               .backoff_ms = std::vector<std::uint32_t>(steps, 10)}));
    }
    for (const std::uint32_t step : {3'600'000U, 3'600'001U}) {
        out.push_back(enqueue({.payload = payload,
                               .delay_ms = day_ms,
                               .backoff_ms = std::vector<std::uint32_t>{step}}));
    }
    for (const std::size_t key : {std::size_t{0}, pool.bytes_2048}) {
        out.push_back(enqueue({.payload = payload, .delay_ms = day_ms, .undelivered = {key}}));
    }
    for (const std::size_t key : {pool.empty, pool.bytes_2050}) {
        out.push_back(
            enqueue({.payload = refused_by_us, .delay_ms = day_ms, .undelivered = {key}}));
    }
    out.push_back(enqueue(
        {.payload = payload, .delay_ms = day_ms, .undelivered = std::vector<std::size_t>(10, 0)}));
    out.push_back(enqueue({.payload = refused_by_us,
                           .delay_ms = day_ms,
                           .undelivered = std::vector<std::size_t>(11, 0)}));
}

}  // namespace

std::vector<Operation> edge_operations(const KeyPool& pool) {
    std::vector<Operation> out;
    out.push_back({.kind = OperationKind::atomic});
    add_key_edges(pool, out);
    add_size_edges(out);
    add_key_total_edges(pool, out);
    add_number_edges(out);
    add_list_edges(pool, out);
    add_queue_edges(pool, out);
    return out;
}

}  // namespace turntable::test
