#include "turntable/tape/library.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "tape/library/chunked_source.hpp"
#include "turntable/core/handle_core.hpp"
#include "turntable/tape/query.hpp"

namespace turntable::inline v0::tape {

/// What handles, sources and sinks of one library share.
struct Library::State {
    turntable::detail::HandleCore core;
    AnyProvider provider;
    std::chrono::milliseconds ttl;

    /// Metadata for a while; the oldest go when there are too many.
    struct Known {
        TapeMetadata metadata;
        Instant until;
    };
    std::mutex mutex;
    std::map<std::string, Known, std::less<>> known;
    static constexpr std::size_t known_max = 10'000;

    State(turntable::detail::HandleCore handle, AnyProvider made,
          std::chrono::milliseconds metadata_ttl)
        : core(std::move(handle)), provider(std::move(made)), ttl(metadata_ttl) {}

    Context context(const CallOptions& call) const { return call.context(*core.runtime, true); }

    template <class T>
    Result<T> named(Result<T> result, std::string_view operation) const {
        return turntable::detail::named(std::move(result), operation, core);
    }
    std::optional<TapeMetadata> look_up(std::string_view id) {
        const std::lock_guard lock(mutex);
        const auto found = known.find(id);
        if (found == known.end() || core.runtime->clock().steady_now() >= found->second.until) {
            return std::nullopt;
        }
        return found->second.metadata;
    }
    void keep(const TapeMetadata& metadata) {
        // A recording changes all the time.
        if (ttl.count() <= 0 || metadata.state == TapeState::recording) {
            return;
        }
        const Instant until = core.runtime->clock().steady_now() + ttl;
        const std::lock_guard lock(mutex);
        if (known.size() >= known_max && !known.contains(metadata.id)) {
            known.erase(std::ranges::min_element(
                known, {}, [](const auto& entry) { return entry.second.until; }));
        }
        known.insert_or_assign(metadata.id, Known{metadata, until});
    }
    Result<InspectReport> repaired(const InspectOptions& how, std::string_view operation,
                                   const CallOptions& call) {
        auto report = named(provider.inspect(context(call), how).wait(), operation);
        const std::lock_guard lock(mutex);
        known.clear();
        return report;
    }
    void forget(std::string_view id) {
        const std::lock_guard lock(mutex);
        if (const auto found = known.find(id); found != known.end()) {
            known.erase(found);
        }
    }
    Result<TapeMetadata> keeping(Result<TapeMetadata> metadata, std::string_view operation) {
        if (metadata) {
            keep(*metadata);
        }
        return named(std::move(metadata), operation);
    }
};

/// Appends to a tape of a library, and brings its metadata up to date in the end.
class LibrarySink final : public Sink {
  public:
    LibrarySink(std::shared_ptr<Library::State> state, std::string id)
        : state_(std::move(state)), id_(std::move(id)) {}
    ~LibrarySink() override {
        if (size_ > 0) {
            // Nobody could be told of a failure: then the row says `recording` until a rebuild.
            (void)state_->provider.finish_tape(state_->context({}), id_).wait();
            state_->forget(id_);
        }
    }

    Result<void> append(ByteView bytes) override {
        if (bytes.empty()) {
            return {};
        }
        TURNTABLE_TRY(
            size_,
            state_->named(state_->provider.append(state_->context({}), id_, size_, bytes).wait(),
                          "append"));
        return {};
    }
    /// Each append is as durable as the store makes it.
    Result<void> sync() override { return {}; }
    Result<void> truncate(std::uint64_t) override {
        return Error(ErrorCode::unsupported, "a tape in a library is not cut; record a new one");
    }
    std::uint64_t size() const noexcept override { return size_; }

