// Names of blobs: what becomes of them has one form, and never leads out of a store.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "support/temp_folder.hpp"
#include "turntable/blob.hpp"
#include "turntable/blob/fs.hpp"

namespace blob = turntable::blob;
using turntable::ErrorCode;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// Each segment of a path, the last one empty for a directory.
template <class Visit>
void for_each_segment(std::string_view path, const Visit& visit) {
    while (true) {
        const std::size_t slash = path.find('/');
        visit(path.substr(0, slash), slash == std::string_view::npos);
        if (slash == std::string_view::npos) {
            return;
        }
        path.remove_prefix(slash + 1);
    }
}

void check_form(const std::string& path) {
    require(blob::normalize_path(path).value() == path);
    require(path.find('\0') == std::string::npos);
    require(path.size() <= blob::Limits().path_bytes_max);
    for_each_segment(path, [](std::string_view segment, bool last) {
        require(segment != "." && segment != "..");
        require(last || !segment.empty());
        require(segment.size() <= blob::Limits().segment_bytes_max);
    });
    require(std::string(blob::parent_path(path)) + std::string(blob::base_name(path)) +
                (!path.empty() && blob::is_directory_path(path) ? "/" : "") ==
            path);
}

/// A folder with a store in it, and nothing else.
struct Place {
    turntable::test::TempFolder folder;
    blob::Store store{
        blob::open_fs({.root = folder.file("store"), .durability = blob::FsDurability::process})
            .value(),
        turntable::Runtime::shared(), "fs:"};
};

void check_place(const std::string& input) {
    static const Place place;
    const auto written = place.store.write(input, "x");
    if (written) {
        require(place.store.read(input)->view() == "x");
        (void)place.store.remove(input);
    }
    for (const auto& entry : std::filesystem::directory_iterator(place.folder.path())) {
        require(entry.path().filename() == "store");
    }
    (void)place.store.remove_all("");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    if (const auto path = blob::normalize_path(input)) {
        check_form(*path);
    } else {
        require(path.error().code() == ErrorCode::invalid_argument ||
                path.error().code() == ErrorCode::limit_exceeded);
    }
    check_place(input);
    return 0;
}
