#pragma once

#include <optional>
#include <string_view>

#include "backends/sqlite/kv/sql.hpp"
#include "turntable/kv/ordered_engine.hpp"

namespace turntable::inline v0::kv::sqlite {

/// Rows of Deno's tables queue and queue_running, inside the caller's transaction. A row that is
/// not of their form is `corrupt`, naming its id.
Result<std::optional<QueueRow>> queue_first(Connection& connection, QueueTable table,
                                            std::int64_t until_ms);
Result<std::optional<QueueRow>> queue_find(Connection& connection, std::string_view id);
Result<void> queue_insert(Connection& connection, QueueTable table, const QueueRow& row);
Result<void> queue_remove(Connection& connection, QueueTable table, const QueueRow& row);
Result<std::optional<std::int64_t>> queue_next_time(Connection& connection, QueueTable table);

}  // namespace turntable::inline v0::kv::sqlite
