// Bytes that changed on the disk: what is wrong is named, everything else stays readable, and
// nothing ends the program.

#include <map>
#include <random>

#include "backends/lmdb/format.hpp"
#include "turntable/kv/key.hpp"
#include "unit/kv_lmdb/files.hpp"

namespace lmdb_test {
namespace {

constexpr std::size_t page_bytes = 4096;
const std::string long_key = std::string(1500, 'l');

/// A database with trees of several levels, free pages, long values and long keys.
struct Sample {
    std::string bytes;
    std::map<std::string, std::string> entries;
};

const Sample& sample() {
    static const Sample made = [] {
        Sample out;
        const TempFolder folder;
        const std::string path = folder.file("kv");
        {
            auto engine = make_engine(path);
            for (int i = 0; i < 400; ++i) {
                out.entries["key" + std::to_string(1000 + i)] =
                    std::string(static_cast<std::size_t>(i % 97) + 1, 'v');
            }
            out.entries["large"] = std::string(3 * page_bytes, 'w');
            out.entries[long_key] = "behind a link";
            EXPECT_TRUE(put(*engine, "gone", record(std::string(5 * page_bytes, 'g'))));
            auto write = engine->begin_write();
            for (const auto& [key, data] : out.entries) {
                EXPECT_TRUE(write->put(key, record(data)));
            }
            EXPECT_TRUE(write->remove("gone"));
            EXPECT_TRUE(write->commit());
        }
        const auto facts = kv::lmdb::check_file(path);
        EXPECT_TRUE(facts && facts->main_depth > 1 && facts->free_root != kv::lmdb::no_page);
        out.bytes = read_file(path + "/data.mdb").substr(0, (facts->last_page + 1) * page_bytes);
        return out;
    }();
    return made;
}

/// The sample with changed bytes, in a folder of its own.
class Damaged {
  public:
    explicit Damaged(const std::string& bytes) {
        std::filesystem::create_directory(path());
        write_file(path() + "/data.mdb", bytes);
    }
    std::string path() const { return folder_.file("kv"); }
    std::unique_ptr<kv::lmdb::Engine> engine(kv::LmdbVerify verify) const {
        kv::LmdbOptions options = options_for(path());
        options.verify = verify;
        return make_engine(options);
    }

  private:
    TempFolder folder_;
};

std::string flipped_at(std::size_t at) {
    std::string bytes = sample().bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    return bytes;
}

/// Where the newest copy of something lies in the file.
std::size_t place_of(const std::string& what) { return sample().bytes.rfind(what); }

TEST(LmdbDamage, AFlippedBitOfAValueIsFoundByWhoReadsItAndNamesTheKey) {
    const std::size_t in_large = place_of(std::string(100, 'w'));
    ASSERT_NE(in_large, std::string::npos);
    const Damaged damaged(flipped_at(in_large));
    auto engine = damaged.engine(kv::LmdbVerify::never);
    const auto found = engine->get("large");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), ErrorCode::corrupt);
    EXPECT_NE(found.error().message().find("checksum"), std::string::npos);
    EXPECT_NE(found.error().message().find(damaged.path()), std::string::npos);
    EXPECT_EQ(found.error().context().at(0).second, turntable::kv::print_key("large"));
    EXPECT_EQ(get_text(*engine, "key1000"), "v");
    {
        auto read = engine->begin_read();
        EXPECT_EQ(scan_text(*read, "a", "z"), "!corrupt");
    }
    // What is damaged can be replaced.
    ASSERT_TRUE(put(*engine, "large", record("whole")));
    EXPECT_EQ(get_text(*engine, "large"), "whole");
}

TEST(LmdbDamage, EveryPartOfAnEntryIsUnderItsChecksum) {
    // Key, then checksum, encoding, zeros, version, expiry, data: all of this entry's own bytes.
    const std::size_t key_at = place_of("key1001");
    ASSERT_NE(key_at, std::string::npos);
    for (std::size_t at = key_at; at < key_at + 7 + kv::lmdb::entry_header_bytes + 2; ++at) {
        const Damaged damaged(flipped_at(at));
        const auto engine = damaged.engine(kv::LmdbVerify::never);
        auto read = engine->begin_read();
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(scan_text(*read, "", "\xFF"), "!corrupt") << at - key_at;
        EXPECT_EQ(damaged.engine(kv::LmdbVerify::automatic)->connect().has_value(), true)
            << "one environment for the folder, which is open";
    }
}

TEST(LmdbDamage, OpeningChecksEveryEntryOfASmallDatabase) {
    const Damaged damaged(flipped_at(place_of(std::string(100, 'w'))));
    const auto refused = damaged.engine(kv::LmdbVerify::automatic)->connect();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_NE(refused.error().message().find("6c61726765"), std::string::npos)
        << refused.error().to_string();
}

