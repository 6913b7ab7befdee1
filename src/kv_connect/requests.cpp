#include <algorithm>

#include "kv_connect/fields.hpp"
#include "kv_connect/messages.hpp"
#include "turntable/kv/entry.hpp"

namespace turntable::inline v0::kv::connect {

namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

Error refused(std::string what, std::string_view list, std::size_t index) {
    return Error(ErrorCode::invalid_argument, std::move(what))
        .with("field", std::string(list) + "[" + std::to_string(index) + "]");
}

Result<ReadRange> decode_range(pbf_reader message, std::size_t index) {
    ReadRange range;
    std::int32_t limit = 0;
    while (message.next()) {
        if (is_bytes(message, field::range_start)) {
            range.start = bytes_of(message);
        } else if (is_bytes(message, field::range_end)) {
            range.end = bytes_of(message);
        } else if (is_number(message, field::range_limit)) {
            limit = message.get_int32();
        } else if (is_number(message, field::range_reverse)) {
            range.reverse = message.get_bool();
        } else {
            message.skip();
        }
    }
    if (limit < 1) {
        return refused("the limit of a range must be at least 1, not " + std::to_string(limit),
                       "ranges", index);
    }
    range.limit = static_cast<std::uint32_t>(limit);
    return range;
}

Result<Check> decode_check(pbf_reader message, std::size_t index) {
    Check check;
    ByteView stamp;
    while (message.next()) {
        if (is_bytes(message, field::check_key)) {
            check.key = bytes_of(message);
        } else if (is_bytes(message, field::check_versionstamp)) {
            stamp = bytes_of(message);
        } else {
            message.skip();
        }
    }
    if (!stamp.empty()) {
        auto right = Versionstamp::from_bytes(stamp);
        if (!right) {
            return refused("a versionstamp has 10 bytes, or none for an absent key, not " +
                               std::to_string(stamp.size()),
                           "checks", index);
        }
        check.versionstamp = *right;
    }
    return check;
}

/// What a mutation says beside its fields of the contract.
struct MutationFields {
    std::int32_t kind = 0;
    std::int32_t encoding = 0;
    bool has_value = false;
};

void decode_value(pbf_reader message, Mutation& mutation, MutationFields& fields) {
    fields.has_value = true;
    while (message.next()) {
        if (is_bytes(message, field::value_data)) {
            mutation.data = bytes_of(message);
        } else if (is_number(message, field::value_encoding)) {
            fields.encoding = message.get_enum();
        } else {
            message.skip();
        }
    }
}

bool is_kind(std::int32_t number) {
    return (number >= static_cast<std::int32_t>(MutationKind::set) &&
            number <= static_cast<std::int32_t>(MutationKind::min)) ||
           number == static_cast<std::int32_t>(MutationKind::set_suffix_versionstamped_key);
}

Result<void> complete(Mutation& mutation, const MutationFields& fields, std::size_t index) {
    if (!is_kind(fields.kind)) {
        return refused("there is no mutation of type " + std::to_string(fields.kind), "mutations",
                       index);
    }
    mutation.kind = static_cast<MutationKind>(fields.kind);
    if (mutation.kind == MutationKind::remove) {
        mutation.data = {};
        mutation.encoding = ValueEncoding::bytes;
    } else if (!fields.has_value) {
        return refused("this mutation needs a value", "mutations", index);
    } else {
        auto encoding = value_encoding_from(fields.encoding);
        if (!encoding) {
            return refused(encoding.error().message(), "mutations", index);
        }
        mutation.encoding = *encoding;
    }
    if (mutation.expire_at_ms < never_expires) {
        return refused("the expiry " + std::to_string(mutation.expire_at_ms) + " is before 1970",
                       "mutations", index);
    }
    if (mutation.expire_at_ms == 0) {
        mutation.expire_at_ms = never_expires;
    }
    return {};
}

Result<Mutation> decode_mutation(pbf_reader message, std::size_t index) {
    Mutation mutation;
    mutation.expire_at_ms = 0;
    MutationFields fields;
    while (message.next()) {
        if (is_bytes(message, field::mutation_key)) {
            mutation.key = bytes_of(message);
        } else if (is_bytes(message, field::mutation_value)) {
            decode_value(message.get_message(), mutation, fields);
        } else if (is_number(message, field::mutation_type)) {
            fields.kind = message.get_enum();
        } else if (is_number(message, field::mutation_expire_at_ms)) {
            mutation.expire_at_ms = message.get_int64();
        } else if (is_bytes(message, field::mutation_sum_min)) {
            mutation.sum_min = bytes_of(message);
        } else if (is_bytes(message, field::mutation_sum_max)) {
            mutation.sum_max = bytes_of(message);
        } else if (is_number(message, field::mutation_sum_clamp)) {
            mutation.sum_clamp = message.get_bool();
        } else {
            message.skip();
        }
    }
    TURNTABLE_CHECK(complete(mutation, fields, index));
    return mutation;
}

/// Repeated numbers may come packed or one by one.
void decode_numbers(pbf_reader& message, std::vector<std::uint32_t>& numbers) {
    if (message.wire_type() == protozero::pbf_wire_type::varint) {
        numbers.push_back(message.get_uint32());
        return;
    }
    for (const std::uint32_t number : message.get_packed_uint32()) {
        numbers.push_back(number);
    }
}

bool is_numbers(const pbf_reader& message, Tag number) {
    return is_number(message, number) || is_bytes(message, number);
}

void decode_enqueue(pbf_reader message, WriteRequest& request) {
    Enqueue enqueue;
    std::vector<ByteView> keys;
    std::vector<std::uint32_t> backoff;
    bool once = false;
    while (message.next()) {
        if (is_bytes(message, field::enqueue_payload)) {
            enqueue.payload = bytes_of(message);
        } else if (is_number(message, field::enqueue_deadline_ms)) {
            enqueue.deadline_ms = message.get_int64();
        } else if (is_bytes(message, field::enqueue_keys_if_undelivered)) {
            keys.push_back(bytes_of(message));
        } else if (is_numbers(message, field::enqueue_backoff)) {
            decode_numbers(message, backoff);
        } else if (is_number(message, field::enqueue_once)) {
            once = message.get_bool();
        } else {
            message.skip();
        }
    }
    if (!keys.empty()) {
        enqueue.keys_if_undelivered = request.keys_if_undelivered.emplace_back(std::move(keys));
    }
    if (!backoff.empty() || once) {
        enqueue.backoff_ms = request.backoff_ms.emplace_back(std::move(backoff));
    }
    request.enqueues.push_back(enqueue);
}

Result<WriteRequest> decode_write_fields(pbf_reader message) {
    WriteRequest request;
    while (message.next()) {
        if (is_bytes(message, field::write_checks)) {
            TURNTABLE_TRY(const Check check,
                          decode_check(message.get_message(), request.checks.size()));
            request.checks.push_back(check);
        } else if (is_bytes(message, field::write_mutations)) {
            TURNTABLE_TRY(const Mutation mutation,
                          decode_mutation(message.get_message(), request.mutations.size()));
            request.mutations.push_back(mutation);
        } else if (is_bytes(message, field::write_enqueues)) {
            decode_enqueue(message.get_message(), request);
        } else {
            message.skip();
        }
    }
    return request;
}

void put_bytes(pbf_writer& message, Tag number, ByteView bytes) {
    if (!bytes.empty()) {
        message.add_bytes(number, bytes.data(), bytes.size());
    }
}

/// Refuses what the protocol has no words for.
Result<void> check_words(const AtomicWrite& write) {
    for (const Mutation& mutation : write.mutations) {
        if (mutation.kind == MutationKind::set_expiry) {
            return Error(ErrorCode::unsupported, "the protocol cannot change an expiry alone");
        }
    }
    return {};
}

void encode_mutation(pbf_writer& message, const Mutation& mutation) {
    put_bytes(message, field::mutation_key, mutation.key);
    if (mutation.kind != MutationKind::remove) {
        pbf_writer value(message, field::mutation_value);
        put_bytes(value, field::value_data, mutation.data);
        value.add_enum(field::value_encoding, static_cast<std::int32_t>(mutation.encoding));
    }
    message.add_enum(field::mutation_type, static_cast<std::int32_t>(mutation.kind));
    if (mutation.expire_at_ms != never_expires) {
        // Zero means never here; what expired with 1970 has expired a millisecond later too.
        message.add_int64(field::mutation_expire_at_ms,
                          std::max<std::int64_t>(mutation.expire_at_ms, 1));
    }
    put_bytes(message, field::mutation_sum_min, mutation.sum_min);
    put_bytes(message, field::mutation_sum_max, mutation.sum_max);
    if (mutation.sum_clamp) {
        message.add_bool(field::mutation_sum_clamp, true);
    }
}

void encode_enqueue(pbf_writer& message, const Enqueue& enqueue) {
    put_bytes(message, field::enqueue_payload, enqueue.payload);
    if (enqueue.deadline_ms != 0) {
        message.add_int64(field::enqueue_deadline_ms, enqueue.deadline_ms);
    }
    for (const ByteView key : enqueue.keys_if_undelivered) {
        message.add_bytes(field::enqueue_keys_if_undelivered, key.data(), key.size());
    }
    if (enqueue.backoff_ms) {
        message.add_packed_uint32(field::enqueue_backoff, enqueue.backoff_ms->begin(),
                                  enqueue.backoff_ms->end());
        if (enqueue.backoff_ms->empty()) {
            message.add_bool(field::enqueue_once, true);
        }
    }
}

}  // namespace

