// Kills a process that writes blobs, again and again, and looks at what it left.
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <string>

#include "crash/blob_steps.hpp"
#include "crash/blob_url.hpp"
#include "crash/rounds.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace turntable::test {
namespace {

struct Place {
    const char* name;
    const char* scheme;
    const char* options;
};

class BlobCrash : public testing::TestWithParam<Place> {
  protected:
    /// Lets a writer go on from step `first` until something kills it, from outside or in
    /// mid-write. Gives the last step that it did.
    std::uint64_t run_writer(std::uint64_t first, std::uint64_t random) {
        const bool from_within = random % 2 == 0;
        const std::uint64_t place = 1 + random / 2 % 100;
        ChildProcess child(
            {BLOB_WRITER, url_, std::to_string(first), std::to_string(from_within ? place : 0)});
        std::uint64_t last = first - 1;
        while (const auto line = child.read_line()) {
            last = std::stoull(*line);
            if (!from_within && last - first >= place / 5) {
                child.kill();
            }
        }
        EXPECT_EQ(child.wait(), -SIGKILL);
        return last;
    }
    BlobModel content() {
        const auto store = open_blobs(url_);
        EXPECT_TRUE(store) << store.error().to_string();
        BlobModel out;
        for (auto& entry : store->list("", {.recursive = true})) {
            EXPECT_TRUE(entry) << entry.error().to_string();
            if (entry && entry->metadata.kind == blob::EntryKind::file) {
                const auto bytes = store->read(entry->path);
                EXPECT_TRUE(bytes) << bytes.error().to_string();
                EXPECT_EQ(bytes->size(), entry->metadata.size_bytes);
                out[entry->path] = bytes->text();
            }
        }
        return out;
    }

    TempFolder folder_;
    std::string url_ = std::string(GetParam().scheme) + folder_.file("store") + GetParam().options;
};

TEST_P(BlobCrash, EveryAcknowledgedStepIsThereAndNoneIsThereInPart) {
    const bool with_append = open_blobs(url_)->capabilities().atomic_append;
    std::mt19937_64 random(20261122);
    BlobModel model;
    std::uint64_t next = 1;
    for (int round = 0; round < rounds_asked(); ++round) {
        const std::uint64_t last = run_writer(next, random());
        for (; next <= last; ++next) {
            apply_step(model, blob_step(next, with_append));
        }
        const BlobModel found = content();
        if (found != model) {  // the step that was under way may have happened, as a whole
            apply_step(model, blob_step(next++, with_append));
        }
        ASSERT_TRUE(found == model) << "round " << round << ", after step " << last;
    }
    EXPECT_GT(next, static_cast<std::uint64_t>(rounds_asked()));
}

TEST_P(BlobCrash, WhatAnotherProcessWritesMeanwhileIsNotInTheWay) {
    ChildProcess other({BLOB_WRITER, url_, "1", "0"});
    ASSERT_TRUE(other.read_line());
    const auto store = open_blobs(url_);
    ASSERT_TRUE(store) << store.error().to_string();
    for (int i = 0; i < 50; ++i) {
        const std::string name = "mine/" + std::to_string(i);
        const auto made = store->write(name, std::string(10'000, 'm'));
        ASSERT_TRUE(made) << made.error().to_string();
        EXPECT_EQ(store->read(name)->size(), 10'000U);
        EXPECT_TRUE(other.read_line()) << "it goes on too";
    }
    other.kill();
    EXPECT_EQ(other.wait(), -SIGKILL);
    std::size_t mine = 0;
    for (const auto& [path, bytes] : content()) {
        mine += path.starts_with("mine/") ? 1 : 0;
    }
    EXPECT_EQ(mine, 50U);
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobCrash,
                         testing::Values(Place{"fs", "fs:", "?durability=process"},
                                         Place{"sqlite", "sqlite:", "?durability=off&chunk=2KiB"},
                                         Place{"kv_sqlite",
                                               "kv+sqlite:", "?durability=off&chunk=2KiB"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace turntable::test
