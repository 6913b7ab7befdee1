#include "conformance/tape_faulty.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "conformance/between.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::conformance_test {

using namespace tape;

struct FaultyTapes::Inside {
    Inside(AnyProvider made, TapeDefect which) : provider(std::move(made)), defect(which) {}

    AnyProvider provider;
    TapeDefect defect;
    bool is_hidden(std::string_view id) {
        const std::scoped_lock guard(mutex);
        return hidden.contains(std::string(id));
    }

    Between between;
    std::atomic<bool> closed = false;
    std::mutex mutex;
    std::set<std::string> hidden;
};

namespace {

Error made_up(ErrorCode code) { return {code, "as the defect wants it"}; }

bool failed_with(const auto& result, ErrorCode code) {
    return !result && result.error().code() == code;
}

Bytes all_of(Source& source) {
    std::string bytes(source.size().value(), '\0');
    (void)source.read(0, bytes.data(), bytes.size());
    return Bytes::take(std::move(bytes));
}

bool asks_for_text(const Expression& where) {
    return (where.kind == Expression::Kind::term && where.term.field == Field::text) ||
           std::ranges::any_of(where.parts, asks_for_text);
}

class FaultyStream final : public StreamSource<Bytes> {
  public:
    FaultyStream(std::shared_ptr<FaultyTapes::Inside> inside, Stream<Bytes> stream, std::string id)
        : inside_(std::move(inside)), stream_(std::move(stream)), id_(std::move(id)) {}

    Async<std::optional<Bytes>> next(const Context& context) override {
        const TapeDefect defect = inside_->defect;
        if (defect == TapeDefect::empty_piece && count_++ == 0) {
            return std::optional(Bytes());
        }
        if (defect == TapeDefect::only_first_piece && count_++ > 0) {
            return std::optional<Bytes>();
        }
        if (defect == TapeDefect::stream_follows_replace) {
            stream_ = inside_->provider.stream(context, id_, {.offset = given_}).value();
        }
        Result<std::optional<Bytes>> piece = stream_.next(context).wait();
        if (piece && *piece) {
            given_ += (*piece)->size();
        }
        if (failed_with(piece, ErrorCode::not_found) &&
            defect == TapeDefect::absent_stream_is_empty) {
            return std::optional<Bytes>();
        }
        if (!piece && defect == TapeDefect::stream_error_repeats) {
            failed_ = piece.error();
        }
        return failed_ ? Result<std::optional<Bytes>>(*failed_) : std::move(piece);
    }

  private:
    std::shared_ptr<FaultyTapes::Inside> inside_;
    Stream<Bytes> stream_;
    std::string id_;
    std::uint64_t given_ = 0;
    int count_ = 0;
    std::optional<Error> failed_;
};

}  // namespace

FaultyTapes::FaultyTapes(AnyProvider provider, TapeDefect defect)
    : inside_(std::make_shared<Inside>(std::move(provider), defect)) {}

AnyProvider& FaultyTapes::inner() const { return inside_->provider; }
bool FaultyTapes::has(TapeDefect defect) const { return inside_->defect == defect; }
bool FaultyTapes::is_there(std::string_view id) const {
    return inner().get_metadata({}, id).wait().has_value();
}

