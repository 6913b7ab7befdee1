#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "turntable/blob.hpp"
#include "turntable/blob/memory.hpp"

namespace turntable::blob {
namespace {

/// Only what every backend must have: the core builds the rest.
class Plain {
  public:
    Capabilities capabilities() const { return inner_.capabilities(); }
    Async<Metadata> stat(const Context& context, std::string_view path, const Conditions& when) {
        return inner_.stat(context, path, when);
    }
    Async<ReadHandle> open_read(const Context& context, std::string_view path,
                                const Conditions& when) {
        return inner_.open_read(context, path, when);
    }
    Async<WriteHandle> open_write(const Context& context, std::string_view path,
                                  const WriteOptions& options) {
        return inner_.open_write(context, path, options);
    }
    Result<Stream<EntryPage>> list(const Context& context, std::string_view prefix,
                                   const ListOptions& options) {
        return inner_.list(context, prefix, options);
    }
    Async<void> remove(const Context& context, std::string_view path,
                       const RemoveOptions& options) {
        return inner_.remove(context, path, options);
    }
    Async<void> create_dir(const Context& context, std::string_view path) {
        return inner_.create_dir(context, path);
    }
    Async<Health> health(const Context& context) { return inner_.health(context); }
    Async<void> close(const Context& context) { return inner_.close(context); }

  private:
    MemoryBackend inner_;
};

static_assert(Backend<Plain> && !BackendWithRead<Plain> && !BackendWithCopy<Plain>);

template <class S>
class BlobFallback : public testing::Test {
  public:
    S store = S(Plain());
};
using Stores = testing::Types<Store, BasicStore<Plain>>;
TYPED_TEST_SUITE(BlobFallback, Stores);

TYPED_TEST(BlobFallback, ReadsAndWrites) {
    ASSERT_TRUE(this->store.write("a", "content").has_value());
    EXPECT_EQ(this->store.read("a")->text(), "content");
    EXPECT_EQ(this->store.read("a", {.offset = 2, .length = 3})->text(), "nte");
    EXPECT_EQ(this->store.read("a", {.offset = 8}).error().code(), ErrorCode::out_of_range);
}

TYPED_TEST(BlobFallback, CopiesWithAttributes) {
    const std::vector<std::pair<std::string, std::string>> user = {{"k", "v"}};
    ASSERT_TRUE(
        this->store.write("a", "content", {.content_type = "x/y", .user = user}).has_value());
    ASSERT_TRUE(this->store.copy("a", "b/c").has_value());
    EXPECT_EQ(this->store.read("b/c")->text(), "content");
    EXPECT_EQ(this->store.stat("b/c")->content_type, "x/y");
    EXPECT_EQ(this->store.stat("b/c")->user, user);
    EXPECT_EQ(this->store.copy("a", "b/c", {.if_not_exists = true}).error().code(),
              ErrorCode::already_exists);
    EXPECT_EQ(this->store.copy("a", "d", {.if_match = "no"}).error().code(),
              ErrorCode::condition_failed);
    EXPECT_EQ(this->store.copy("no", "d").error().code(), ErrorCode::not_found);
}

TYPED_TEST(BlobFallback, RenameTakesTheSourceAway) {
    ASSERT_TRUE(this->store.write("a", "content").has_value());
    ASSERT_TRUE(this->store.rename("a", "b").has_value());
    EXPECT_EQ(this->store.read("b")->text(), "content");
    EXPECT_FALSE(*this->store.exists("a"));
}

TYPED_TEST(BlobFallback, RemovesAllBelow) {
    for (const char* path : {"d", "d/1", "d/e/2", "d/e/f/3", "d0", "c"}) {
        ASSERT_TRUE(this->store.write(path, "x").has_value());
    }
    ASSERT_TRUE(this->store.create_dir("d/empty/deep").has_value());
    ASSERT_TRUE(this->store.remove_all("d").has_value());
    std::vector<std::string> left;
    for (auto& entry : this->store.list("", {.recursive = true})) {
        left.push_back(entry->path);
    }
    EXPECT_EQ(left, (std::vector<std::string>{"c", "d0"}));
    ASSERT_TRUE(this->store.remove_all("/").has_value());
    EXPECT_FALSE(this->store.list().next()->has_value());
}

}  // namespace
}  // namespace turntable::blob