TEST(LmdbDamage, ADamagedLinkNamesTheKeyThatItLeadsTo) {
    const std::size_t link = place_of(long_key.substr(0, kv::lmdb::piece_bytes));
    ASSERT_NE(link, std::string::npos);
    const Damaged damaged(flipped_at(link + kv::lmdb::piece_bytes + 8));
    const auto engine = damaged.engine(kv::LmdbVerify::never);
    EXPECT_EQ(get_text(*engine, long_key), "!corrupt");
    EXPECT_EQ(put(*engine, long_key, record("x")).error().code(), ErrorCode::corrupt);
    EXPECT_EQ(get_text(*engine, "key1000"), "v");
}

std::string link_text(const std::string& piece, std::uint64_t node) {
    const auto link = kv::lmdb::encode_link(piece, node);
    return {link.data(), link.size()};
}

// Their checksums are right, so no disk has done that: a program has.
TEST(LmdbDamage, LinksThatLeadInACircleOrTooFarEndAWalk) {
    const std::string rest(kv::lmdb::piece_bytes - 10, 'l');
    const std::string first = std::string(10, 'l') + rest;
    const auto expect_refused = [&](std::uint64_t from, std::uint64_t to, const char* says) {
        const TempFolder folder;
        const std::string path = folder.file("kv");
        ASSERT_TRUE(put(*make_engine(path), "a", record("1")));
        raw_put(path, first, link_text(first, 1));
        for (std::uint64_t node = from; node < from + 20; ++node) {
            const std::string piece = kv::lmdb::node_prefix(node) + rest;
            raw_put(path, piece, link_text(piece, to + node - from));
        }
        kv::LmdbOptions options = options_for(path);
        options.verify = kv::LmdbVerify::never;
        const auto engine = make_engine(options);
        auto read = engine->begin_read();
        ASSERT_TRUE(read);
        const auto go_on = [](ByteView, const kv::Record&) { return true; };
        for (const bool reverse : {false, true}) {
            const auto done = read->scan("b", "z", reverse, go_on);
            ASSERT_FALSE(done);
            EXPECT_EQ(done.error().code(), ErrorCode::corrupt);
            EXPECT_NE(done.error().message().find(says), std::string::npos)
                << done.error().to_string();
        }
        EXPECT_EQ(get_text(*engine, "a"), "1");
    };
    expect_refused(1, 1, "leads back");
    expect_refused(1, 0, "leads back");
    expect_refused(1, 2, "longer than any");
}

/// Reads everything in every way. True: all of it is right; false: an error said what is wrong.
/// Anything else fails the test.
bool read_all(kv::lmdb::Engine& engine, const std::string& where) {
    const auto allowed = [&](const turntable::Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::corrupt || error.code() == ErrorCode::unsupported ||
                    error.code() == ErrorCode::invalid_config)
            << where << ": " << error.to_string();
        return false;
    };
    auto read = engine.begin_read();
    if (!read) {
        return allowed(read.error());
    }
    std::map<std::string, std::string> seen;
    auto visit = [&](ByteView key, const kv::Record& entry) {
        seen[key.to_string()] = entry.data.to_string();
        return true;
    };
    if (const auto done = read->scan("", "z", false, visit); !done) {
        return allowed(done.error());
    }
    EXPECT_EQ(seen, sample().entries) << where;
    for (const auto& [key, data] : sample().entries) {
        const auto found = engine.get(key);
        if (!found) {
            return allowed(found.error());
        }
        EXPECT_TRUE(*found && (*found)->data.text() == data) << where << ": " << key;
    }
    return true;
}

TEST(LmdbDamagedPages, StructureIsFoundDamagedOrDoesNoHarm) {
    int found = 0;
    const std::size_t pages = sample().bytes.size() / page_bytes;
    for (std::size_t page = 0; page < pages; ++page) {
        // Number, flags, bounds, the first places of nodes; of meta pages what they say.
        for (const std::size_t offset :
             {0U,  7U,  10U, 11U, 12U, 13U, 14U, 15U,  16U,  17U,  18U,  20U, 24U,
              40U, 44U, 46U, 80U, 88U, 92U, 94U, 120U, 128U, 136U, 144U, 151U}) {
            const Damaged damaged(flipped_at(page * page_bytes + offset));
            const std::string where =
                "page " + std::to_string(page) + " offset " + std::to_string(offset);
            found += read_all(*damaged.engine(kv::LmdbVerify::automatic), where) ? 0 : 1;
        }
    }
    EXPECT_GT(found, 100);
}

TEST(LmdbDamagedPages, AnyBytesMayChangeWithoutACrash) {
    std::mt19937_64 random(42);
    for (int round = 0; round < 300; ++round) {
        std::string bytes = sample().bytes;
        for (int i = 0; i < 4; ++i) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        const Damaged damaged(bytes);
        const auto engine = damaged.engine(kv::LmdbVerify::automatic);
        if (!read_all(*engine, "round " + std::to_string(round))) {
            continue;
        }
        auto write = engine->begin_write();
        ASSERT_TRUE(write) << write.error().to_string();
        for (int i = 0; i < 50; ++i) {
            ASSERT_TRUE(write->put("new" + std::to_string(i), record(std::string(200, 'n'))));
            ASSERT_TRUE(write->remove("key" + std::to_string(1000 + i)));
        }
        ASSERT_TRUE(write->commit());
    }
}

}  // namespace
}  // namespace lmdb_test