Async<TapeMetadata> FaultyTapes::save_tape(const Context& context, SaveRequest request) {
    const auto head = [&]() -> std::string {
        const auto tape = derive_metadata(std::make_unique<MemorySource>(all_of(*request.content)));
        return tape ? tape->id : std::string("none");
    };
    if (has(TapeDefect::labels_dropped)) {
        request.labels = Labels();
    }
    if (has(TapeDefect::replace_refused)) {
        request.replace = false;
    }
    if (has(TapeDefect::replace_keeps_labels) && request.replace && !request.labels) {
        request.labels = inner().get_metadata({}, head()).wait().value().labels;
    }
    if (has(TapeDefect::content_is_cut)) {
        Bytes bytes = all_of(*request.content);
        const std::size_t end = std::min<std::size_t>(bytes.size(), 500'000);
        request.content = std::make_shared<MemorySource>(bytes.slice(0, end));
    }
    if (has(TapeDefect::save_checks_first)) {
        if (is_there(head())) {
            return made_up(ErrorCode::already_exists);
        }
        inside_->between.wait();
    }
    request.replace =
        request.replace || has(TapeDefect::save_overwrites) || has(TapeDefect::save_checks_first);
    Result<TapeMetadata> saved = inner().save_tape(context, request).wait();
    if (failed_with(saved, ErrorCode::corrupt) && has(TapeDefect::no_tape_is_io)) {
        return made_up(ErrorCode::io);
    }
    if (failed_with(saved, ErrorCode::invalid_argument) && has(TapeDefect::wrong_id_is_conflict)) {
        return made_up(ErrorCode::conflict);
    }
    if (failed_with(saved, ErrorCode::io) && has(TapeDefect::broken_source_leaves_part)) {
        std::string part(600'000, '\0');
        (void)request.content->read(0, part.data(), part.size());
        const auto content = std::make_shared<MemorySource>(Bytes::take(std::move(part)));
        (void)inner().save_tape({}, {.content = content, .replace = true}).wait();
    }
    if (saved && has(TapeDefect::delete_only_unlists)) {
        const std::scoped_lock guard(inside_->mutex);
        inside_->hidden.erase(saved->id);
    }
    return saved;
}

Async<StoredTape> FaultyTapes::load_tape(const Context& context, std::string_view id) {
    if (has(TapeDefect::load_in_two_steps)) {
        const auto metadata = inner().get_metadata({}, id).wait();
        inside_->between.wait();
        Result<StoredTape> tape = inner().load_tape(context, id).wait();
        if (tape && metadata) {
            tape->metadata = *metadata;
        }
        return tape;
    }
    return inner().load_tape(context, id);
}

Async<std::uint64_t> FaultyTapes::append(const Context& context, std::string_view id,
                                         std::uint64_t offset, ByteView bytes) {
    if (has(TapeDefect::append_doubles) && offset > 0 && is_there(id)) {
        const Result<StoredTape> now = inner().load_tape({}, id).wait();
        return inner().append(context, id, now->content.size(), bytes);
    }
    if (has(TapeDefect::begin_checks_first) && offset == 0) {
        if (is_there(id)) {
            return made_up(ErrorCode::already_exists);
        }
        inside_->between.wait();
    }
    if ((has(TapeDefect::append_begins_anew) || has(TapeDefect::begin_checks_first)) &&
        offset == 0) {
        (void)inner().delete_tape({}, id).wait();
    }
    Result<std::uint64_t> size = inner().append(context, id, offset, bytes).wait();
    if (failed_with(size, ErrorCode::conflict) && has(TapeDefect::append_takes_conflicts)) {
        return offset + bytes.size();
    }
    if (failed_with(size, ErrorCode::not_found) && has(TapeDefect::append_to_nothing_is_conflict)) {
        return made_up(ErrorCode::conflict);
    }
    if (failed_with(size, ErrorCode::corrupt) && has(TapeDefect::append_begins_anything)) {
        return std::uint64_t{bytes.size()};
    }
    return size && has(TapeDefect::append_tells_its_part)
               ? Result<std::uint64_t>(std::uint64_t{bytes.size()})
               : size;
}

Result<Stream<Bytes>> FaultyTapes::stream(const Context& context, std::string_view id,
                                          ContentRange range) {
    if (has(TapeDefect::range_one_too_many) && range.length < 1000) {
        ++range.length;
    }
    if (has(TapeDefect::range_beyond_fails)) {
        const auto tape = inner().get_metadata({}, id).wait();
        if (tape && range.offset > tape->stored_bytes) {
            return made_up(ErrorCode::out_of_range);
        }
    }
    Result<Stream<Bytes>> stream = inner().stream(context, id, range);
    if (failed_with(stream, ErrorCode::invalid_argument) && has(TapeDefect::hurting_id_is_absent)) {
        return made_up(ErrorCode::not_found);
    }
    if (!stream) {
        return stream;
    }
    return Stream<Bytes>(
        std::make_unique<FaultyStream>(inside_, *std::move(stream), std::string(id)));
}

Async<void> FaultyTapes::delete_tape(const Context& context, std::string_view id) {
    if (has(TapeDefect::delete_only_unlists) && is_there(id)) {
        const std::scoped_lock guard(inside_->mutex);
        inside_->hidden.emplace(id);
        return Result<void>();
    }
    if (has(TapeDefect::delete_checks_first)) {
        if (!is_there(id)) {
            return made_up(ErrorCode::not_found);
        }
        inside_->between.wait();
        (void)inner().delete_tape(context, id).wait();
        return Result<void>();
    }
    Result<void> deleted = inner().delete_tape(context, id).wait();
    if (failed_with(deleted, ErrorCode::not_found) && has(TapeDefect::delete_absent_is_fine)) {
        return Result<void>();
    }
    return deleted;
}

Async<TapePage> FaultyTapes::list_tapes(const Context& context, SearchCriteria criteria) {
    std::size_t skipped = 0;
    const std::size_t limit = criteria.limit;
    if (has(TapeDefect::no_limit_of_a_page)) {
        criteria.limit = std::clamp<std::uint32_t>(criteria.limit, 1, limits::page_tapes_max);
    }
    if (has(TapeDefect::limit_one_too_many)) {
        ++criteria.limit;
    }
    if (has(TapeDefect::order_ignored)) {
        criteria.sort = {};
    }
    if (has(TapeDefect::cursor_is_an_offset)) {
        skipped = criteria.cursor.empty() ? 0 : std::stoul(criteria.cursor);
        criteria.cursor.clear();
        criteria.limit = limits::page_tapes_max;
    }
    if (has(TapeDefect::text_is_not_searched) && asks_for_text(criteria.where)) {
        return TapePage();
    }
    Result<TapePage> page = inner().list_tapes(context, criteria).wait();
    if (failed_with(page, ErrorCode::invalid_argument) &&
        has(TapeDefect::wrong_criteria_find_nothing)) {
        return TapePage();
    }
    if (page && has(TapeDefect::only_first_page)) {
        page->next.clear();
    }
    if (page && has(TapeDefect::cursor_is_an_offset)) {
        auto& tapes = page->tapes;
        tapes.erase(tapes.begin(),
                    tapes.begin() + static_cast<long>(std::min(skipped, tapes.size())));
        if (tapes.size() > limit) {
            tapes.resize(limit);
            page->next = std::to_string(skipped + limit);
        }
    }
    if (page) {
        std::erase_if(page->tapes,
                      [&](const TapeMetadata& tape) { return inside_->is_hidden(tape.id); });
    }
    return page;
}

Async<TapeMetadata> FaultyTapes::get_metadata(const Context& context, std::string_view id) {
    std::string asked(id);
    if (has(TapeDefect::ids_fold_case)) {
        std::ranges::transform(asked, asked.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    }
    Result<TapeMetadata> tape = inner().get_metadata(context, asked).wait();
    if (tape && has(TapeDefect::links_forgotten)) {
        tape->links.clear();
    }
    return tape;
}

Async<TapeMetadata> FaultyTapes::update_metadata(const Context& context, std::string_view id,
                                                 const LabelChange& change) {
    Result<TapeMetadata> before = inner().get_metadata({}, id).wait();
    if (before && has(TapeDefect::update_is_not_kept)) {
        TURNTABLE_TRY(before->labels, changed(before->labels, change));
        return before;
    }
    if (before && has(TapeDefect::labels_read_and_written)) {
        inside_->between.wait();
        const Labels now = inner().get_metadata({}, id).wait()->labels;
        (void)inner().update_metadata({}, id, {.remove_tags = now.tags}).wait();
        (void)inner().update_metadata({}, id, {.add_tags = before->labels.tags}).wait();
    }
    if (before && has(TapeDefect::update_replaces_tags) && !change.add_tags.empty()) {
        (void)inner().update_metadata({}, id, {.remove_tags = before->labels.tags}).wait();
    }
    Result<TapeMetadata> tape = inner().update_metadata(context, id, change).wait();
    if (failed_with(tape, ErrorCode::invalid_argument) && has(TapeDefect::wrong_change_half_made)) {
        (void)inner().update_metadata({}, id, {.name = change.name}).wait();
    }
    if (failed_with(tape, ErrorCode::not_found) && has(TapeDefect::absent_update_is_fine)) {
        return TapeMetadata{.id = std::string(id)};
    }
    return tape;
}

Async<Health> FaultyTapes::health_check(const Context& context) {
    if (has(TapeDefect::is_unwell)) {
        return Health{.state = Health::State::unhealthy, .reason = "as the defect wants it"};
    }
    return inner().health_check(context);
}

Async<TapeMetadata> FaultyTapes::finish_tape(const Context& context, std::string_view id) {
    if (has(TapeDefect::finish_does_nothing)) {
        return inner().get_metadata(context, id);
    }
    Result<TapeMetadata> tape = inner().finish_tape(context, id).wait();
    if (tape && has(TapeDefect::finish_forgets_labels)) {
        return inner().update_metadata(context, id, {.name = "", .remove_tags = tape->labels.tags});
    }
    return tape;
}

Async<InspectReport> FaultyTapes::inspect(const Context& context, const InspectOptions& options) {
    Result<InspectReport> report = inner().inspect(context, options).wait();
    if (report && has(TapeDefect::inspection_sees_ghosts)) {
        report->problems.push_back(
            {"ghost", IndexProblem::Kind::no_content, "as the defect wants"});
    }
    return report;
}

Async<void> FaultyTapes::close(const Context& context) {
    if (has(TapeDefect::answers_after_close)) {
        return Result<void>();
    }
    if (has(TapeDefect::second_close_fails) && inside_->closed.exchange(true)) {
        return made_up(ErrorCode::closed);
    }
    return inner().close(context);
}

Result<AnyProvider> open_tape_memory(const std::string& name, const OpenOptions& options) {
    const auto blobs = std::make_shared<blob::Registry>();
    const auto indexes = std::make_shared<kv::Registry>();
    tape::Registry registry;
    TURNTABLE_CHECK(blob::register_memory(*blobs));
    TURNTABLE_CHECK(kv::register_memory(*indexes));
    TURNTABLE_CHECK(register_stock(registry, blobs, indexes));
    TURNTABLE_TRY(const Library library, registry.open("memory:" + name, options));
    return std::move(library.provider());
}

tape::conformance::Subject faulty_tape_subject(TapeDefect defect) {
    const auto open = [defect](const std::string& place,
                               const OpenOptions& options) -> Result<AnyProvider> {
        TURNTABLE_TRY(AnyProvider memory, open_tape_memory(place, options));
        return AnyProvider(FaultyTapes(std::move(memory), defect));
    };
    static std::atomic<int> count = 0;
    const auto new_place = [] { return "faulty" + std::to_string(++count); };
    tape::conformance::Subject subject =
        tape::conformance::placed_subject("faulty", new_place, open);
    // What is in memory stays only while somebody has it open.
    const auto kept = std::make_shared<std::optional<AnyProvider>>();
    subject.open_fresh = [first = subject.open_fresh, second = subject.open_second,
                          kept](const OpenOptions& options) {
        auto provider = first(options);
        kept->reset();
        if (auto another = second(options)) {
            kept->emplace(*std::move(another));
        }
        return provider;
    };
    if (defect == TapeDefect::reopen_loses_tapes || defect == TapeDefect::second_is_another) {
        const auto elsewhere = [open, new_place](const OpenOptions& options) {
            return open(new_place(), options);
        };
        (defect == TapeDefect::reopen_loses_tapes ? subject.reopen : subject.open_second) =
            elsewhere;
    }
    return subject;
}

}  // namespace turntable::conformance_test
