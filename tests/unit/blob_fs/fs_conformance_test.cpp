// fs: keeps every promise of the blob contract.
#include <gtest/gtest.h>

#include <memory>

#include "support/sanitized.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob/fs.hpp"
#include "turntable/conformance/blob/gtest.hpp"

namespace {

namespace blob = turntable::blob;
namespace conformance = turntable::blob::conformance;
using turntable::Runtime;

turntable::Result<blob::AnyBackend> open_at(const std::string& place,
                                            const std::shared_ptr<Runtime>& runtime) {
    auto backend =
        blob::open_fs({.root = place, .durability = blob::FsDurability::process}, runtime);
    if (!backend) {
        return std::move(backend).error();
    }
    if (auto connected = backend->connect(); !connected) {
        return std::move(connected).error();
    }
    return blob::AnyBackend(*std::move(backend));
}

conformance::Subject subject() {
    const auto folder = std::make_shared<turntable::test::TempFolder>();
    const auto count = std::make_shared<int>(0);
    return conformance::placed_subject(
        "fs:", [folder, count] { return folder->file(std::to_string(++*count)); }, open_at);
}

TURNTABLE_BLOB_CONFORMANCE_TEST(FsConformance, turntable::test::less_when_sanitized(subject));

}  // namespace
