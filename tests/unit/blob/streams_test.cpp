#include "turntable/blob/streams.hpp"

#include <gtest/gtest.h>

#include <string>

#include "turntable/blob.hpp"
#include "turntable/blob/memory.hpp"

namespace turntable::blob {
namespace {

class BlobStreams : public testing::Test {
  public:
    Store store = Store(MemoryBackend());
};

TEST_F(BlobStreams, WriteAndRead) {
    OutputStream out(*store.writer("a"));
    for (int i = 0; i < 10'000; ++i) {
        out << i << '\n';
    }
    EXPECT_FALSE(*store.exists("a"));
    ASSERT_TRUE(out.finish().has_value());

    InputStream in(*store.reader("a", {.chunk_bytes = 1000}));
    int expected = 0;
    for (int number = 0; in >> number; ++expected) {
        ASSERT_EQ(number, expected);
    }
    EXPECT_EQ(expected, 10'000);
    EXPECT_TRUE(in.eof() && !in.bad() && !in.error());
}

TEST_F(BlobStreams, SeekAndTell) {
    ASSERT_TRUE(store.write("a", "0123456789").has_value());
    InputStream in(*store.reader("a", {.chunk_bytes = 4}));
    EXPECT_EQ(in.get(), '0');
    in.seekg(7);
    EXPECT_EQ(in.get(), '7');
    EXPECT_EQ(in.tellg(), 8);
    in.seekg(-2, std::ios::cur);
    EXPECT_EQ(in.get(), '6');
    in.seekg(-1, std::ios::end);
    EXPECT_EQ(in.get(), '9');
    EXPECT_EQ(in.get(), std::char_traits<char>::eof());
    in.clear();
    in.seekg(11);
    EXPECT_TRUE(in.fail());
    in.clear();
    in.seekg(10);
    EXPECT_EQ(in.get(), std::char_traits<char>::eof());
}

TEST_F(BlobStreams, WithoutFinishThereIsNoBlob) {
    {
        OutputStream out(*store.writer("a"));
        out << "x" << std::flush;
    }
    EXPECT_FALSE(*store.exists("a"));
}

TEST_F(BlobStreams, AFailureIsBadAndSaysWhy) {
    OutputStream out(*store.writer("a"));
    ASSERT_TRUE(store.close().has_value());
    out << "x";
    const auto made = out.finish();
    ASSERT_FALSE(made.has_value());
    EXPECT_TRUE(out.bad());
    ASSERT_TRUE(out.error().has_value());
    EXPECT_EQ(out.error()->code(), ErrorCode::closed);
}

}  // namespace
}  // namespace turntable::blob
