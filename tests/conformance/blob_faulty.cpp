#include "conformance/blob_faulty.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "conformance/between.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::conformance_test {

using namespace blob;

struct FaultyBlobs::Inside {
    Inside(MemoryOptions options, BlobDefect which)
        : runtime(options.runtime), defect(which), memory(std::move(options)) {}

    std::shared_ptr<Runtime> runtime;
    BlobDefect defect;
    MemoryBackend memory;
    Between between;
    std::atomic<bool> closed = false;
    std::mutex mutex;
    std::vector<Promise<Metadata>> never;
};

namespace {

Error made_up(ErrorCode code) { return {code, "as the defect wants it"}; }

class OnePage final : public StreamSource<EntryPage> {
  public:
    OnePage(EntryPage page, bool begins_empty)
        : page_(std::move(page)), begins_empty_(begins_empty) {}
    Async<std::optional<EntryPage>> next(const Context& /*context*/) override {
        if (std::exchange(begins_empty_, false)) {
            return std::optional(EntryPage());
        }
        EntryPage page = std::exchange(page_, {});
        return page.empty() ? std::optional<EntryPage>() : std::optional(std::move(page));
    }

  private:
    EntryPage page_;
    bool begins_empty_;
};

class FaultySource final : public ReadSource {
  public:
    FaultySource(std::shared_ptr<FaultyBlobs::Inside> inside, std::string path, ReadHandle source)
        : inside_(std::move(inside)), path_(std::move(path)), source_(std::move(source)) {}
    const Metadata& metadata() const noexcept override { return source_->metadata(); }
    Async<Bytes> read(const Context& context, std::uint64_t offset,
                      std::size_t length_max) override {
        if (inside_->defect == BlobDefect::reader_follows_writes) {
            return inside_->memory.read(context, path_, {.offset = offset, .length = length_max},
                                        {});
        }
        const bool ignores = inside_->defect == BlobDefect::reader_ignores_length;
        return source_->read(context, offset, ignores ? SIZE_MAX : length_max);
    }

  private:
    std::shared_ptr<FaultyBlobs::Inside> inside_;
    std::string path_;
    ReadHandle source_;
};

class FaultySink final : public WriteSink {
  public:
    FaultySink(std::shared_ptr<FaultyBlobs::Inside> inside, std::string path, WriteHandle sink)
        : inside_(std::move(inside)), path_(std::move(path)), sink_(std::move(sink)) {
        if (has(BlobDefect::temporary_file_listed)) {
            (void)inside_->memory.write({}, temporary(), "x", {}).wait();
        }
    }
    FaultySink(const FaultySink&) = delete;
    FaultySink& operator=(const FaultySink&) = delete;
    ~FaultySink() override {
        if (has(BlobDefect::drop_finishes) && !ended_) {
            (void)sink_->finish({}).wait();
        }
        if (has(BlobDefect::temporary_file_listed)) {
            (void)inside_->memory.remove({}, temporary(), {}).wait();
        }
    }
    Async<void> write(const Context& context, ByteView bytes) override {
        if (has(BlobDefect::visible_before_finish)) {
            (void)inside_->memory.write(context, path_, bytes, {}).wait();
        }
        return sink_->write(context, bytes);
    }
    Async<Metadata> finish(const Context& context) override {
        ended_ = true;
        if (has(BlobDefect::finish_hangs)) {
            const std::scoped_lock guard(inside_->mutex);
            inside_->never.emplace_back(*inside_->runtime, Context());
            return inside_->never.back().take_async();
        }
        return sink_->finish(context);
    }
    Async<void> abort(const Context& context) override {
        ended_ = true;
        if (has(BlobDefect::abort_leaves_part)) {
            (void)sink_->finish(context).wait();
        }
        return sink_->abort(context);
    }

  private:
    bool has(BlobDefect defect) const noexcept { return inside_->defect == defect; }
    std::string temporary() const { return path_ + ".tmp"; }

    std::shared_ptr<FaultyBlobs::Inside> inside_;
    std::string path_;
    WriteHandle sink_;
    bool ended_ = false;
};

}  // namespace

FaultyBlobs::FaultyBlobs(MemoryOptions options, BlobDefect defect)
    : inside_(std::make_shared<Inside>(std::move(options), defect)) {}

