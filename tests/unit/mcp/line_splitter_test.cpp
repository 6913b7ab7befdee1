#include "turntable/mcp/line_splitter.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace turntable::mcp {
namespace {

using Lines = std::vector<std::pair<std::string, std::uint64_t>>;

Lines split(std::string_view stream, std::size_t piece, std::uint64_t max) {
    Lines out;
    LineSplitter splitter(max);
    const auto take = [&](ByteView line, std::uint64_t whole) {
        out.emplace_back(line.to_string(), whole);
    };
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        splitter.feed(stream.substr(at, piece), take);
    }
    splitter.end(take);
    return out;
}

TEST(LineSplitter, GivesTheSameLinesForAnyPieces) {
    const std::string stream = std::string("one\n\ntwo\r\n\0three\nlast", 21);
    const Lines expected = {
        {"one\n", 4}, {"\n", 1}, {"two\r\n", 5}, {std::string("\0three\n", 7), 7}, {"last", 4}};
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        EXPECT_EQ(split(stream, piece, 100), expected) << piece;
    }
}

TEST(LineSplitter, CutsLinesAtTheLimitAndCountsThem) {
    for (std::size_t piece = 1; piece <= 20; ++piece) {
        EXPECT_EQ(split("12345\n123456\n1234\n", piece, 6),
                  (Lines{{"12345\n", 6}, {"123456", 7}, {"1234\n", 5}}))
            << piece;
        EXPECT_EQ(split("1234567890", piece, 6), (Lines{{"123456", 10}})) << piece;
    }
}

TEST(LineSplitter, NothingGivesNothing) {
    EXPECT_EQ(split("", 1, 6), Lines{});
    EXPECT_EQ(split("\n", 1, 6), (Lines{{"\n", 1}}));
}

}  // namespace
}  // namespace turntable::mcp
