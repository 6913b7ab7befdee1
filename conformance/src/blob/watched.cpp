#include "blob/watched.hpp"

#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

using turntable::conformance::fail;
using turntable::conformance::show;

std::string shown(const Metadata& metadata) {
    return (metadata.kind == EntryKind::file ? "file of " : "directory of ") +
           std::to_string(metadata.size_bytes) + " bytes, etag " + show(ByteView(metadata.etag));
}
std::string shown(const Bytes& bytes) { return show(bytes.view()); }
std::string shown(const Health& health) {
    return health.state == Health::State::healthy ? "healthy" : "not healthy: " + health.reason;
}
std::string shown(const ReadHandle& source) { return shown(source->metadata()); }
std::string shown(const WriteHandle&) { return "a writer"; }
std::string shown(const std::optional<EntryPage>& page) {
    return page ? std::to_string(page->size()) + " entries" : "the end";
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

std::string named(std::string_view call, std::string_view path) {
    return std::string(call) + " " + show(ByteView(path));
}

// What the handle must have done before a backend is asked.
void expect_normalised(std::string_view path, const Limits& limits) {
    const Result<std::string> normal = normalize_path(path, limits);
    if (!normal || *normal != path) {
        fail("a backend gets only normalised paths", normal ? *normal : normal.error().to_string(),
             std::string(path));
    }
}

class WatchedSource final : public ReadSource {
  public:
    WatchedSource(ReadHandle inside, std::shared_ptr<Watch> watch, std::string what)
        : inside_(std::move(inside)), watch_(std::move(watch)), what_(std::move(what)) {}
    const Metadata& metadata() const noexcept override { return inside_->metadata(); }
    Async<Bytes> read(const Context& context, std::uint64_t offset,
                      std::size_t length_max) override {
        const std::string what =
            what_ + ": read " + std::to_string(length_max) + " at " + std::to_string(offset);
        Result<Bytes> bytes = watch_->await(
            inside_->read(watch_->context(context), offset, length_max), what, inside_);
        watch_->trace().add(what + " -> " + answer(bytes));
        if (bytes && bytes->size() > length_max) {
            fail("bytes that a reader gives at once", "at most " + std::to_string(length_max),
                 std::to_string(bytes->size()));
        }
        if (bytes && bytes->empty() && length_max > 0 && offset < metadata().size_bytes) {
            fail("bytes that a reader gives before the end", "at least one", "none");
        }
        return bytes;
    }

  private:
    std::shared_ptr<ReadSource> inside_;
    std::shared_ptr<Watch> watch_;
    std::string what_;
};

class WatchedSink final : public WriteSink {
  public:
    WatchedSink(WriteHandle inside, std::shared_ptr<Watch> watch, std::string what)
        : inside_(std::move(inside)), watch_(std::move(watch)), what_(std::move(what)) {}
    Async<void> write(const Context& context, ByteView bytes) override {
        return answered("write " + std::to_string(bytes.size()),
                        inside_->write(watch_->context(context), bytes));
    }
    Async<Metadata> finish(const Context& context) override {
        return answered("finish", inside_->finish(watch_->context(context)));
    }
    Async<void> abort(const Context& context) override {
        return answered("abort", inside_->abort(watch_->context(context)));
    }

  private:
    template <class T>
    Result<T> answered(const std::string& call, Async<T> async) {
        Result<T> result = watch_->await(std::move(async), call, inside_);
        watch_->trace().add(what_ + ": " + call + " -> " + answer(result));
        return result;
    }

    std::shared_ptr<WriteSink> inside_;
    std::shared_ptr<Watch> watch_;
    std::string what_;
};

class WatchedPages final : public StreamSource<EntryPage> {
  public:
    WatchedPages(Stream<EntryPage> inside, std::shared_ptr<Watch> watch, std::string what)
        : inside_(std::make_shared<Stream<EntryPage>>(std::move(inside))),
          watch_(std::move(watch)),
          what_(std::move(what)) {}
    Async<std::optional<EntryPage>> next(const Context& context) override {
        Result<std::optional<EntryPage>> page =
            watch_->await(inside_->next(watch_->context(context)), what_, inside_);
        watch_->trace().add(what_ + " -> " + answer(page));
        if (page && *page && (*page)->empty()) {
            fail("a page of a listing", "at least one entry", "none");
        }
        return page;
    }

  private:
    std::shared_ptr<Stream<EntryPage>> inside_;
    std::shared_ptr<Watch> watch_;
    std::string what_;
};

}  // namespace

