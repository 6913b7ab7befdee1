// Blobs in SQLite files keep every promise of the blob contract.
#include <gtest/gtest.h>

#include <memory>

#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/conformance/blob/gtest.hpp"

namespace {

namespace blob = turntable::blob;
namespace conformance = turntable::blob::conformance;
using turntable::Runtime;

/// Small chunks, so that most blobs have several.
turntable::Result<blob::AnyBackend> open_at(const std::string& place,
                                            const std::shared_ptr<Runtime>& runtime) {
    TURNTABLE_TRY(
        blob::SqliteBackend backend,
        blob::open_sqlite(
            {.path = place, .durability = blob::SqliteDurability::off, .chunk = {1024}}, runtime));
    TURNTABLE_CHECK(backend.connect());
    return blob::AnyBackend(std::move(backend));
}

conformance::Subject in_a_file() {
    const auto folder = std::make_shared<turntable::test::TempFolder>();
    const auto count = std::make_shared<int>(0);
    return conformance::placed_subject(
        "sqlite:", [folder, count] { return folder->file(std::to_string(++*count)); }, open_at);
}

TURNTABLE_BLOB_CONFORMANCE_TEST(BlobsInSqliteFile, turntable::test::less_when_sanitized(in_a_file));

}  // namespace
