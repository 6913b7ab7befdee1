#include "tape/tapes.hpp"

#include <algorithm>
#include <utility>

#include "turntable/conformance/tape/sample.hpp"

namespace turntable::inline v0::tape::conformance {

using turntable::conformance::expect;
using turntable::conformance::expect_code;
using turntable::conformance::expect_equal;
using turntable::conformance::expect_ok;
using turntable::conformance::fail;
using turntable::conformance::show;

namespace {

std::string shown(const TapeMetadata& tape) {
    return show(tape.id) + ", " + std::string(to_string(tape.state)) + ", " +
           std::to_string(tape.frames) + " frames, " + std::to_string(tape.stored_bytes) + " bytes";
}
std::string shown(const StoredTape& tape) {
    return shown(tape.metadata) + " with " + show(tape.content.view());
}
std::string shown(std::uint64_t number) { return std::to_string(number); }
std::string shown(const std::optional<Bytes>& piece) {
    return piece ? show(piece->view()) : "the end";
}
std::string shown(const TapePage& page) {
    std::string text = std::to_string(page.tapes.size()) + " tapes";
    for (const TapeMetadata& tape : page.tapes) {
        text += (&tape == page.tapes.data() ? ": " : " ") + tape.id;
    }
    return text + (page.next.empty() ? "" : ", and more");
}
std::string shown(const InspectReport& report) {
    std::string text = std::to_string(report.tapes) + " tapes";
    for (const IndexProblem& problem : report.problems) {
        text += ", " + problem.id + ": " + std::string(to_string(problem.kind));
    }
    return text;
}
std::string shown(const Health& health) {
    return health.state == Health::State::healthy ? "healthy" : "not healthy: " + health.reason;
}

template <class T>
std::string answer(const Result<T>& result) {
    if (!result) {
        return result.error().to_string();
    }
    if constexpr (std::is_void_v<T>) {
        return "fine";
    } else {
        return shown(*result);
    }
}

std::string named(std::string_view call, std::string_view id) {
    return std::string(call) + " " + show(ByteView(id));
}

Result<TapeMetadata> of_id(Result<TapeMetadata> tape, std::string_view id) {
    if (tape) {
        expect_equal(std::string(id), tape->id, "the id in the metadata of a tape");
    }
    return tape;
}

}  // namespace

std::shared_ptr<Source> content_of(std::string_view bytes) {
    return std::make_shared<MemorySource>(Bytes::copy(bytes));
}

Result<std::optional<Bytes>> TapeStream::next() {
    auto piece = watch_->await(inside_->next(watch_->context({})), what_, inside_);
    watch_->trace().add(what_ + " -> " + answer(piece));
    if (piece && *piece && (*piece)->empty()) {
        fail("a piece of a stream", "at least one byte", "none");
    }
    if (ended_ && (!piece || *piece)) {
        fail("what a stream gives after its end or an error", "the end", answer(piece));
    }
    ended_ = !piece || !*piece;
    return piece;
}

Result<std::string> TapeStream::rest() {
    std::string text;
    for (;;) {
        TURNTABLE_TRY(const auto piece, next());
        if (!piece) {
            return text;
        }
        text += piece->text();
    }
}

template <class T>
Result<T> Tapes::answered(const std::string& what, Async<T> async) const {
    Result<T> result = watch_->await(std::move(async), what, inside_);
    watch_->trace().add(label_ + ": " + what + " -> " + answer(result));
    return result;
}

Result<TapeMetadata> Tapes::save(const SaveRequest& request) const {
    return answered(request.replace ? "save_tape, replacing" : "save_tape",
                    inside_->save_tape(watch_->context({}), request));
}
Result<StoredTape> Tapes::load(std::string_view id) const {
    auto tape = answered(named("load_tape", id), inside_->load_tape(watch_->context({}), id));
    if (tape) {
        expect_equal(std::string(id), tape->metadata.id, "the id of a tape that is loaded");
    }
    return tape;
}
Result<std::uint64_t> Tapes::append(std::string_view id, std::uint64_t offset,
                                    ByteView bytes) const {
    return answered(named("append", id) + " at " + std::to_string(offset) + " " + show(bytes),
                    inside_->append(watch_->context({}), id, offset, bytes));
}
Result<TapeStream> Tapes::stream(std::string_view id, const ContentRange& range) const {
    const std::string what = label_ + ": " + named("stream", id) + " from " +
                             std::to_string(range.offset) + ", " + std::to_string(range.length);
    Result<Stream<Bytes>> opened = inside_->stream(watch_->context({}), id, range);
    if (!opened) {
        watch_->trace().add(what + " -> " + opened.error().to_string());
        return std::move(opened).error();
    }
    return TapeStream(*std::move(opened), watch_, what);
}
Result<void> Tapes::remove(std::string_view id) const {
    return answered(named("delete_tape", id), inside_->delete_tape(watch_->context({}), id));
}
Result<TapePage> Tapes::list(const SearchCriteria& criteria) const {
    auto page = answered("list_tapes", inside_->list_tapes(watch_->context({}), criteria));
    if (page) {
        expect(page->tapes.size() <= criteria.limit, "a page holds no more tapes than its limit");
        expect(page->next.empty() || !page->tapes.empty(), "what goes on has begun");
        expect(page->answered == Answered::scan || page->scanned == 0,
               "what the index answered read no content");
    }
    return page;
}
Result<TapeMetadata> Tapes::get(std::string_view id) const {
    return of_id(
        answered(named("get_metadata", id), inside_->get_metadata(watch_->context({}), id)), id);
}
Result<TapeMetadata> Tapes::update(std::string_view id, const LabelChange& change) const {
    return of_id(answered(named("update_metadata", id),
                          inside_->update_metadata(watch_->context({}), id, change)),
                 id);
}
Result<TapeMetadata> Tapes::finish(std::string_view id) const {
    return of_id(answered(named("finish_tape", id), inside_->finish_tape(watch_->context({}), id)),
                 id);
}
Result<InspectReport> Tapes::inspect(const InspectOptions& options) const {
    return answered("inspect", inside_->inspect(watch_->context({}), options));
}
Result<Health> Tapes::health() const {
    return answered("health_check", inside_->health_check(watch_->context({})));
}
Result<void> Tapes::close() const { return answered("close", inside_->close(watch_->context({}))); }
Result<std::string> Tapes::read(std::string_view id, const ContentRange& range) const {
    TURNTABLE_TRY(TapeStream opened, stream(id, range));
    return opened.rest();
}

Abilities Tapes::abilities() const {
    const auto refused = [](const auto& result, ErrorCode code) {
        return !result && result.error().code() == code;
    };
    Abilities can;
    can.writes = !refused(remove("probe"), ErrorCode::permission_denied);
    can.append = can.writes && !refused(append("probe", 1, "x"), ErrorCode::unsupported);
    return can;
}

TapeMetadata Tapes::put(std::string_view bytes, std::optional<Labels> labels,
                        const Location& where) const {
    return expect_ok(save(bytes, std::move(labels)), "save_tape", where);
}
std::uint64_t Tapes::record(std::string_view id, std::uint64_t offset, std::string_view bytes,
                            const Location& where) const {
    const std::uint64_t size = expect_ok(append(id, offset, bytes), named("append", id), where);
    expect_equal(offset + bytes.size(), size, "the bytes that the content has then", where);
    return size;
}
TapeMetadata Tapes::metadata(std::string_view id, const Location& where) const {
    return expect_ok(get(id), named("get_metadata", id), where);
}
std::string Tapes::text(std::string_view id, const ContentRange& range,
                        const Location& where) const {
    return expect_ok(read(id, range), named("stream", id), where);
}

void Tapes::expect_absent(std::string_view id, const Location& where) const {
    expect_code(get(id), {ErrorCode::not_found}, named("get_metadata", id), where);
    expect_code(load(id), {ErrorCode::not_found}, named("load_tape", id), where);
    expect_code(read(id), {ErrorCode::not_found}, named("stream", id), where);
    const TapePage page = expect_ok(list({.limit = 1000}), "list_tapes", where);
    expect(std::ranges::find(page.tapes, id, &TapeMetadata::id) == page.tapes.end(),
           "a tape that is not there is not listed", where);
}

void Tapes::expect_ids(std::vector<std::string> ids, const Location& where) const {
    std::vector<std::string> found;
    for (const TapeMetadata& tape : expect_ok(list({.limit = 1000}), "list_tapes", where).tapes) {
        found.push_back(tape.id);
    }
    std::ranges::sort(ids);
    std::ranges::sort(found);
    expect_equal(ids, found, "the tapes that are listed", where);
}

void Tapes::expect_whole(std::string_view id, const Labels& labels, const Location& where) const {
    const StoredTape tape = expect_ok(load(id), named("load_tape", id), where);
    expect_equal(tape.content.to_string(), text(id, {}, where), "stream and load_tape", where);
    TapeMetadata derived =
        expect_ok(derive_metadata(std::make_unique<MemorySource>(tape.content), sample_analyzer()),
                  "reading what was loaded", where);
    derived.labels = labels;
    const auto expect_derived = [&](const TapeMetadata& metadata, std::string_view what) {
        if (metadata != derived) {
            fail(std::string(what) + ": what follows from the content, and the labels",
                 shown(derived), shown(metadata), where);
        }
    };
    expect_derived(tape.metadata, "metadata from load_tape");
    expect_derived(metadata(id, where), "metadata from get_metadata");
    SearchCriteria this_one{.limit = 2};
    this_one.where =
        Expression::of({.field = Field::id, .compare = Compare::equal, .text = std::string(id)});
    for (const TapeMetadata& listed : expect_ok(list(this_one), "list_tapes", where).tapes) {
        if (listed.id == id) {
            expect_derived(listed, "metadata from list_tapes");
            return;
        }
    }
    fail("list_tapes by id", "the tape", "no such tape", where);
}

}  // namespace turntable::inline v0::tape::conformance
