#pragma once

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/result.hpp"

/// \file
/// The field numbers of com.deno.kv.datapath, and how a message is read.
namespace turntable::inline v0::kv::connect {

using Tag = protozero::pbf_tag_type;

namespace field {
inline constexpr Tag read_ranges = 1;

inline constexpr Tag range_start = 1;
inline constexpr Tag range_end = 2;
inline constexpr Tag range_limit = 3;
inline constexpr Tag range_reverse = 4;

inline constexpr Tag read_output_ranges = 1;
inline constexpr Tag read_output_disabled = 2;
inline constexpr Tag read_output_strong = 4;
inline constexpr Tag read_output_status = 8;

inline constexpr Tag range_output_values = 1;

inline constexpr Tag entry_key = 1;
inline constexpr Tag entry_value = 2;
inline constexpr Tag entry_encoding = 3;
inline constexpr Tag entry_versionstamp = 4;

inline constexpr Tag write_checks = 1;
inline constexpr Tag write_mutations = 2;
inline constexpr Tag write_enqueues = 3;

inline constexpr Tag check_key = 1;
inline constexpr Tag check_versionstamp = 2;

inline constexpr Tag mutation_key = 1;
inline constexpr Tag mutation_value = 2;
inline constexpr Tag mutation_type = 3;
inline constexpr Tag mutation_expire_at_ms = 4;
inline constexpr Tag mutation_sum_min = 5;
inline constexpr Tag mutation_sum_max = 6;
inline constexpr Tag mutation_sum_clamp = 7;

inline constexpr Tag value_data = 1;
inline constexpr Tag value_encoding = 2;

inline constexpr Tag enqueue_payload = 1;
inline constexpr Tag enqueue_deadline_ms = 2;
inline constexpr Tag enqueue_keys_if_undelivered = 3;
inline constexpr Tag enqueue_backoff = 4;
/// Ours: without a schedule, the first failure is final. Other servers pass over it.
inline constexpr Tag enqueue_once = 1000;

inline constexpr Tag write_output_status = 1;
inline constexpr Tag write_output_versionstamp = 2;
inline constexpr Tag write_output_failed_checks = 4;

inline constexpr Tag watch_keys = 1;
inline constexpr Tag watch_key = 1;

inline constexpr Tag watch_output_status = 1;
inline constexpr Tag watch_output_keys = 2;
inline constexpr Tag watch_key_changed = 1;
inline constexpr Tag watch_key_entry = 2;
}  // namespace field

inline ByteView view_of(const protozero::data_view& data) noexcept {
    return {data.data(), data.size()};
}
inline ByteView bytes_of(protozero::pbf_reader& message) { return view_of(message.get_view()); }

/// Whether the field at which a reader stands has this number and this form on the wire. A field of
/// another form is passed over like one that nobody knows.
inline bool is(const protozero::pbf_reader& message, Tag number, protozero::pbf_wire_type form) {
    return message.tag() == number && message.wire_type() == form;
}
inline bool is_bytes(const protozero::pbf_reader& message, Tag number) {
    return is(message, number, protozero::pbf_wire_type::length_delimited);
}
inline bool is_number(const protozero::pbf_reader& message, Tag number) {
    return is(message, number, protozero::pbf_wire_type::varint);
}

/// Appends a message inside the message that stands in `out`, also one without any field, which the
/// writer alone would leave out.
template <class Fill>
void add_inner(std::string& out, protozero::pbf_writer& message, Tag number, const Fill& fill) {
    const std::size_t before = out.size();
    {
        protozero::pbf_writer inner(message, number);
        fill(inner);
    }
    if (out.size() == before) {
        message.add_message(number, "", 0);
    }
}

/// What `decode` reads from a message, or an error of `code` for bytes that are no protobuf.
template <class T, class Decode>
Result<T> decode_message(ByteView bytes, ErrorCode code, std::string_view name,
                         const Decode& decode) {
    try {
        return decode(protozero::pbf_reader(bytes.data(), bytes.size()));
    } catch (const protozero::exception& error) {
        return Error(code, "this is no " + std::string(name) + " message: " + error.what());
    }
}

}  // namespace turntable::inline v0::kv::connect
