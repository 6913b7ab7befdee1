#include "backends/fs/handles.hpp"

#include <algorithm>
#include <atomic>

#include "backends/fs/listing.hpp"
#include "turntable/core/blocking.hpp"

namespace turntable::inline v0::blob::fs {

namespace {

class Reader final : public ReadSource {
  public:
    Reader(std::shared_ptr<Store> store, std::string_view path, OpenFile file, Metadata metadata)
        : state_(std::make_shared<State>(std::move(store), std::string(path), std::move(file),
                                         std::move(metadata))) {}

    const Metadata& metadata() const noexcept override { return state_->metadata; }

    Async<Bytes> read(const Context& context, std::uint64_t offset,
                      std::size_t length_max) override {
        const std::uint64_t size = state_->metadata.size_bytes;
        if (offset >= size) {
            return Bytes();
        }
        constexpr std::uint64_t piece_bytes_max = std::uint64_t{1} << 30U;
        const std::size_t length =
            std::min({std::uint64_t{length_max}, size - offset, piece_bytes_max});
        return run_blocking<Bytes>(state_->store->runtime(), state_->store->gate(), context,
                                   [state = state_, offset, length] {
                                       return read_at(state->file.file.get(), offset, length,
                                                      state->path);
                                   });
    }

  private:
    /// Lives on in a read that goes on when nobody waits for it any more.
    struct State {
        std::shared_ptr<Store> store;
        std::string path;
        OpenFile file;
        Metadata metadata;
    };
    std::shared_ptr<const State> state_;
};

class Writer final : public WriteSink {
  public:
    Writer(std::shared_ptr<Store> store, std::string_view path, OwnedWrite options,
           StagedFile staged)
        : state_(std::make_shared<State>(std::move(store), std::string(path), std::move(options),
                                         std::move(staged))) {}

    Async<void> write(const Context& context, ByteView bytes) override {
        if (state_ == nullptr) {
            return ended();
        }
        return run_blocking<void>(
            state_->store->runtime(), state_->store->gate(), context,
            [state = state_,
             bytes = context.caller_waits ? Bytes::unowned(bytes) : Bytes::copy(bytes)] {
                return state->staged.write(bytes, state->path);
            });
    }
    Async<Metadata> finish(const Context& context) override {
        if (state_ == nullptr) {
            return ended();
        }
        return run_blocking<Metadata>(
            state_->store->runtime(), state_->store->gate(), context, [state = state_] {
                return state->options.append
                           ? state->store->append_staged(state->staged, state->path, state->options)
                           : state->store->commit(state->staged, state->path, state->options);
            });
    }
    Async<void> abort(const Context& /*context*/) override {
        state_.reset();  // the staged file goes with it
        return Result<void>();
    }

  private:
    struct State {
        std::shared_ptr<Store> store;
        std::string path;
        OwnedWrite options;
        StagedFile staged;
    };
    static Error ended() { return {ErrorCode::closed, "this writer was aborted"}; }
    std::shared_ptr<State> state_;
};

class Pages final : public StreamSource<EntryPage> {
  public:
    Pages(std::shared_ptr<Store> store, std::string_view prefix, const ListOptions& options)
        : store_(store), listing_(std::make_shared<Listing>(std::move(store), prefix, options)) {}

    Async<std::optional<EntryPage>> next(const Context& context) override {
        return run_blocking<std::optional<EntryPage>>(
            store_->runtime(), store_->gate(), context,
            [listing = listing_] { return listing->next(); });
    }

  private:
    std::shared_ptr<Store> store_;
    std::shared_ptr<Listing> listing_;
};

}  // namespace

ReadHandle make_reader(std::shared_ptr<Store> store, std::string_view path, OpenFile file,
                       Metadata metadata) {
    return std::make_unique<Reader>(std::move(store), path, std::move(file), std::move(metadata));
}

WriteHandle make_writer(std::shared_ptr<Store> store, std::string_view path, OwnedWrite options,
                        StagedFile staged) {
    return std::make_unique<Writer>(std::move(store), path, std::move(options), std::move(staged));
}

Stream<EntryPage> make_pages(std::shared_ptr<Store> store, std::string_view prefix,
                             const ListOptions& options) {
    return Stream<EntryPage>(std::make_unique<Pages>(std::move(store), prefix, options));
}

}  // namespace turntable::inline v0::blob::fs