MemoryBackend& FaultyBlobs::memory() const { return inside_->memory; }
bool FaultyBlobs::has(BlobDefect defect) const { return inside_->defect == defect; }

bool FaultyBlobs::is_there(std::string_view path) const {
    return memory().stat({}, path, {}).wait().has_value();
}

std::string FaultyBlobs::spelled(std::string_view path) const {
    std::string out(path);
    if (has(BlobDefect::names_in_one_case)) {
        std::ranges::transform(out, out.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
        });
    }
    return out;
}

Async<Metadata> FaultyBlobs::stat(const Context& context, std::string_view path,
                                  Conditions conditions) {
    if (has(BlobDefect::times_ignored)) {
        conditions.if_modified_since_ms.reset();
        conditions.if_unmodified_since_ms.reset();
    }
    Result<Metadata> found = memory().stat(context, spelled(path), conditions).wait();
    if (found && has(BlobDefect::etag_of_size)) {
        found->etag = std::to_string(found->size_bytes);
    }
    return found;
}

Async<ReadHandle> FaultyBlobs::open_read(const Context& context, std::string_view path,
                                         const Conditions& conditions) {
    Result<ReadHandle> source = memory().open_read(context, spelled(path), conditions).wait();
    if (!source) {
        return source;
    }
    return ReadHandle(std::make_unique<FaultySource>(inside_, spelled(path), *std::move(source)));
}

Async<WriteHandle> FaultyBlobs::open_write(const Context& context, std::string_view path,
                                           WriteOptions options) {
    const std::string at = spelled(path);
    if (has(BlobDefect::create_decided_at_opening) && options.if_not_exists) {
        if (is_there(at)) {
            return made_up(ErrorCode::already_exists);
        }
        options.if_not_exists = false;
    }
    Result<WriteHandle> sink = memory().open_write(context, at, options).wait();
    if (!sink) {
        return sink;
    }
    return WriteHandle(std::make_unique<FaultySink>(inside_, at, *std::move(sink)));
}

Result<std::vector<Entry>> FaultyBlobs::collect(std::string_view prefix,
                                                const ListOptions& options) const {
    std::vector<Entry> out;
    TURNTABLE_TRY(Stream<EntryPage> pages, memory().list({}, prefix, options));
    while (true) {
        TURNTABLE_TRY(std::optional<EntryPage> page, pages.next().wait());
        if (!page) {
            return out;
        }
        std::ranges::move(*page, std::back_inserter(out));
    }
}

Result<Stream<EntryPage>> FaultyBlobs::list(const Context& /*context*/, std::string_view prefix,
                                            ListOptions options) {
    const std::string_view start_after = options.start_after;
    if (has(BlobDefect::start_after_includes)) {
        options.start_after = {};
    }
    if (has(BlobDefect::limit_one_too_many) && options.limit) {
        ++*options.limit;
    }
    const bool ignores_prefix = has(BlobDefect::prefix_ignored) && !is_directory_path(prefix);
    TURNTABLE_TRY(std::vector<Entry> page,
                  collect(ignores_prefix ? parent_path(prefix) : prefix, options));
    if (has(BlobDefect::start_after_includes)) {
        std::erase_if(page, [&](const Entry& entry) { return entry.path < start_after; });
    }
    if (has(BlobDefect::directory_lists_itself) && prefix.ends_with('/') && is_there(prefix)) {
        page.insert(page.begin(), {std::string(prefix), {.kind = EntryKind::directory}});
    }
    if (has(BlobDefect::order_reversed)) {
        std::ranges::reverse(page);
    }
    constexpr std::size_t first_page = 1000;
    if (has(BlobDefect::only_first_page) && page.size() > first_page) {
        page.resize(first_page);
    }
    if (has(BlobDefect::sizes_not_listed)) {
        std::ranges::for_each(page, [](Entry& entry) { entry.metadata.size_bytes = 0; });
    }
    if (has(BlobDefect::absent_listing_fails) && page.empty()) {
        return made_up(ErrorCode::not_found);
    }
    return Stream<EntryPage>(
        std::make_unique<OnePage>(std::move(page), has(BlobDefect::empty_page)));
}

