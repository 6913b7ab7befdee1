// Folders that are not ours, not whole or not for us: a clear error, and the data as it was.

#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "backends/lmdb/format.hpp"
#include "turntable/core/crc32c.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

/// A way to make a folder that must not be opened.
struct BadFolder {
    const char* name;
    std::function<void(const std::string& path)> make;
    ErrorCode code;
    const char* says;
};

void PrintTo(const BadFolder& bad, std::ostream* out) { *out << bad.name; }

/// A small database whose file ends where its pages do.
void make_good(const std::string& path) {
    {
        auto engine = make_engine(path);
        for (int i = 0; i < 300; ++i) {
            ASSERT_TRUE(put(*engine, "key" + std::to_string(i), record(std::string(100, 'v'))));
        }
    }
    const auto facts = kv::lmdb::check_file(path);
    ASSERT_TRUE(facts) << facts.error().to_string();
    std::filesystem::resize_file(path + "/data.mdb", (facts->last_page + 1) * facts->page_bytes);
}

auto overwritten(std::size_t at, const std::string& with) {
    return [at, with](const std::string& path) {
        make_good(path);
        std::string bytes = read_file(path + "/data.mdb");
        bytes.replace(at, with.size(), with);
        write_file(path + "/data.mdb", bytes);
    };
}

auto cut_to(double part) {
    return [part](const std::string& path) {
        make_good(path);
        const auto size = static_cast<double>(std::filesystem::file_size(path + "/data.mdb"));
        std::filesystem::resize_file(path + "/data.mdb", static_cast<std::uintmax_t>(size * part));
    };
}

auto filled_with(const std::string& bytes) {
    return [bytes](const std::string& path) {
        std::filesystem::create_directory(path);
        write_file(path + "/data.mdb", bytes);
    };
}

auto with_record(const std::string& key, const std::string& value) {
    return [key, value](const std::string& path) {
        std::filesystem::create_directory(path);
        raw_put(path, key, value);
    };
}

/// A header of ours with another version.
std::string newer_header() {
    std::string header = kv::lmdb::encode_header();
    header[16] = 2;
    // The checksum is over the key and what follows it.
    const std::uint32_t crc =
        turntable::crc32c(turntable::crc32c(0, kv::lmdb::header_key), ByteView(header).substr(4));
    std::memcpy(header.data(), &crc, sizeof(crc));
    return header;
}

const std::string header_key(kv::lmdb::header_key);

const BadFolder bad_folders[] = {
    {"text", filled_with("Dear diary, " + std::string(9000, '.')), ErrorCode::corrupt,
     "no LMDB database"},
    {"few_bytes", filled_with("LMDB"), ErrorCode::corrupt, "no LMDB database"},
    {"zeros", filled_with(std::string(8192, '\0')), ErrorCode::corrupt, "no LMDB database"},
    {"magic_overwritten", overwritten(16, "garb"), ErrorCode::corrupt, "overwritten"},
    {"another_lmdb", overwritten(20, std::string("\x02\0\0\0", 4)), ErrorCode::unsupported,
     "another version of LMDB"},
    {"page_size_overwritten", overwritten(40, "\x12\x34"), ErrorCode::corrupt, "first meta page"},
    {"depth_overwritten", overwritten(94, "\xee"), ErrorCode::corrupt, "first meta page"},
    {"root_overwritten", overwritten(128, std::string(8, '\x77')), ErrorCode::corrupt,
     "first meta page"},
    {"flags_overwritten", overwritten(4096 + 92, "\x04"), ErrorCode::corrupt, "second meta page"},
    {"second_meta_page_gone", overwritten(4096, std::string(4096, '\0')), ErrorCode::corrupt,
     "second meta page"},
    {"commit_number_overwritten", overwritten(144, "\x55\x44"), ErrorCode::corrupt,
     "do not belong together"},
    {"cut_in_half", cut_to(0.5), ErrorCode::corrupt, "cut short"},
    {"cut_by_a_byte", cut_to(0.99999), ErrorCode::corrupt, "cut short"},
    {"cut_to_one_page", cut_to(0.01), ErrorCode::corrupt, "cut short"},
    {"of_another_program", with_record("song", "title"), ErrorCode::invalid_config,
     "another program"},
    {"with_a_damaged_header", with_record(header_key, "turntable"), ErrorCode::corrupt,
     "damaged header"},
    {"newer", with_record(header_key, newer_header()), ErrorCode::unsupported,
     "use a newer version"},
    {"with_other_files",
     [](const std::string& path) {
         std::filesystem::create_directory(path);
         write_file(path + "/letter.txt", "x");
     },
     ErrorCode::invalid_config, "letter.txt"},
    {"a_file", [](const std::string& path) { write_file(path, "x"); }, ErrorCode::invalid_config,
     "not a folder"},
    {"with_a_folder_as_its_file",
     [](const std::string& path) { std::filesystem::create_directories(path + "/data.mdb"); },
     ErrorCode::invalid_config, "not a file"},
};

