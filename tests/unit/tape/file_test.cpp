#include <sys/stat.h>

#include <fstream>

#include "support/read_file.hpp"
#include "support/temp_folder.hpp"
#include "unit/tape/tapes.hpp"

// Tapes in files: made exclusively, locked while they are written, and cut nowhere unasked.
namespace turntable::tape::test {
namespace {

using turntable::test::TempFolder;

class TapeFile : public testing::Test {
  protected:
    TempFolder folder_;
    std::string path_ = folder_.file("a.tape");
};

TEST_F(TapeFile, IsMadeExclusively) {
    {
        const auto first = FileSink::create(path_).value();
    }
    const auto second = FileSink::create(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::already_exists);
    EXPECT_NE(second.error().message().find(path_), std::string::npos);
}

TEST_F(TapeFile, IsWrittenByOneAtATime) {
    auto first = FileSink::create(path_).value();
    EXPECT_EQ(FileSink::open(path_).error().code(), ErrorCode::busy);
    first.reset();
    EXPECT_TRUE(FileSink::open(path_));
}

TEST_F(TapeFile, ThatIsNotThereIsNamed) {
    for (const Error& error :
         {FileSource::open(path_).error(), FileSink::open(path_).error(),
          Reader::open_file(path_).error(), FileSink::create(folder_.file("no/folder")).error()}) {
        EXPECT_EQ(error.code(), ErrorCode::not_found) << error.to_string();
        EXPECT_NE(error.message().find(folder_.path().string()), std::string::npos);
    }
}

TEST_F(TapeFile, ThatIsNoTapeIsNamed) {
    std::ofstream(path_) << "hello\n";
    const auto reader = Reader::open_file(path_);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code(), ErrorCode::corrupt);
    EXPECT_EQ(reader.error().context().at(0).second, path_);
}

TEST_F(TapeFile, IsTheSameWithEverySyncPolicy) {
    const auto clock = std::make_shared<ManualClock>();
    const auto runtime = Runtime::create({.clock = clock});
    std::string first;
    for (const SyncPolicy sync : {SyncPolicy::none, SyncPolicy::interval, SyncPolicy::each}) {
        const std::string path = folder_.file(std::to_string(static_cast<int>(sync)));
        FileSinkOptions options;
        options.sync = sync;
        options.runtime = runtime;
        Writer writer =
            Writer::create(FileSink::create(path, options).value(), small_head()).value();
        for (int id = 1; id <= 5; ++id) {
            ASSERT_TRUE(writer.frame(request(id)));
            clock->advance(std::chrono::milliseconds(600));
        }
        ASSERT_TRUE(writer.sink().sync());
        const std::string text = turntable::test::read_file(path);
        EXPECT_EQ(writer.sink().size(), text.size());
        first = first.empty() ? text : first;
        EXPECT_EQ(text, first);
    }
}

TEST_F(TapeFile, ReadingATornOneChangesNothing) {
    const std::string torn = tape_of(3).substr(0, 500);
    std::ofstream(path_, std::ios::binary) << torn;
    Reader reader = Reader::open_file(path_).value();
    while (*reader.next()) {
    }
    EXPECT_TRUE(*reader.torn());
    ASSERT_FALSE(Writer::resume(FileSource::open(path_).value(), FileSink::open(path_).value()));
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(static_cast<std::size_t>(status.st_size), torn.size());
}

}  // namespace
}  // namespace turntable::tape::test