  private:
    std::shared_ptr<Library::State> state_;
    std::string id_;
    std::uint64_t size_ = 0;
};

Library::Library(AnyProvider provider, LibraryOptions options) {
    std::shared_ptr<Runtime> runtime = std::move(options.runtime);
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    state_ = std::make_shared<State>(
        turntable::detail::HandleCore{std::move(runtime), std::move(options.masked_url)},
        std::move(provider), options.metadata_ttl);
}

Result<TapeMetadata> Library::save(std::unique_ptr<Source> content, const SaveOptions& options,
                                   const CallOptions& call) const {
    const SaveRequest request{std::move(content), options.labels, options.replace};
    return state_->keeping(state_->provider.save_tape(state_->context(call), request).wait(),
                           "save");
}

Result<TapeMetadata> Library::save_file(const std::string& path, const SaveOptions& options,
                                        const CallOptions& call) const {
    TURNTABLE_TRY(auto source, FileSource::open(path));
    auto saved = save(std::move(source), options, call);
    return saved ? std::move(saved)
                 : Result<TapeMetadata>(std::move(saved).error().with("path", path));
}

std::vector<Result<TapeMetadata>> Library::save_files(std::span<const std::string> paths,
                                                      const SaveOptions& options,
                                                      const CallOptions& call) const {
    // So many files are open at a time.
    constexpr std::size_t batch_max = 64;
    std::vector<Result<TapeMetadata>> saved;
    saved.reserve(paths.size());
    while (!paths.empty()) {
        const auto batch = paths.first(std::min(paths.size(), batch_max));
        paths = paths.subspan(batch.size());
        std::vector<std::unique_ptr<Source>> contents;
        std::vector<std::size_t> places;
        for (const std::string& path : batch) {
            auto source = FileSource::open(path);
            if (source) {
                contents.push_back(*std::move(source));
                places.push_back(saved.size());
                saved.emplace_back(TapeMetadata());
            } else {
                saved.emplace_back(std::move(source).error().with("path", path));
            }
        }
        auto answers = save_all(std::move(contents), options, call);
        for (std::size_t i = 0; i < places.size(); ++i) {
            const std::size_t at = places[i];
            saved[at] = answers[i]
                            ? std::move(answers[i])
                            : Result<TapeMetadata>(
                                  std::move(answers[i])
                                      .error()
                                      .with("path", batch[at - (saved.size() - batch.size())]));
        }
    }
    return saved;
}

std::vector<Result<TapeMetadata>> Library::save_all(std::vector<std::unique_ptr<Source>> contents,
                                                    const SaveOptions& options,
                                                    const CallOptions& call) const {
    std::vector<SaveRequest> requests;
    requests.reserve(contents.size());
    for (std::unique_ptr<Source>& content : contents) {
        requests.push_back({std::move(content), options.labels, options.replace});
    }
    auto answers = state_->provider.save_tapes(state_->context(call), requests).wait();
    std::vector<Result<TapeMetadata>> saved;
    saved.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        saved.push_back(state_->keeping(
            answers ? std::move((*answers)[i]) : Result<TapeMetadata>(answers.error()), "save"));
    }
    return saved;
}

Result<std::unique_ptr<Sink>> Library::sink(std::string_view id) const {
    TURNTABLE_CHECK(check_tape_id(id));
    const auto there = state_->provider.get_metadata(state_->context({}), id).wait();
    if (there) {
        return Error(ErrorCode::already_exists, "there is a tape of this id")
            .with("id", std::string(id))
            .during("sink")
            .on(url());
    }
    if (there.error().code() != ErrorCode::not_found) {
        return state_->named(Result<std::unique_ptr<Sink>>(there.error()), "sink");
    }
    return std::unique_ptr<Sink>(std::make_unique<LibrarySink>(state_, std::string(id)));
}

Result<TapeMetadata> Library::metadata(std::string_view id, const CallOptions& call) const {
    TURNTABLE_CHECK(check_tape_id(id));
    if (auto known = state_->look_up(id)) {
        return *std::move(known);
    }
    return state_->keeping(state_->provider.get_metadata(state_->context(call), id).wait(),
                           "metadata");
}

Result<StoredTape> Library::load(std::string_view id, const CallOptions& call) const {
    TURNTABLE_CHECK(check_tape_id(id));
    return state_->named(state_->provider.load_tape(state_->context(call), id).wait(), "load");
}