Async<void> FaultyBlobs::remove(const Context& context, std::string_view path,
                                RemoveOptions options) {
    const std::string at = spelled(path);
    if (has(BlobDefect::remove_absent_fails) && !is_there(at)) {
        return made_up(ErrorCode::not_found);
    }
    if (has(BlobDefect::remove_takes_content) && is_directory_path(at)) {
        return memory().remove_all(context, at);
    }
    if (has(BlobDefect::remove_ignores_match)) {
        options.if_match = {};
    }
    return memory().remove(context, at, options);
}

Async<void> FaultyBlobs::create_dir(const Context& context, std::string_view path) {
    if (has(BlobDefect::create_dir_does_nothing)) {
        return Result<void>();
    }
    if (has(BlobDefect::create_dir_fails_if_there) && is_there(path)) {
        return made_up(ErrorCode::already_exists);
    }
    return memory().create_dir(context, path);
}

Async<Health> FaultyBlobs::health(const Context& context) {
    return has(BlobDefect::closed_is_healthy) ? Health{} : memory().health(context);
}

Async<void> FaultyBlobs::close(const Context& context) {
    if (inside_->closed.exchange(true) && has(BlobDefect::second_close_fails)) {
        return made_up(ErrorCode::closed);
    }
    return has(BlobDefect::closed_still_reads) ? Async<void>(Result<void>())
                                               : memory().close(context);
}

Async<Bytes> FaultyBlobs::read(const Context& context, std::string_view path, ByteRange range,
                               Conditions conditions) {
    if (has(BlobDefect::range_one_too_many) && range.length && !range.from_end) {
        ++*range.length;
    }
    if (has(BlobDefect::suffix_zero_is_all) && range.from_end && range.length == 0U) {
        range = {};
    }
    if (has(BlobDefect::none_match_ignored)) {
        conditions.if_none_match = {};
    }
    const std::string at = spelled(path);
    if (has(BlobDefect::suffix_larger_is_refused) && range.from_end) {
        const Result<Metadata> found = memory().stat(context, at, {}).wait();
        if (found && found->size_bytes < *range.length) {
            return made_up(ErrorCode::out_of_range);
        }
    }
    Result<Bytes> bytes = memory().read(context, at, range, conditions).wait();
    inside_->between.pass();
    const auto forgives = [&](BlobDefect defect, ErrorCode code) {
        return has(defect) && !bytes && bytes.error().code() == code;
    };
    if (forgives(BlobDefect::absent_is_empty, ErrorCode::not_found) ||
        forgives(BlobDefect::range_beyond_is_empty, ErrorCode::out_of_range) ||
        forgives(BlobDefect::directory_reads_as_empty, ErrorCode::type_mismatch)) {
        return Bytes();
    }
    return bytes;
}

Result<Metadata> FaultyBlobs::append(std::string_view path, ByteView bytes,
                                     const WriteOptions& options) {
    if (has(BlobDefect::append_reads_and_writes) || has(BlobDefect::append_loses_attributes)) {
        const Result<Bytes> before = memory().read({}, path, {}, {}).wait();
        inside_->between.wait();
        const std::string whole =
            (before ? before->to_string() : std::string()) + std::string(bytes.text());
        return memory().write({}, path, whole, {}).wait();
    }
    Result<Metadata> made = memory().write({}, path, bytes, options).wait();
    if (made && has(BlobDefect::append_tells_its_part)) {
        made->size_bytes = bytes.size();
    }
    return made;
}

/// What should be decided in the moment of the write.
Result<void> FaultyBlobs::check_first(const WriteOptions& options, std::string_view path) const {
    const Result<Metadata> found = memory().stat({}, path, {}).wait();
    inside_->between.wait();
    if (options.if_not_exists && found) {
        return made_up(ErrorCode::already_exists);
    }
    if (!options.if_match.empty() && (!found || options.if_match != found->etag)) {
        return made_up(ErrorCode::condition_failed);
    }
    return {};
}

