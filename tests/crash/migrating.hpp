#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "turntable/kv/collection.hpp"
#include "turntable/kv/collection/change.hpp"
#include "turntable/kv/migration.hpp"

/// \file
/// What collection_writer migrates, and how the test sees that it happened once.
namespace turntable::test {

struct Note {
    std::int64_t id = 0;
    std::string text;
};
constexpr auto describe(kv::Type<Note> /*type*/) {
    return kv::record<Note>("notes", kv::field("id", &Note::id), kv::field("text", &Note::text),
                            kv::primary_key(&Note::id));
}

inline constexpr std::uint64_t counting_migrations = 10;
inline constexpr std::int64_t notes = 2000;

/// Each adds 1 to a counter of its own; the last builds an index in many batches, and tells of
/// each.
inline std::vector<kv::Migration> test_migrations(const std::function<void()>& before_batch = [] {
}) {
    std::vector<kv::Migration> out;
    for (std::uint64_t version = 1; version <= counting_migrations; ++version) {
        out.push_back({version, "count", "v1",
                       kv::in_one_write([version](kv::MigrationStep& step) -> Result<void> {
                           step.sum({"applied", version}, 1);
                           return {};
                       })});
    }
    out.push_back(
        {counting_migrations + 1, "index", "",
         kv::in_batches([before_batch, build = kv::add_index("notes", {"by_text", {"text"}})](
                            kv::MigrationStep& step) -> Result<kv::Batch> {
             before_batch();
             return build.run(step);
         })});
    return out;
}

}  // namespace turntable::test
