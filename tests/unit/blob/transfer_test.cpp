#include "turntable/blob/transfer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "turntable/blob/memory.hpp"
#include "turntable/core/clock.hpp"

namespace turntable::blob {
namespace {

class BlobTransfer : public testing::Test {
  public:
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::shared_ptr<Runtime> runtime = Runtime::create({.clock = clock});
    Store from = Store(MemoryBackend({.runtime = runtime}), runtime, "memory:from");
    Store to = Store(MemoryBackend({.runtime = runtime}), runtime, "memory:to");
    std::vector<std::string> steps;

    SyncOptions telling() {
        SyncOptions options;
        options.on_step = [this](const SyncStep& step) {
            steps.push_back(std::string(to_string(step.action)) + " " + std::string(step.path));
        };
        return options;
    }
    static void put(const Store& store, std::string_view path, std::string_view content) {
        ASSERT_TRUE(store.write(path, content).has_value());
    }
    static std::vector<std::string> names(const Store& store) {
        std::vector<std::string> out;
        for (auto& entry : store.list("", {.recursive = true})) {
            out.push_back(entry->path);
        }
        return out;
    }
};

TEST_F(BlobTransfer, CopiesAFileWithItsAttributes) {
    const UserMetadata user = {{"k", "v"}};
    const std::string content(3'000'000, 'x');
    ASSERT_TRUE(from.write("a", content, {.content_type = "x/y", .user = user}).has_value());
    std::uint64_t told = 0;
    const auto made = copy_file(from, "a", to, "b/c", [&](std::uint64_t bytes) { told += bytes; });
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(to.read("b/c")->text(), content);
    EXPECT_EQ(to.stat("b/c")->content_type, "x/y");
    EXPECT_EQ(to.stat("b/c")->user, user);
    EXPECT_EQ(told, content.size());
    EXPECT_EQ(copy_file(from, "no", to, "d").error().code(), ErrorCode::not_found);
    EXPECT_FALSE(*to.exists("d"));
}

TEST_F(BlobTransfer, CopiesWhatIsMissingOrDiffers) {
    put(from, "d/same", "same");
    put(from, "d/longer", "longer");
    put(from, "d/e/new", "new");
    put(from, "outside", "x");
    put(to, "t/same", "same");
    put(to, "t/longer", "long");
    put(to, "t/extra", "kept");
    const auto report = sync(from, "d", to, "t/", telling());
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(steps, (std::vector<std::string>{"copy e/new", "copy longer", "keep same"}));
    EXPECT_EQ(names(to),
              (std::vector<std::string>{"t/", "t/e/", "t/e/new", "t/extra", "t/longer", "t/same"}));
    EXPECT_EQ(report->files_copied, 2U);
    EXPECT_EQ(report->bytes_copied, 9U);
    EXPECT_EQ(report->files_kept, 1U);
    EXPECT_EQ(to.read("t/longer")->text(), "longer");
    EXPECT_EQ(sync(from, "d", to, "t")->files_copied, 0U)
        << "the second time there is nothing to do";
}

TEST_F(BlobTransfer, CopiesWhatChangedSince) {
    put(from, "a", "one");
    ASSERT_EQ(sync(from, "", to, "")->files_copied, 1U);
    clock->advance(std::chrono::seconds(1));
    put(from, "a", "two");
    ASSERT_EQ(sync(from, "", to, "")->files_copied, 1U);
    EXPECT_EQ(to.read("a")->text(), "two");
}

TEST_F(BlobTransfer, ComparesContentWhenAsked) {
    put(from, "a", "one");
    put(to, "a", "two");
    EXPECT_EQ(sync(from, "", to, "")->files_copied, 0U) << "same size, not older";
    EXPECT_EQ(sync(from, "", to, "", {.compare = Compare::content})->files_copied, 1U);
    EXPECT_EQ(sync(from, "", to, "", {.compare = Compare::content})->files_kept, 1U);
    EXPECT_EQ(to.read("a")->text(), "one");
}

TEST_F(BlobTransfer, RemovesExtraOnlyWhenAsked) {
    put(from, "a", "x");
    put(to, "old/deep/1", "x");
    put(to, "old/2", "x");
    ASSERT_TRUE(sync(from, "", to, "").has_value());
    EXPECT_TRUE(*to.exists("old/2"));
    SyncOptions options = telling();
    options.remove_extra = true;
    const auto report = sync(from, "", to, "", options);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->files_removed, 2U);
    EXPECT_EQ(names(to), std::vector<std::string>{"a"});
}

TEST_F(BlobTransfer, DryRunTellsAndDoesNothing) {
    put(from, "a", "x");
    put(to, "b", "x");
    SyncOptions options = telling();
    options.remove_extra = true;
    options.dry_run = true;
    const auto report = sync(from, "", to, "", options);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(steps, (std::vector<std::string>{"copy a", "remove b"}));
    EXPECT_EQ(report->files_copied, 1U);
    EXPECT_EQ(names(to), std::vector<std::string>{"b"});
}

TEST_F(BlobTransfer, StopsWhenAskedAndGoesOnLater) {
    put(from, "a", "x");
    put(from, "b", "x");
    std::stop_source stop;
    SyncOptions options;
    options.on_step = [&](const SyncStep&) { stop.request_stop(); };
    const auto stopped = sync(from, "", to, "", options, stop.get_token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().code(), ErrorCode::cancelled);
    ASSERT_TRUE(sync(from, "", to, "").has_value());
    EXPECT_EQ(names(to), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace turntable::blob