Async<Metadata> FaultyBlobs::write(const Context& context, std::string_view path, ByteView bytes,
                                   WriteOptions options) {
    const std::string at = spelled(path);
    if (options.append) {
        return append(at, bytes, options);
    }
    if (has(BlobDefect::name_limit_too_strict) &&
        base_name(at).size() >= capabilities().limits.segment_bytes_max) {
        return made_up(ErrorCode::limit_exceeded);
    }
    if ((has(BlobDefect::create_checks_first) && options.if_not_exists) ||
        (has(BlobDefect::match_checks_first) && !options.if_match.empty())) {
        if (Result<void> holds = check_first(options, at); !holds) {
            return std::move(holds).error();
        }
        options = {};
    }
    if (has(BlobDefect::create_overwrites)) {
        options.if_not_exists = false;
    }
    if (has(BlobDefect::match_ignored) ||
        (has(BlobDefect::match_any_creates) && options.if_match == "*")) {
        options.if_match = {};
    }
    if (has(BlobDefect::user_metadata_lost)) {
        options.user = {};
    }
    const Result<Metadata> before = memory().stat(context, at, {}).wait();
    if (has(BlobDefect::attributes_stay) && before && options.user.empty()) {
        options.user = before->user;
    }
    if (has(BlobDefect::torn_overwrite)) {
        (void)memory().write(context, at, bytes.text().substr(0, bytes.size() / 2), {}).wait();
        inside_->between.wait();
    }
    Result<Metadata> made = memory().write(context, at, bytes, options).wait();
    if (made && has(BlobDefect::etag_of_size)) {
        made->etag = std::to_string(made->size_bytes);
    }
    return made;
}

Async<void> FaultyBlobs::copy(const Context& context, std::string_view from, std::string_view to,
                              CopyOptions options) {
    if (has(BlobDefect::copy_checks_first) && options.if_not_exists) {
        if (Result<void> holds = check_first({.if_not_exists = true}, to); !holds) {
            return holds;
        }
        options.if_not_exists = false;
    }
    if (has(BlobDefect::copy_overwrites)) {
        options.if_not_exists = false;
    }
    Result<void> copied = memory().copy(context, spelled(from), spelled(to), options).wait();
    if (copied && has(BlobDefect::copy_drops_attributes)) {
        const Bytes content = *memory().read(context, to, {}, {}).wait();
        return memory().write(context, to, content, {}).wait().has_value()
                   ? Async<void>(Result<void>())
                   : Async<void>(made_up(ErrorCode::backend));
    }
    return copied;
}

Async<void> FaultyBlobs::rename(const Context& context, std::string_view from, std::string_view to,
                                const RenameOptions& options) {
    if (has(BlobDefect::rename_keeps_source)) {
        return memory().copy(context, from, to, {.if_not_exists = options.if_not_exists});
    }
    if (has(BlobDefect::rename_checks_first) && options.if_not_exists) {
        if (Result<void> holds = check_first({.if_not_exists = true}, to); !holds) {
            return holds;
        }
        return memory().rename(context, from, to, {});
    }
    if (has(BlobDefect::rename_removes_first)) {
        (void)memory().remove(context, to, {}).wait();
        inside_->between.wait();
    }
    return memory().rename(context, spelled(from), spelled(to), options);
}

Async<void> FaultyBlobs::remove_all(const Context& context, std::string_view path) {
    if (!has(BlobDefect::remove_all_by_letters)) {
        return memory().remove_all(context, spelled(path));
    }
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    const auto below = collect(path, {.recursive = true});
    for (const Entry& entry : *below) {
        (void)memory().remove_all(context, entry.path).wait();
    }
    return Result<void>();
}

blob::conformance::Subject faulty_blob_subject(BlobDefect defect) {
    const auto open = [defect](const std::string& place, const std::shared_ptr<Runtime>& runtime) {
        return Result<AnyBackend>(
            AnyBackend(FaultyBlobs({.runtime = runtime, .name = place}, defect)));
    };
    static std::atomic<int> count = 0;
    blob::conformance::Subject subject = blob::conformance::placed_subject(
        "faulty", [] { return "faulty" + std::to_string(++count); }, open);
    if (defect == BlobDefect::reopen_loses_blobs) {
        subject.reopen = [reopen = subject.reopen](const std::shared_ptr<Runtime>& runtime) {
            Result<AnyBackend> backend = reopen(runtime);
            (void)backend->remove_all({}, "").wait();
            return backend;
        };
    }
    return subject;
}

}  // namespace turntable::conformance_test
