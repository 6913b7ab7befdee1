// Contents, whole and in pieces.
#include <algorithm>
#include <limits>

#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
/// A tape that is larger than what a provider is likely to give at once.
std::string tape_of_pieces(Environment& environment) {
    constexpr std::size_t least = 100'000;
    return environment.tape("t1", std::max(least, environment.options().largest_bytes / 3));
}

/// What a stream gives on the way to its end, or with which error it ended.
struct Streamed {
    std::string text;
    std::optional<ErrorCode> error;
};

Streamed drain(TapeStream& stream) {
    Streamed out;
    for (;;) {
        Result<std::optional<Bytes>> piece = stream.next();
        if (!piece) {
            out.error = piece.error().code();
            return out;
        }
        if (!*piece) {
            return out;
        }
        out.text += (*piece)->text();
    }
}

void stream_of_nothing(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    expect_code(tapes.get("t1"), {ErrorCode::not_found}, "get_metadata");
    expect_code(tapes.load("t1"), {ErrorCode::not_found}, "load_tape");
    expect_code(tapes.read("t1"), {ErrorCode::not_found}, "stream");
    Result<TapeStream> stream = tapes.stream("t1");
    if (stream) {
        // Behind an error is the end, which TapeStream sees to.
        expect_code(stream->next(), {ErrorCode::not_found}, "next");
        expect_ok(stream->next(), "the end behind the error");
    }
}

void ranges(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"));
    const std::string whole = tapes.text("t1");
    const std::uint64_t size = whole.size();
    const std::vector<ContentRange> wanted = {
        {0, 1}, {0, size},       {3, 5},         {3},           {1, size - 2},
        {7, 0}, {size - 1, 1},   {size / 2, 20}, {0, size - 1}, {size - 5, 5},
        {1},    {size - 1, 100}, {0, size + 100}};
    for (const ContentRange& range : wanted) {
        expect_equal(whole.substr(range.offset, range.length), tapes.text("t1", range),
                     "the range of " + show(range.length) + " bytes from " + show(range.offset));
    }
}

void beyond_the_end(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"));
    const std::string whole = tapes.text("t1");
    const std::uint64_t size = whole.size();
    for (const ContentRange& range :
         {ContentRange{size}, ContentRange{size, 0}, ContentRange{size + 1, 10},
          ContentRange{most, most}, ContentRange{most, 1}, ContentRange{size + 5}}) {
        expect_equal(std::string(), tapes.text("t1", range),
                     "a range from " + show(range.offset) + " on");
    }
    expect_equal(whole.substr(2), tapes.text("t1", {2, most}), "a length beyond all numbers");
}