std::vector<Result<StoredTape>> Library::load_all(std::span<const std::string> ids,
                                                  const CallOptions& call) const {
    std::vector<Result<StoredTape>> loaded;
    loaded.reserve(ids.size());
    for (const std::string& id : ids) {
        loaded.push_back(load(id, call));
    }
    return loaded;
}

Result<std::unique_ptr<Source>> Library::source(std::string_view id,
                                                const CallOptions& call) const {
    TURNTABLE_TRY(const TapeMetadata tape, metadata(id, call));
    // A tape that is being recorded grows, and metadata do not tell by how much: its end is where
    // the stream ends.
    const auto fetch = [state = state_, name = tape.id](std::uint64_t offset,
                                                        std::uint64_t count) -> Result<Bytes> {
        const Context context = state->context({});
        TURNTABLE_TRY(auto stream, state->provider.stream(context, name, {offset, count}));
        TURNTABLE_TRY(auto bytes, state->named(stream.next(context).wait(), "source"));
        return bytes ? *std::move(bytes) : Bytes();
    };
    auto size = [fetch, known = tape.stored_bytes]() mutable -> Result<std::uint64_t> {
        for (;;) {
            TURNTABLE_TRY(const Bytes more, fetch(known, std::uint64_t{256} << 10U));
            if (more.empty()) {
                return known;
            }
            known += more.size();
        }
    };
    return std::unique_ptr<Source>(std::make_unique<ChunkedSource>(std::move(size), fetch));
}

Result<TapeMetadata> Library::update(std::string_view id, const LabelChange& change,
                                     const CallOptions& call) const {
    TURNTABLE_CHECK(check_tape_id(id));
    state_->forget(id);
    return state_->keeping(
        state_->provider.update_metadata(state_->context(call), id, change).wait(), "update");
}

Result<TapeMetadata> Library::rename(std::string_view id, std::string name,
                                     const CallOptions& call) const {
    return update(id, {.name = std::move(name)}, call);
}
Result<TapeMetadata> Library::tag(std::string_view id, std::vector<std::string> add,
                                  std::vector<std::string> remove, const CallOptions& call) const {
    return update(id, {.add_tags = std::move(add), .remove_tags = std::move(remove)}, call);
}
Result<TapeMetadata> Library::note(std::string_view id, std::string text,
                                   const CallOptions& call) const {
    return update(id, {.add_notes = {std::move(text)}}, call);
}
Result<TapeMetadata> Library::pin(std::string_view id, bool pinned, const CallOptions& call) const {
    return update(id, {.pinned = pinned}, call);
}

Result<void> Library::remove(std::string_view id, const CallOptions& call) const {
    TURNTABLE_CHECK(check_tape_id(id));
    state_->forget(id);
    return state_->named(state_->provider.delete_tape(state_->context(call), id).wait(), "remove");
}

Result<TapePage> Library::search(const SearchCriteria& criteria, const CallOptions& call) const {
    auto page = state_->named(state_->provider.list_tapes(state_->context(call), criteria).wait(),
                              "search");
    if (page) {
        std::ranges::for_each(page->tapes,
                              [this](const TapeMetadata& tape) { state_->keep(tape); });
    }
    return page;
}

Result<InspectReport> Library::verify(const CallOptions& call) const {
    return state_->named(state_->provider.inspect(state_->context(call), {.contents = true}).wait(),
                         "verify");
}

Result<InspectReport> Library::rebuild(const CallOptions& call) const {
    return state_->repaired({.contents = true, .repair = true}, "rebuild", call);
}

Result<InspectReport> Library::catch_up(const CallOptions& call) const {
    return state_->repaired({.repair = true}, "catch_up", call);
}

Result<Health> Library::health(const CallOptions& call) const {
    return state_->named(state_->provider.health_check(state_->context(call)).wait(), "health");
}

Result<void> Library::close(const CallOptions& call) const {
    return state_->named(state_->provider.close(state_->context(call)).wait(), "close");
}

const std::string& Library::url() const noexcept { return state_->core.url; }
Runtime& Library::runtime() const noexcept { return *state_->core.runtime; }
AnyProvider& Library::provider() const noexcept { return state_->provider; }

}  // namespace turntable::inline v0::tape
