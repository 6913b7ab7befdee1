// What is saved, and what comes back.
#include "tape/cases/groups.hpp"
#include "tape/environment.hpp"

namespace turntable::inline v0::tape::conformance {

namespace {

const Labels& some_labels() {
    static const Labels labels = {.name = "given",
                                  .description = "what it is",
                                  .tags = {"a", "b"},
                                  .notes = {"one", "two"},
                                  .attributes = {{"key", "value"}},
                                  .pinned = true};
    return labels;
}

/// A tape with records of every kind.
std::string tape_of_all_kinds(const std::string& id) {
    Head head = sample_head(id, "all kinds");
    head.recorder = "the suite";
    head.endpoint = "http://localhost:1/";
    head.redaction = "default";
    head.links = {{"copy_of", "another"}};
    head.attributes = {{"tags", "from,head"}, {"other", "x"}};
    std::string text;
    auto writer = Writer::create(std::make_unique<MemorySink>(text), head).value();
    constexpr TapeTime second = std::chrono::seconds(1);
    expect_ok(writer.append(Life{.time = second, .event = "spawn", .code = 7}), "append");
    expect_ok(writer.frame({.time = 2 * second,
                            .payload = Bytes::copy("say x"),
                            .redacted = {{.offset = 4, .size = 1, .rule = "r"}}}),
              "frame");
    expect_ok(writer.frame({.time = 3 * second,
                            .direction = Direction::server_aside,
                            .payload = Bytes::copy("on standard error")}),
              "frame");
    expect_ok(writer.append(Gap{.time = 4 * second, .frames = 3, .bytes = 99, .why = "slow"}),
              "append");
    expect_ok(writer.append(Note{.time = 5 * second, .text = "a note"}), "append");
    expect_ok(
        writer.append(Unknown{.time = 6 * second, .kind = "later", .extra = "\"more\":[1,2]"}),
        "append");
    expect_ok(writer.end(7 * second, "stopped"), "end");
    return text;
}

void gives_back(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    Labels mixed = some_labels();
    mixed.tags = {"b", "a", "b"};
    const std::string text = environment.tape("t1");
    const TapeMetadata saved = tapes.put(text, mixed);
    expect(saved == tapes.metadata("t1"), "get_metadata gives what save_tape gave");
    tapes.expect_whole("t1", some_labels());
    expect_equal(text, plain_of(tapes.text("t1")), "the lines of the tape");
    expect_equal(std::uint64_t{1}, saved.facts.errors, "calls that failed, by the analyzer");
}

void all_kinds(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = tape_of_all_kinds("kinds");
    const TapeMetadata saved = tapes.put(text, some_labels());
    tapes.expect_whole("kinds", some_labels());
    expect_equal(text, plain_of(tapes.text("kinds")), "the lines of the tape");
    expect(saved.state == TapeState::incomplete && saved.dropped == 3, "the gap is known");
    expect(saved.end_reason == "stopped" && saved.redacted == 1, "end and redaction are known");
    expect(saved.links == std::vector<Link>{{"copy_of", "another"}}, "the link is known");
}

void hardly_anything(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    for (const std::string end : {"", "complete"}) {
        const std::string id = "empty" + end;
        const std::string text = sample_tape(sample_head(id), {}, end);
        const TapeMetadata saved = tapes.put(text);
        expect_equal(std::uint64_t{0}, saved.frames, "frames");
        expect(saved.state == (end.empty() ? TapeState::interrupted : TapeState::complete),
               "the state of a tape without frames");
        tapes.expect_whole(id, {});
        expect_equal(text, plain_of(tapes.text(id)), "the lines of the tape");
    }
}

void same_bytes(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1", environment.options().largest_bytes / 6), some_labels());
    const StoredTape first = expect_ok(tapes.load("t1"), "load_tape");
    expect_ok(tapes.remove("t1"), "delete_tape");
    const TapeMetadata again = tapes.put(first.content.view().text(), first.metadata.labels);
    expect_equal(first.content.to_string(), tapes.text("t1"), "the bytes of the second copy");
    expect(again == first.metadata, "the metadata of the second copy");
}

void save_packed(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    std::string ignored;
    if (const auto built = Writer::create(std::make_unique<MemorySink>(ignored), sample_head("x"),
                                          {.compression = Compression::zstd});
        !built) {
        throw NotApplicable{"this build has no zstd"};
    }
    const std::vector<SampleCall> calls(100, {"search x", "ok Answer"});
    const std::string plain = sample_tape(sample_head("plain"), calls);
    const std::string packed = sample_tape(sample_head("packed"), calls, "complete",
                                           {.compression = Compression::zstd, .flush_each = false});
    expect(packed.size() < plain.size() / 2, "the packed form is the smaller one");
    const std::string lines = plain_of(packed);
    tapes.put(plain, Labels());
    tapes.put(packed, Labels());
    for (const char* id : {"plain", "packed"}) {
        tapes.expect_whole(id, {});
    }
    expect_equal(plain, plain_of(tapes.text("plain")), "the lines of a plain tape");
    expect_equal(lines, plain_of(tapes.text("packed")), "the lines of a packed tape");
    // One of the two is in the form that the provider has anyway.
    expect(tapes.text("plain") == plain || tapes.text("packed") == packed,
           "a tape in the form of the provider is kept byte for byte");
}

void replaces(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1", 5000), some_labels());
    tapes.put(environment.tape("t2"));
    const std::string other = sample_tape(sample_head("t1", "other"), {{"a"}}, "");
    const TapeMetadata saved =
        expect_ok(tapes.save(other, Labels{.tags = {"new"}}, true), "save_tape, replacing");
    expect_equal(std::string("other"), saved.name(), "the name");
    tapes.expect_whole("t1", {.tags = {"new"}});
    expect_equal(other, plain_of(tapes.text("t1")), "the lines of the new tape");
    tapes.expect_ids({"t1", "t2"});
    expect_ok(tapes.save(environment.tape("t3"), {}, true), "replacing nothing");
    tapes.expect_whole("t3", {});
}

void labels_of_the_head(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = tape_of_all_kinds("t1");
    const Labels of_head = {.tags = {"from", "head"}};
    expect(tapes.put(text).labels == of_head, "the tags of the head");
    tapes.expect_whole("t1", of_head);
    expect(expect_ok(tapes.save(text, Labels(), true), "save_tape").labels == Labels(),
           "labels that are given say all, even none");
    tapes.expect_whole("t1", {});
    expect(expect_ok(tapes.save(text, {}, true), "save_tape").labels == of_head,
           "labels that are not given do not stay");
    tapes.expect_whole("t1", of_head);
}

void save_large(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("large", environment.options().largest_bytes / 2);
    tapes.put(text);
    tapes.expect_whole("large", {});
    expect(text == plain_of(tapes.text("large")), "the lines of a large tape");
}

void names_that_hurt(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::vector<std::string> names = {"../../etc/passwd",
                                            "/root",
                                            ".",
                                            "a/b\\c",
                                            "CON",
                                            "x\ny\tz",
                                            "%00",
                                            "'; drop table",
                                            "\"quoted\"",
                                            "Zo\xC3\xAB \xF0\x9F\x93\xBC"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string id = "t" + std::to_string(i);
        const Labels labels{.name = names[i],
                            .description = names[i],
                            .notes = {names[i]},
                            .attributes = {{"key", names[i]}}};
        tapes.put(sample_tape(sample_head(id, names[i]), {{names[i], "ok"}}), labels);
        tapes.expect_whole(id, labels);
        expect_equal(names[i], tapes.metadata(id).head_name, "the name in the head");
    }
}

void damaged_inside(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    std::string text = environment.tape("t1");
    const std::size_t line = text.find('\n', text.find('\n') + 1) - 20;
    text[line] = text[line] == 'x' ? 'y' : 'x';
    const Result<TapeMetadata> saved = tapes.save(text);
    if (!saved) {
        // A provider that would have to write it anew cannot.
        expect_code(saved, {ErrorCode::corrupt}, "save_tape of a damaged tape");
        tapes.expect_absent("t1");
        return;
    }
    expect(saved->state == TapeState::damaged, "the state of a tape with a line that is no record");
    tapes.expect_whole("t1", {});
    expect_equal(text, tapes.text("t1"), "what cannot be read is kept as it is");
}

void torn_end(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    const std::string text = environment.tape("t1");
    const std::string torn = text.substr(0, text.size() - 9);
    const TapeMetadata saved = tapes.put(torn);
    expect(saved.state == TapeState::interrupted, "the state of a tape with a torn end");
    tapes.expect_whole("t1", {});
    const std::string stored = tapes.text("t1");
    if (stored != torn) {
        // Written anew, in another form: what was whole is there.
        expect_equal(plain_of(torn), plain_of(stored), "the whole lines of a torn tape");
    }
}

void several(Environment& environment) {
    const Tapes& tapes = environment.tapes();
    tapes.put(environment.tape("t1"));
    std::vector<SaveRequest> requests;
    for (const std::string& bytes : {environment.tape("t2"), std::string("no tape"),
                                     environment.tape("t1"), environment.tape("t3")}) {
        requests.push_back({content_of(bytes), Labels{.tags = {"x"}}, false});
    }
    const auto saved = expect_ok(
        tapes.await(tapes.provider().save_tapes({}, requests), "save_tapes"), "save_tapes");
    expect_equal(requests.size(), saved.size(), "an answer for each tape");
    expect(expect_ok(saved[0], "the first").id == "t2", "the answer of the first");
    expect_code(saved[1], {ErrorCode::corrupt}, "the second, which is no tape");
    expect_code(saved[2], {ErrorCode::already_exists}, "the third, which is there");
    expect(expect_ok(saved[3], "the last").id == "t3", "the answer of the last");
    tapes.expect_ids({"t1", "t2", "t3"});
    tapes.expect_whole("t1", {});
    tapes.expect_whole("t2", {.tags = {"x"}});
    tapes.expect_whole("t3", {.tags = {"x"}});
}

}  // namespace

std::vector<Case> save_cases() {
    using enum Need;
    return {
        {"save.gives_back",
         "A tape comes back with what follows from its content and the labels that were given.",
         {writes},
         gives_back},
        {"save.all_kinds", "Records of every kind are kept and known.", {writes}, all_kinds},
        {"save.hardly_anything",
         "A tape without frames, or without an end, is a tape.",
         {writes},
         hardly_anything},
        {"save.same_bytes",
         "What was loaded and is saved again is the same, byte for byte.",
         {writes},
         same_bytes},
        {"save.packed",
         "Tapes are taken plain and packed, and keep their lines.",
         {writes},
         save_packed},
        {"save.replaces",
         "With replace a tape takes the place of another, whole.",
         {writes},
         replaces},
        {"save.labels_of_the_head",
         "Without labels those of the head hold; labels that are given say all.",
         {writes},
         labels_of_the_head},
        {"save.several",
         "Of several tapes that are saved at once each has its own answer.",
         {writes},
         several},
        {"save.large", "A large tape is kept like a small one.", {writes}, save_large},
        {"save.names_that_hurt",
         "Names are labels: none leads anywhere, and each comes back as it was.",
         {writes},
         names_that_hurt},
        {"save.damaged_inside",
         "A tape with a damaged line is kept as it is and said to be damaged, or is corrupt.",
         {writes},
         damaged_inside},
        {"save.torn_end",
         "A tape whose end is torn is kept up to there at least.",
         {writes},
         torn_end},
    };
}

}  // namespace turntable::inline v0::tape::conformance