std::string encode_read(std::span<const ReadRange> ranges) {
    std::string out;
    pbf_writer message(out);
    for (const ReadRange& range : ranges) {
        add_inner(out, message, field::read_ranges, [&](pbf_writer& one) {
            put_bytes(one, field::range_start, range.start);
            put_bytes(one, field::range_end, range.end);
            one.add_int32(field::range_limit, static_cast<std::int32_t>(
                                                  std::min<std::uint32_t>(range.limit, INT32_MAX)));
            if (range.reverse) {
                one.add_bool(field::range_reverse, true);
            }
        });
    }
    return out;
}

Result<std::vector<ReadRange>> decode_read(ByteView message) {
    using Ranges = std::vector<ReadRange>;
    const auto decode = [](pbf_reader fields) -> Result<Ranges> {
        Ranges ranges;
        while (fields.next()) {
            if (is_bytes(fields, field::read_ranges)) {
                TURNTABLE_TRY(const ReadRange range,
                              decode_range(fields.get_message(), ranges.size()));
                ranges.push_back(range);
            } else {
                fields.skip();
            }
        }
        return ranges;
    };
    return decode_message<Ranges>(message, ErrorCode::invalid_argument, "SnapshotRead", decode);
}

Result<std::string> encode_write(const AtomicWrite& write) {
    TURNTABLE_CHECK(check_words(write));
    std::string out;
    pbf_writer message(out);
    for (const Check& check : write.checks) {
        add_inner(out, message, field::write_checks, [&](pbf_writer& one) {
            put_bytes(one, field::check_key, check.key);
            if (check.versionstamp) {
                put_bytes(one, field::check_versionstamp, check.versionstamp->view());
            }
        });
    }
    for (const Mutation& mutation : write.mutations) {
        add_inner(out, message, field::write_mutations,
                  [&](pbf_writer& one) { encode_mutation(one, mutation); });
    }
    for (const Enqueue& enqueue : write.enqueues) {
        add_inner(out, message, field::write_enqueues,
                  [&](pbf_writer& one) { encode_enqueue(one, enqueue); });
    }
    return out;
}

