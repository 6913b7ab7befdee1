// What OrderedStore keeps in an engine that has no place of its own for it. All of these keys
// begin with FF; times are 8 bytes, big-endian, so that they order.
//
//   FF 'v'               the commit counter, 8 bytes, big-endian
//   FF 'q' time id       a waiting message
//   FF 'r' time id       a running message; its lease ends at `time`
//   FF 'i' id            the time under which the message runs
//   FF 'e' time key      nothing: the entry `key` expires at `time`, unless it was written since

#include <string>
#include <utility>

#include "kv/ordered/queue_row_codec.hpp"
#include "turntable/kv/detail/store_engine.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr char version_space = 'v';
constexpr char lease_space = 'i';
constexpr char expiry_space = 'e';

char space_of(QueueTable table) noexcept { return table == QueueTable::waiting ? 'q' : 'r'; }

std::string big_endian(std::uint64_t number) {
    std::string bytes;
    for (unsigned i = 0; i < 8; ++i) {
        bytes.push_back(static_cast<char>((number >> (56 - 8 * i)) & 0xFFU));
    }
    return bytes;
}

std::uint64_t read_big_endian(ByteView bytes) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) {
        number = number << 8U | bytes[i];
    }
    return number;
}

std::string space(char name) { return {'\xFF', name}; }

/// Times are not negative in rows that we make; the flip keeps the order should one be.
std::string time_bytes(std::int64_t time_ms) {
    return big_endian(static_cast<std::uint64_t>(time_ms) ^ std::uint64_t{1} << 63U);
}
std::int64_t time_of(ByteView key) noexcept {
    return static_cast<std::int64_t>(read_big_endian(key.substr(2, 8)) ^ std::uint64_t{1} << 63U);
}

std::string timed_key(char name, std::int64_t time_ms, ByteView rest) {
    std::string key = space(name) + time_bytes(time_ms);
    key.append(rest.data(), rest.size());
    return key;
}

/// The end of the keys of a space with a time up to `until_ms`.
std::string end_of_times(char name, std::int64_t until_ms) {
    return until_ms == INT64_MAX ? space(static_cast<char>(name + 1))
                                 : space(name) + time_bytes(until_ms + 1);
}

Record plain(Bytes data) { return {std::move(data), ValueEncoding::bytes, 0, never_expires}; }

Result<std::optional<std::int64_t>> first_time(StoreReader& reader, char name) {
    std::optional<std::int64_t> time;
    const auto visit = [&](ByteView key, const Record&) {
        time = time_of(key);
        return false;
    };
    TURNTABLE_CHECK(reader.scan(space(name), end_of_times(name, INT64_MAX), false, visit));
    return time;
}

}  // namespace

StoreReader::~StoreReader() = default;
StoreEngine::~StoreEngine() = default;

Result<std::uint64_t> StoreReader::last_version() {
    TURNTABLE_TRY(auto record, get(space(version_space)));
    return record ? read_big_endian(record->data) : 0;
}

Result<void> StoreTransaction::set_last_version(std::uint64_t version) {
    return put(space(version_space), plain(Bytes::take(big_endian(version))));
}

Result<std::optional<QueueRow>> StoreTransaction::queue_first(QueueTable table,
                                                              std::int64_t until_ms) {
    const char name = space_of(table);
    Result<std::optional<QueueRow>> found = std::optional<QueueRow>();
    const auto visit = [&](ByteView key, const Record& record) {
        found =
            decode_queue_row(time_of(key), key.substr(10), record.data).transform([](QueueRow row) {
                return std::optional(std::move(row));
            });
        return false;
    };
    TURNTABLE_CHECK(scan(space(name), end_of_times(name, until_ms), false, visit));
    return found;
}

Result<std::optional<QueueRow>> StoreTransaction::queue_find(std::string_view id) {
    TURNTABLE_TRY(auto lease, get(space(lease_space) + std::string(id)));
    if (!lease) {
        return std::optional<QueueRow>();
    }
    const auto time_ms = static_cast<std::int64_t>(read_big_endian(lease->data));
    TURNTABLE_TRY(auto record, get(timed_key(space_of(QueueTable::running), time_ms, id)));
    if (!record) {
        return std::optional<QueueRow>();
    }
    TURNTABLE_TRY(QueueRow row, decode_queue_row(time_ms, id, record->data));
    return std::optional(std::move(row));
}

Result<void> StoreTransaction::queue_insert(QueueTable table, const QueueRow& row) {
    if (table == QueueTable::running) {
        const auto time = static_cast<std::uint64_t>(row.time_ms);
        TURNTABLE_CHECK(put(space(lease_space) + row.id, plain(Bytes::take(big_endian(time)))));
    }
    return put(timed_key(space_of(table), row.time_ms, row.id), plain(encode_queue_row(row)));
}

Result<void> StoreTransaction::queue_remove(QueueTable table, const QueueRow& row) {
    if (table == QueueTable::running) {
        TURNTABLE_CHECK(remove(space(lease_space) + row.id));
    }
    return remove(timed_key(space_of(table), row.time_ms, row.id));
}

Result<std::optional<std::int64_t>> StoreTransaction::queue_next_time(QueueTable table) {
    return first_time(*this, space_of(table));
}

Result<void> StoreTransaction::put_entry(ByteView key, const Record& record) {
    if (record.expire_at_ms >= 0) {
        TURNTABLE_CHECK(put(timed_key(expiry_space, record.expire_at_ms, key), plain({})));
    }
    return put(key, record);
}

Result<std::optional<std::int64_t>> StoreTransaction::next_expiry() {
    return first_time(*this, expiry_space);
}

Result<bool> StoreTransaction::remove_expired(std::int64_t until_ms, std::size_t max,
                                              std::vector<std::string>& keys) {
    std::vector<std::string> marks;
    const auto visit = [&](ByteView key, const Record&) {
        marks.push_back(key.to_string());
        return marks.size() < max;
    };
    TURNTABLE_CHECK(scan(space(expiry_space), end_of_times(expiry_space, until_ms), false, visit));
    for (const std::string& mark : marks) {
        TURNTABLE_CHECK(remove(mark));
        const std::string key = mark.substr(10);
        TURNTABLE_TRY(auto record, get(key));
        if (record && record->expire_at_ms == time_of(mark)) {
            TURNTABLE_CHECK(remove(key));
            keys.push_back(key);
        }
    }
    return marks.size() >= max;
}

}  // namespace turntable::inline v0::kv::detail
