#include "backends/http/watch_state.hpp"

#include <gmock/gmock.h>

namespace {

using namespace turntable;
using namespace turntable::kv;
using http::WatchState;

using Row = std::optional<std::uint64_t>;  // of a versionstamp; none: absent

connect::WatchReply frame(const std::vector<Row>& rows) {
    connect::WatchReply reply;
    for (const Row& row : rows) {
        auto& key = reply.keys.emplace_back();
        key.changed = true;
        if (row) {
            key.entry = Entry{Value("v"), Versionstamp::from_version(*row)};
        }
    }
    return reply;
}

/// "0:5 1:absent" for what is told; "nothing".
std::string told(WatchState& state, const std::vector<Row>& rows) {
    const auto output = state.news(frame(rows));
    if (!output) {
        return "nothing";
    }
    std::string text;
    for (const WatchChange& change : *output) {
        text += (text.empty() ? "" : " ") + std::to_string(change.target) + ":";
        text += change.entry
                    ? std::to_string(std::stoul(
                          change.entry->versionstamp.to_string().substr(0, 16), nullptr, 16))
                    : "absent";
    }
    return text;
}

TEST(WatchStates, TellEveryKeyFirstAndThenWhatChanged) {
    WatchState state({"a", "b"});
    EXPECT_FALSE(state.began());
    EXPECT_EQ(told(state, {5, std::nullopt}), "0:5 1:absent");
    EXPECT_TRUE(state.began());
    EXPECT_EQ(told(state, {5, std::nullopt}), "nothing");
    EXPECT_EQ(told(state, {5, 6}), "1:6");
    EXPECT_EQ(told(state, {std::nullopt, 7}), "0:absent 1:7");
    connect::WatchReply unchanged;
    unchanged.keys.resize(2);
    EXPECT_FALSE(state.news(std::move(unchanged)));
}

TEST(WatchStates, TellNothingTwiceAndNothingOlderAfterTheStreamWasOpenedAgain) {
    WatchState state({"a", "b"});
    EXPECT_EQ(told(state, {5, 8}), "0:5 1:8");
    state.starts_over();
    EXPECT_EQ(told(state, {5, 8}), "nothing");
    EXPECT_EQ(told(state, {5, 7}), "nothing") << "b was newer";
    EXPECT_EQ(told(state, {9, 7}), "nothing") << "an older state as a whole";
    EXPECT_EQ(told(state, {9, 8}), "0:9");
    EXPECT_EQ(told(state, {std::nullopt, 8}), "0:absent");
    EXPECT_EQ(told(state, {9, 8}), "nothing") << "what is gone does not come back as it was";
    EXPECT_EQ(told(state, {10, 8}), "0:10");
}

TEST(WatchStates, DoubtWhatIsGoneOnlyAtTheBeginningOfAFurtherStream) {
    WatchState state({"a"});
    EXPECT_FALSE(state.is_doubtful(frame({std::nullopt})));
    EXPECT_EQ(told(state, {5}), "0:5");
    EXPECT_FALSE(state.is_doubtful(frame({std::nullopt})));
    state.starts_over();
    EXPECT_TRUE(state.is_doubtful(frame({std::nullopt})));
    EXPECT_FALSE(state.is_doubtful(frame({5})));
    EXPECT_EQ(told(state, {5}), "nothing");
    EXPECT_FALSE(state.is_doubtful(frame({std::nullopt})));
}

TEST(WatchStates, TakeAReadForAFrame) {
    ReadOutput output(2);
    output[1].append("b", "x", ValueEncoding::bytes, Versionstamp::from_version(3));
    WatchState state({"a", "b"});
    const auto changes = state.news(http::watch_reply_of(output));
    ASSERT_TRUE(changes);
    EXPECT_FALSE(changes->at(0).entry);
    EXPECT_EQ(changes->at(1).entry->value.as_text().value(), "x");
    EXPECT_EQ(changes->at(1).key.text(), "b");
}

}  // namespace
