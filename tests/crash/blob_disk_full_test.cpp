// Blobs in a SQLite file on a disk that is really full.
#include <gtest/gtest.h>

#include "crash/blob_url.hpp"
#include "crash/small_disk.hpp"

namespace turntable::test {
namespace {

class BlobsOnFullDisk : public SmallDisk {};

TEST_F(BlobsOnFullDisk, EachWriteIsThereAsAWholeOrClearlyRefusedAndItPasses) {
    const auto store = open_blobs("sqlite:" + file("app.db") + "?chunk=2KiB");
    ASSERT_TRUE(store) << store.error().to_string();
    const auto write_until_full = [&](int count) {
        for (;; ++count) {
            const auto made = store->write(std::to_string(count), value_of(count));
            if (!made) {
                EXPECT_EQ(made.error().code(), ErrorCode::no_space) << made.error().to_string();
                return count;
            }
            EXPECT_LT(count, 5000) << "the disk did not fill up";
        }
    };
    const auto expect_blobs = [&](int count) {
        std::size_t listed = 0;
        for (const auto& entry : store->list("")) {
            ASSERT_TRUE(entry) << entry.error().to_string();
            EXPECT_EQ(store->read(entry->path)->text(), value_of(std::stoi(entry->path)));
            ++listed;
        }
        EXPECT_EQ(listed, static_cast<std::size_t>(count));
    };
    const int count = write_until_full(0);
    EXPECT_GT(count, 20);
    expect_blobs(count);
    auto writer = *store->writer("streamed");
    Result<void> written{};
    for (int piece = 0; piece < 100 && written; ++piece) {
        written = writer.write(std::string(100'000, 's'));
    }
    ASSERT_FALSE(written) << "more than the disk holds";
    EXPECT_EQ(written.error().code(), ErrorCode::no_space);
    (void)writer.abort();
    free_ballast();
    EXPECT_GT(write_until_full(count), count + 10) << "the freed space was not used";
}

}  // namespace
}  // namespace turntable::test
