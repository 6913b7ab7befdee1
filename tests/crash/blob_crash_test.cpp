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

INSTANTIATE_TEST_SUITE_P(Stores, BlobCrash,
                         testing::Values(Place{"fs", "fs:", "?durability=process"},
                                         Place{"kv_sqlite",
                                               "kv+sqlite:", "?durability=off&chunk=2KiB"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace turntable::test