class LmdbRefused : public testing::TestWithParam<BadFolder> {};

TEST_P(LmdbRefused, WithAClearErrorAndLeftAsItWas) {
    const TempFolder folder;
    const std::string path = folder.file("bad");
    GetParam().make(path);
    const std::string before = read_file(path + "/data.mdb");
    for (const bool read_only : {false, true}) {
        kv::LmdbOptions options = options_for(path);
        options.read_only = read_only;
        if (read_only && std::string_view(GetParam().name) == "with_other_files") {
            continue;  // nothing there to read
        }
        const auto opened = make_engine(options)->connect();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code(), GetParam().code) << opened.error().to_string();
        EXPECT_NE(opened.error().message().find(GetParam().says), std::string::npos)
            << opened.error().to_string();
        EXPECT_NE(opened.error().message().find(path), std::string::npos);
    }
    EXPECT_EQ(read_file(path + "/data.mdb"), before);
}

INSTANTIATE_TEST_SUITE_P(Folders, LmdbRefused, testing::ValuesIn(bad_folders),
                         [](const auto& bad) { return std::string(bad.param.name); });

TEST(LmdbRefusedFolder, IsOnlyMadeWhereItMayBe) {
    const TempFolder folder;
    kv::LmdbOptions options = options_for(folder.file("new"));
    options.create = false;
    EXPECT_EQ(make_engine(options)->connect().error().code(), ErrorCode::not_found);
    options.create = true;
    options.read_only = true;
    EXPECT_EQ(make_engine(options)->connect().error().code(), ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(options.path));
    options = options_for(folder.file("a/b"));
    const auto refused = make_engine(options)->connect();
    EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
    EXPECT_NE(refused.error().message().find("make it first"), std::string::npos);
}

TEST(LmdbRefusedFolder, OpensOnceTheReasonIsGone) {
    const TempFolder folder;
    write_file(folder.file("kv"), "x");
    auto engine = make_engine(folder.file("kv"));
    EXPECT_FALSE(engine->connect());
    std::filesystem::remove(folder.file("kv"));
    EXPECT_TRUE(put(*engine, "a", record("1")));
}

TEST(LmdbRefusedFolder, OneThatMayNotBeWrittenSaysSo) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root may write everywhere";
    }
    const TempFolder folder;
    make_good(folder.file("kv"));
    ::chmod((folder.file("kv") + "/data.mdb").c_str(), 0444);
    EXPECT_EQ(make_engine(folder.file("kv"))->connect().error().code(),
              ErrorCode::permission_denied);
}

TEST(LmdbRefusedFolder, AFileThatEndsWithItsPagesIsFine) {
    const TempFolder folder;
    make_good(folder.file("kv"));
    auto engine = make_engine(folder.file("kv"));
    EXPECT_EQ(get_text(*engine, "key299"), std::string(100, 'v'));
    EXPECT_TRUE(put(*engine, "more", record("m")));
}

}  // namespace
}  // namespace lmdb_test
