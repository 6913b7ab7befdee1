#include "backends/sqlite/tape/row.hpp"

#include <algorithm>
#include <array>

#include "backends/sqlite/tape/sql.hpp"
#include "tape/glob.hpp"
#include "tape/search/values.hpp"
#include "turntable/tape/criteria.hpp"
#include "turntable/tape/metadata_json.hpp"

namespace turntable::inline v0::tape::sqlite {

namespace {

/// The columns that hold numbers, in the order of Sql::put_tape.
constexpr std::array number_columns = {
    Field::pinned,   Field::created,       Field::duration, Field::frames,
    Field::size,     Field::stored,        Field::dropped,  Field::redacted,
    Field::requests, Field::notifications, Field::errors,   Field::unanswered,
    Field::noise,    Field::p50,           Field::p95,      Field::slowest};

std::string small(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

void add_attributes(Values& values, const TapeMetadata& tape) {
    // What people say of an attribute hides what the head says.
    std::map<std::string, std::string> all = tape.labels.attributes;
    all.insert(tape.head_attributes.begin(), tape.head_attributes.end());
    for (const auto& [key, value] : all) {
        values.emplace_back("attr." + key, small(value));
    }
}

Result<std::optional<Row>> take_row(sql::Connection& connection, sql::Statement& found) {
    const int code = found.step();
    if (code == SQLITE_DONE) {
        return std::optional<Row>();
    }
    if (code != SQLITE_ROW) {
        return connection.error("looking for a tape");
    }
    Row row;
    row.json = found.bytes(1).to_string();
    if (found.type(2) != SQLITE_NULL) {
        row.labels = found.bytes(2).to_string();
    }
    row.seen = static_cast<std::uint64_t>(found.integer(3));
    return std::optional(std::move(row));
}

}  // namespace

Result<TapeMetadata> Row::metadata(const sql::Connection& connection) const {
    auto metadata = metadata_from_json(json);
    if (!metadata) {
        return Error(ErrorCode::corrupt, connection.path() +
                                             ": what it says of a tape cannot be read; rebuild it "
                                             "from the content")
            .with("id", id)
            .because(std::move(metadata).error());
    }
    return metadata;
}

Result<std::optional<Row>> find_row(sql::Connection& connection, std::string_view id) {
    TURNTABLE_TRY(sql::Statement * find, connection.statement(Sql::find));
    const sql::ResetLater reset(*find);
    find->bind_text(1, id);
    TURNTABLE_TRY(auto row, take_row(connection, *find));
    if (row) {
        row->id = id;
        row->n = find->integer(0);
    }
    return row;
}

Result<std::optional<Row>> find_row(sql::Connection& connection, std::int64_t n) {
    TURNTABLE_TRY(sql::Statement * find, connection.statement(Sql::row));
    const sql::ResetLater reset(*find);
    find->bind(1, n);
    TURNTABLE_TRY(auto row, take_row(connection, *find));
    if (row) {
        row->id = find->bytes(0).to_string();
        row->n = n;
    }
    return row;
}

Result<Row> get_row(sql::Connection& connection, std::string_view id) {
    TURNTABLE_TRY(auto row, find_row(connection, id));
    if (!row) {
        return Error(ErrorCode::not_found, "there is no tape of this id")
            .with("id", std::string(id));
    }
    return *std::move(row);
}

Values values_of(const TapeMetadata& tape) {
    Values values;
    for (const FieldInfo& info : query_fields()) {
        if (info.type != FieldType::text || info.of_call || info.field == Field::text ||
            info.field == Field::attribute) {
            continue;
        }
        const auto keep = [&](std::string_view text) {
            if (!text.empty() || info.several) {
                values.emplace_back(info.name, small(text));
            }
            return false;
        };
        (void)any_text(tape, Term{.field = info.field}, keep);
    }
    add_attributes(values, tape);
    const auto add_names = [&values](Field field, const std::vector<NameCount>& names) {
        for (const NameCount& name : names) {
            values.emplace_back(field_info(field).name, small(name.name));
        }
    };
    add_names(Field::method, tape.methods);
    add_names(Field::tool, tape.tools);
    add_names(Field::resource, tape.resources);
    add_names(Field::prompt, tape.prompts);
    add_names(Field::error, tape.error_codes);
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
    return values;
}

Result<Values> stored_values(sql::Connection& connection, std::int64_t n) {
    TURNTABLE_TRY(sql::Statement * rows, connection.statement(Sql::values_of));
    const sql::ResetLater reset(*rows);
    rows->bind(1, n);
    Values values;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW) {
        values.emplace_back(rows->bytes(0).to_string(), rows->bytes(1).to_string());
    }
    return code == SQLITE_DONE ? Result<Values>(std::move(values))
                               : connection.error("reading what is known of a tape");
}

Result<TapeMetadata> as_stored(const TapeMetadata& tape) {
    return metadata_from_json(to_json(tape));
}

Result<void> put_row(sql::Connection& connection, std::int64_t n, const TapeMetadata& tape,
                     std::uint64_t seen) {
    const std::string json = to_json(tape);
    const std::string labels = tape.labels == initial_labels(tape) ? "" : to_json(tape.labels);
    TURNTABLE_TRY(sql::Statement * about, connection.statement(Sql::put_about));
    const sql::ResetLater reset_about(*about);
    about->bind(1, n);
    about->bind_text(2, json);
    if (labels.empty()) {
        about->bind_null(3);
    } else {
        about->bind_text(3, labels);
    }
    if (about->step() != SQLITE_DONE) {
        return connection.error("writing what is known of a tape");
    }
    TURNTABLE_TRY(sql::Statement * put, connection.statement(Sql::put_tape));
    const sql::ResetLater reset(*put);
    put->bind(1, n);
    put->bind_text(2, tape.id);
    put->bind(3, static_cast<std::int64_t>(seen));
    put->bind_text(4, tape.name());
    put->bind(5, std::int64_t{tape.names_cut ? 1 : 0});
    put->bind(6, static_cast<std::int64_t>(tape.latency.calls));
    put->bind(7, std::int64_t{tape.latency.least.count()});
    int column = 8;
    for (const Field field : number_columns) {
        put->bind(column++, number_of(tape, field));
    }
    if (put->step() != SQLITE_DONE) {
        return connection.error("writing what is known of a tape");
    }
    TURNTABLE_CHECK(run_with(connection, Sql::values_remove, n));
    TURNTABLE_TRY(sql::Statement * insert, connection.statement(Sql::value_insert));
    for (const auto& [field, value] : values_of(tape)) {
        const sql::ResetLater reset_insert(*insert);
        insert->bind_text(1, field);
        insert->bind_text(2, value);
        insert->bind(3, n);
        if (insert->step() != SQLITE_DONE) {
            return connection.error("writing what is known of a tape");
        }
    }
    return {};
}

}  // namespace turntable::inline v0::tape::sqlite