template <class T>
Result<T> Watched::answered(const std::string& what, Async<T> async) {
    Result<T> result = watch_->await(std::move(async), what, inside_);
    watch_->trace().add(label_ + ": " + what + " -> " + answer(result));
    return result;
}

Async<Metadata> Watched::stat(const Context& context, std::string_view path,
                              const Conditions& conditions) {
    expect_normalised(path, capabilities().limits);
    return answered(named("stat", path), inside_->stat(watch_->context(context), path, conditions));
}

Async<ReadHandle> Watched::open_read(const Context& context, std::string_view path,
                                     const Conditions& conditions) {
    expect_normalised(path, capabilities().limits);
    Result<ReadHandle> opened = answered(
        named("open_read", path), inside_->open_read(watch_->context(context), path, conditions));
    if (!opened) {
        return opened;
    }
    return ReadHandle(std::make_unique<WatchedSource>(*std::move(opened), watch_,
                                                      label_ + ": " + named("reader of", path)));
}

Async<WriteHandle> Watched::open_write(const Context& context, std::string_view path,
                                       const WriteOptions& options) {
    expect_normalised(path, capabilities().limits);
    Result<WriteHandle> opened = answered(
        named("open_write", path), inside_->open_write(watch_->context(context), path, options));
    if (!opened) {
        return opened;
    }
    return WriteHandle(std::make_unique<WatchedSink>(*std::move(opened), watch_,
                                                     label_ + ": " + named("writer of", path)));
}

Result<Stream<EntryPage>> Watched::list(const Context& context, std::string_view prefix,
                                        const ListOptions& options) {
    expect_normalised(prefix, capabilities().limits);
    Result<Stream<EntryPage>> pages = inside_->list(watch_->context(context), prefix, options);
    const std::string what =
        label_ + ": " + named(options.recursive ? "list all of" : "list", prefix);
    if (!pages) {
        watch_->trace().add(what + " -> " + pages.error().to_string());
        return pages;
    }
    return Stream<EntryPage>(std::make_unique<WatchedPages>(*std::move(pages), watch_, what));
}

Async<void> Watched::remove(const Context& context, std::string_view path,
                            const RemoveOptions& options) {
    expect_normalised(path, capabilities().limits);
    return answered(named("remove", path),
                    inside_->remove(watch_->context(context), path, options));
}

Async<void> Watched::create_dir(const Context& context, std::string_view path) {
    expect_normalised(path, capabilities().limits);
    return answered(named("create_dir", path), inside_->create_dir(watch_->context(context), path));
}

Async<Health> Watched::health(const Context& context) {
    return answered("health", inside_->health(watch_->context(context)));
}

Async<void> Watched::close(const Context& context) {
    return answered("close", inside_->close(watch_->context(context)));
}

Async<Bytes> Watched::read(const Context& context, std::string_view path, const ByteRange& range,
                           const Conditions& conditions) {
    expect_normalised(path, capabilities().limits);
    return answered(named("read", path),
                    inside_->read(watch_->context(context), path, range, conditions));
}

Async<Metadata> Watched::write(const Context& context, std::string_view path, ByteView bytes,
                               const WriteOptions& options) {
    expect_normalised(path, capabilities().limits);
    return answered(named(options.append ? "append to" : "write", path) + " " + show(bytes),
                    inside_->write(watch_->context(context), path, bytes, options));
}

Async<void> Watched::copy(const Context& context, std::string_view from, std::string_view to,
                          const CopyOptions& options) {
    expect_normalised(from, capabilities().limits);
    expect_normalised(to, capabilities().limits);
    return answered(named("copy", from) + " to " + show(ByteView(to)),
                    inside_->copy(watch_->context(context), from, to, options));
}

Async<void> Watched::rename(const Context& context, std::string_view from, std::string_view to,
                            const RenameOptions& options) {
    expect_normalised(from, capabilities().limits);
    expect_normalised(to, capabilities().limits);
    return answered(named("rename", from) + " to " + show(ByteView(to)),
                    inside_->rename(watch_->context(context), from, to, options));
}

Async<void> Watched::remove_all(const Context& context, std::string_view path) {
    expect_normalised(path, capabilities().limits);
    return answered(named("remove_all", path), inside_->remove_all(watch_->context(context), path));
}

}  // namespace turntable::inline v0::blob::conformance
