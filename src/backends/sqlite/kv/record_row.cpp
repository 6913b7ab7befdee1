#include "backends/sqlite/kv/record_row.hpp"

#include "backends/sqlite/file/sqlite_error.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::sqlite {

bool read_record(const Statement& row, Record& record) noexcept {
    if (row.type(0) != SQLITE_BLOB) {
        return false;
    }
    const ByteView data = row.bytes(0);
    const std::int64_t encoding = row.integer(1);
    if (encoding < 1 || encoding > 3 || (encoding == 2 && data.size() != 8)) {
        return false;
    }
    record.data = Bytes::unowned(data);
    record.encoding = static_cast<ValueEncoding>(encoding);
    record.version = static_cast<std::uint64_t>(row.integer(2));
    record.expire_at_ms = row.integer(3);
    return true;
}

Error row_error(const Connection& connection, const Statement& row, ByteView key) {
    std::string what = "holds a value under the key " + print_key(key) + " that ";
    if (row.type(0) != SQLITE_BLOB) {
        what += "is not a blob";
    } else if (row.integer(1) == 2) {
        what += "is a counter of " + std::to_string(row.bytes(0).size()) + " bytes instead of 8";
    } else {
        what += "has the unknown encoding " + std::to_string(row.integer(1));
    }
    return sql::corrupt_error(connection.path(), what).with("key", print_key(key));
}

Result<std::optional<Record>> get_record(Connection& connection, ByteView key) {
    TURNTABLE_TRY(Statement * row, connection.statement(Sql::get));
    const ResetLater reset(*row);
    row->bind(1, key);
    const int code = row->step();
    if (code == SQLITE_DONE) {
        return std::optional<Record>();
    }
    if (code != SQLITE_ROW) {
        return connection.error("get");
    }
    Result<std::optional<Record>> out{std::optional<Record>(Record())};
    Record& record = **out;
    if (!read_record(*row, record)) {
        return row_error(connection, *row, key);
    }
    record.data = Bytes::copy(record.data);
    return out;
}

Result<void> scan_records(Connection& connection, ByteView start, ByteView end, bool reverse,
                          RecordVisitor visit) {
    TURNTABLE_TRY(Statement * row, connection.statement(reverse ? Sql::scan_reverse : Sql::scan));
    const ResetLater reset(*row);
    row->bind(1, start);
    row->bind(2, end);
    Record record;
    int code = SQLITE_DONE;
    while ((code = row->step()) == SQLITE_ROW) {
        const ByteView key = row->bytes(4);
        if (!read_record(*row, record)) [[unlikely]] {
            return row_error(connection, *row, key);
        }
        if (!visit(key, record)) {
            return {};
        }
    }
    if (code != SQLITE_DONE) {
        return connection.error("scan");
    }
    return {};
}

}  // namespace turntable::inline v0::kv::sqlite
