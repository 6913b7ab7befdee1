// Blobs over databases keep every promise of the blob contract.
#include <gtest/gtest.h>

#include <memory>

#include "support/engines.hpp"
#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/conformance/blob/gtest.hpp"

namespace {

namespace blob = turntable::blob;
namespace conformance = turntable::blob::conformance;
using turntable::Runtime;

/// Small chunks, so that most blobs have several.
conformance::Subject over(const std::string& engine) {
    const auto folder = std::make_shared<turntable::test::TempFolder>();
    const auto count = std::make_shared<int>(0);
    return conformance::placed_subject(
        "kv+" + engine,
        [folder, count, engine] {
            return turntable::test::quick_url(engine, folder->path().string(),
                                              std::to_string(++*count));
        },
        [](const std::string& place,
           const std::shared_ptr<Runtime>& runtime) -> turntable::Result<blob::AnyBackend> {
            auto database = turntable::test::open_engine(place, {.runtime = runtime});
            if (!database) {
                return std::move(database).error();
            }
            return blob::AnyBackend(
                blob::KvBackend::owning(*std::move(database), {.chunk = {1024}}));
        });
}

conformance::Subject over_memory() { return over("memory"); }
conformance::Subject over_sqlite() { return over("sqlite"); }

TURNTABLE_BLOB_CONFORMANCE_TEST(BlobsInMemory, turntable::test::less_when_sanitized(over_memory));
TURNTABLE_BLOB_CONFORMANCE_TEST(BlobsInSqlite, turntable::test::less_when_sanitized(over_sqlite));

}  // namespace
