#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/read_file.hpp"
#include "support/temp_folder.hpp"
#include "turntable/blob.hpp"
#include "turntable/blob/fs.hpp"

/// \file
/// A store in a folder of its own, and a look at its files past the library.
namespace turntable::test {

using blob::ByteRange;
using blob::EntryKind;
using blob::Metadata;
using blob::Store;
using Names = std::vector<std::string>;

inline Result<Store> open_files(const std::string& root,
                                blob::FsDurability durability = blob::FsDurability::process,
                                std::shared_ptr<Runtime> runtime = nullptr) {
    Result<blob::FsBackend> backend =
        blob::open_fs({.root = root, .durability = durability}, runtime);
    if (!backend) {
        return std::move(backend).error();
    }
    return Store(*std::move(backend), runtime ? runtime : Runtime::shared(), "fs:" + root);
}

template <class T>
ErrorCode code(const Result<T>& result) {
    return result ? ErrorCode::backend : result.error().code();
}

inline Names names(blob::List list) {
    Names out;
    for (auto& entry : list) {
        out.push_back(entry ? entry->path : entry.error().to_string());
    }
    return out;
}

class FsTest : public testing::Test {
  protected:
    std::string root() const { return folder_.file("root"); }
    std::string at(const std::string& path) const { return root() + "/" + path; }
    Store open() const { return *open_files(root()); }

    static std::string content(const std::string& file) { return read_file(file); }
    void put(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
        std::ofstream(at(path), std::ios::binary) << text;
    }
    /// What lies in the staging folder.
    Names staged() const {
        Names out;
        std::error_code none;
        for (const auto& file : std::filesystem::directory_iterator(
                 at(std::string(blob::fs_private_folder) + "/staging"), none)) {
            out.push_back(file.path().filename().string());
        }
        return out;
    }

    TempFolder folder_;
};

}  // namespace turntable::test