void pieces(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    const std::string whole = expect_ok(tapes.load("t1"), "load_tape").content.to_string();
    TapeStream stream = expect_ok(tapes.stream("t1"), "stream");
    const Streamed streamed = drain(stream);
    expect(!streamed.error, "a stream ends without an error");
    expect(streamed.text == whole, "the pieces of a stream are the content");
    expect_ok(stream.next(), "the end stays the end");
    for (const std::uint64_t offset : {std::uint64_t{1}, std::uint64_t{whole.size() / 3},
                                       std::uint64_t{whole.size() - 70'000}}) {
        expect(tapes.text("t1", {offset, 65'537}) == whole.substr(offset, 65'537),
               "a range inside a large content");
    }
}

void several_at_once(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    tapes.put(environment.tape("t2"));
    const std::string whole = expect_ok(tapes.load("t1"), "load_tape").content.to_string();
    TapeStream one = expect_ok(tapes.stream("t1"), "stream");
    TapeStream behind = expect_ok(tapes.stream("t1", {10}), "stream");
    TapeStream other = expect_ok(tapes.stream("t2"), "stream");
    const auto first = expect_ok(one.next(), "next");
    expect(first && whole.starts_with(first->text()), "the first piece");
    expect(drain(behind).text == whole.substr(10), "a stream beside it");
    expect_equal(tapes.text("t2"), drain(other).text, "a stream of another tape");
    expect(first->to_string() + drain(one).text == whole, "the stream that was first");
}

void replaced_meanwhile(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    const std::string before = tapes.text("t1");
    TapeStream stream = expect_ok(tapes.stream("t1"), "stream");
    const auto first = expect_ok(stream.next(), "next");
    expect_ok(tapes.save(tape_of_pieces(environment), {}, true), "replacing");
    const Streamed rest = drain(stream);
    const std::string got = first->to_string() + rest.text;
    expect(rest.error ? before.starts_with(got) : got == before,
           "a stream gives one content from beginning to end, or fails");
}

void deleted_meanwhile(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    const std::string before = tapes.text("t1");
    TapeStream stream = expect_ok(tapes.stream("t1"), "stream");
    const auto first = expect_ok(stream.next(), "next");
    expect_ok(tapes.remove("t1"), "delete_tape");
    const Streamed rest = drain(stream);
    const std::string got = first->to_string() + rest.text;
    expect(rest.error ? before.starts_with(got) : got == before,
           "the stream of a tape that goes is whole, or fails");
}

void grows(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("live");
    const std::size_t line = text.find('\n') + 1;
    const std::uint64_t there = tapes.record("live", 0, std::string_view(text).substr(0, line));
    expect_equal(text.substr(0, line), tapes.text("live"), "what was recorded so far");
    expect_equal(std::string(), tapes.text("live", {there}), "nothing more yet");
    tapes.record("live", there, std::string_view(text).substr(line));
    expect_equal(text.substr(line), tapes.text("live", {there}), "what came since");
}

void outlives(Environment& environment) {
    Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    const std::string whole = tapes.text("t1");
    TapeStream begun = expect_ok(tapes.stream("t1"), "stream");
    const auto first = expect_ok(begun.next(), "next");
    TapeStream fresh = expect_ok(tapes.stream("t1"), "stream");
    tapes.drop();
    const auto expect_end = [&](TapeStream& stream, std::string got) {
        const Streamed rest = drain(stream);
        got += rest.text;
        expect(!rest.error || *rest.error == ErrorCode::closed,
               "a stream that outlives its provider goes on or is closed");
        expect(rest.error ? whole.starts_with(got) : got == whole, "what it gives is right");
    };
    expect_end(begun, first->to_string());
    expect_end(fresh, "");
}

void after_close(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(tape_of_pieces(environment));
    const std::string whole = tapes.text("t1");
    TapeStream stream = expect_ok(tapes.stream("t1"), "stream");
    const auto first = expect_ok(stream.next(), "next");
    expect_ok(tapes.close(), "close");
    const Streamed rest = drain(stream);
    const std::string got = first->to_string() + rest.text;
    expect(!rest.error || *rest.error == ErrorCode::closed,
           "a stream that is open at close goes on or is closed");
    expect(rest.error ? whole.starts_with(got) : got == whole, "what it gives is right");
}

}  // namespace

std::vector<Case> stream_cases() {
    using enum Need;
    return {
        {"stream.absent",
         "What is not there is not_found, to every reader.",
         {},
         stream_of_nothing},
        {"stream.ranges", "A range gives these bytes and no others.", {writes}, ranges},
        {"stream.beyond_the_end",
         "Beyond the end is nothing, however large the numbers.",
         {writes},
         beyond_the_end},
        {"stream.pieces",
         "The pieces of a large content are all of it, in order.",
         {writes},
         pieces},
        {"stream.several_at_once", "Streams go on beside each other.", {writes}, several_at_once},
        {"stream.replaced_meanwhile",
         "A stream never goes on with another content.",
         {writes},
         replaced_meanwhile},
        {"stream.deleted_meanwhile",
         "A stream of a tape that is deleted is whole, or fails.",
         {writes},
         deleted_meanwhile},
        {"stream.grows", "A new stream gives what was appended since.", {writes, append}, grows},
        {"stream.outlives",
         "A stream that outlives its provider goes on or is closed.",
         {writes},
         outlives},
        {"stream.after_close",
         "A stream that is open when the provider is closed goes on or is closed.",
         {writes},
         after_close},
    };
}

}  // namespace turntable::inline v0::tape::conformance
