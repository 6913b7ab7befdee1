#ifdef TURNTABLE_TEST_LMDB
#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <set>

#include "backends/lmdb/engine.hpp"
#include "crash/writers.hpp"
#include "kv/ordered/queue_row_codec.hpp"
#include "support/engines.hpp"
#include "support/temp_folder.hpp"
#include "turntable/kv/js_value.hpp"

// Killed writers on lmdb:, also while the map grows.
namespace turntable::test {
namespace {

/// The messages that wait in the queue, from the records that hold them.
std::set<std::string> messages_of_folder(const std::string& folder) {
    kv::lmdb::Engine engine({.path = folder});
    auto read = engine.begin_read();
    EXPECT_TRUE(read) << read.error().to_string();
    std::set<std::string> out;
    const auto visit = [&](ByteView key, const kv::Record& record) {
        const auto row = kv::detail::decode_queue_row(0, key.substr(10), record.data);
        const auto value = kv::decode_v8(row->payload);
        EXPECT_TRUE(value && value->text() != nullptr);
        EXPECT_TRUE(out.insert(*value->text()).second) << "a message is there twice";
        return true;
    };
    EXPECT_TRUE(read->scan("\xFFq", "\xFFr", false, visit));
    const auto running = [](ByteView, const kv::Record&) {
        ADD_FAILURE() << "a message runs";
        return true;
    };
    EXPECT_TRUE(read->scan("\xFFr", "\xFFs", false, running));
    return out;
}

struct LmdbMode {
    const char* name;
    const char* settings;
    /// Of so many rounds this mode gets one.
    int share;

    friend std::ostream& operator<<(std::ostream& out, const LmdbMode& mode) {
        return out << mode.name;
    }
};

class LmdbCrash : public testing::TestWithParam<LmdbMode> {
  protected:
    std::string url() const { return engine_url("lmdb", folder_.path()) + GetParam().settings; }

    /// Opens the folder again, with every page and entry checked.
    void check() {
        const auto db = open_engine(url() + "&verify=always");
        ASSERT_TRUE(db) << db.error().to_string();
        const std::set<std::string> messages = check_writes(*db, acknowledged_);
        EXPECT_EQ(messages_of_folder(folder_.file("db")), messages);
        check_next_write(*db, acknowledged_);
    }

    TempFolder folder_;
    Acknowledged acknowledged_;
};

TEST_P(LmdbCrash, EveryAcknowledgedWriteIsThereAndEveryOtherOneWholeOrAbsent) {
    std::mt19937_64 random(seed);
    const int rounds = std::max(1, rounds_asked() / GetParam().share);
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        run_writers(url(), round * writers, random(), acknowledged_);
        check();
        if (HasFailure()) {
            break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Durability, LmdbCrash,
                         testing::Values(LmdbMode{"full", "?durability=full&map_size=256KiB", 2},
                                         LmdbMode{"normal", "?durability=normal&map_size=256KiB",
                                                  4},
                                         LmdbMode{"off", "?durability=off&map_size=256KiB", 4}),
                         [](const auto& mode) { return std::string(mode.param.name); });

TEST(LmdbCrashAtOpening, ANewFolderIsMadeAtTheNextOpening) {
    constexpr long calls_max = 200;
    for (long call = 1; call <= calls_max; ++call) {
        SCOPED_TRACE("killed at call " + std::to_string(call));
        const TempFolder folder;
        const std::string url = engine_url("lmdb", folder.path());
        const int status = run_program(writer_command(url, 0, 0, call)).first;
        const auto db = open_engine(url);
        ASSERT_TRUE(db) << db.error().to_string();
        ASSERT_TRUE(db->set("again", "yes"));
        EXPECT_EQ(*(*db->get("again"))->value.as_text(), "yes");
        if (status == 0) {
            EXPECT_GT(call, 10) << "there is more to do than that";
            return;
        }
        ASSERT_EQ(status, -SIGKILL);
    }
    FAIL() << "still not done after " << calls_max << " calls";
}

}  // namespace
}  // namespace turntable::test
#endif