bool needs_our_server(const AtomicWrite& write) noexcept {
    return std::ranges::any_of(write.enqueues, [](const Enqueue& enqueue) {
        return enqueue.backoff_ms && enqueue.backoff_ms->empty();
    });
}

Result<WriteRequest> decode_write(ByteView message) {
    return decode_message<WriteRequest>(message, ErrorCode::invalid_argument, "AtomicWrite",
                                        decode_write_fields);
}

Result<std::string> encode_watch(std::span<const WatchTarget> targets) {
    std::string out;
    pbf_writer message(out);
    for (const WatchTarget& target : targets) {
        if (target.range_end) {
            return Error(ErrorCode::unsupported, "the protocol watches keys, not ranges");
        }
        add_inner(out, message, field::watch_keys,
                  [&](pbf_writer& one) { put_bytes(one, field::watch_key, target.key); });
    }
    return out;
}

Result<std::vector<WatchTarget>> decode_watch(ByteView message) {
    using Targets = std::vector<WatchTarget>;
    const auto decode = [](pbf_reader fields) -> Result<Targets> {
        Targets targets;
        while (fields.next()) {
            if (!is_bytes(fields, field::watch_keys)) {
                fields.skip();
                continue;
            }
            WatchTarget& target = targets.emplace_back();
            for (pbf_reader key = fields.get_message(); key.next();) {
                if (is_bytes(key, field::watch_key)) {
                    target.key = bytes_of(key);
                } else {
                    key.skip();
                }
            }
        }
        return targets;
    };
    return decode_message<Targets>(message, ErrorCode::invalid_argument, "Watch", decode);
}

}  // namespace turntable::inline v0::kv::connect
