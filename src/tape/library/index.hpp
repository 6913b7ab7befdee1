#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/kv/collection.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// What a stock provider knows without reading contents, in a collection of records.
namespace turntable::inline v0::tape {

struct IndexRow {
    std::string id;
    std::string json;
};
constexpr auto describe(kv::Type<IndexRow>) {
    return kv::record<IndexRow>("turntable_tapes", kv::field("id", &IndexRow::id),
                                kv::field("json", &IndexRow::json), kv::primary_key(&IndexRow::id));
}

class Index {
  public:
    explicit Index(kv::Database database) : database_(std::move(database)) {}

    Result<std::optional<TapeMetadata>> get(std::string_view id, const CallOptions& call);
    Result<void> put(const TapeMetadata& metadata, const CallOptions& call);
    Result<void> remove(std::string_view id, const CallOptions& call);
    Result<std::vector<TapeMetadata>> all(const CallOptions& call);

    const kv::Database& database() const noexcept { return database_; }

  private:
    /// Opened with the first call, from whichever thread.
    Result<kv::Collection<IndexRow>> rows(const CallOptions& call);

    kv::Database database_;
    std::mutex mutex_;
    std::optional<kv::Collection<IndexRow>> rows_;
};

}  // namespace turntable::inline v0::tape
