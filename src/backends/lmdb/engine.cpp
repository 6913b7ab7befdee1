#include "backends/lmdb/engine.hpp"

#include <algorithm>

#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

static_assert(OrderedEngine<Engine> && EngineWithGet<Engine> && EngineWithOthers<Engine> &&
              EngineWithSnapshots<Engine> && EngineThatRecovers<Engine> &&
              EngineWithKeptGets<Engine>);

namespace {

/// Gives a reader back when a call is over.
class BorrowedReader {
  public:
    BorrowedReader(Environment& environment, Reader* reader) noexcept
        : environment_(environment), reader_(reader) {}
    BorrowedReader(const BorrowedReader&) = delete;
    BorrowedReader& operator=(const BorrowedReader&) = delete;
    ~BorrowedReader() { environment_.give_back(reader_); }

  private:
    Environment& environment_;
    Reader* reader_;
};

/// Inside the gate; gives the reader back.
Result<std::optional<Record>> get_with(Environment& environment, Reader* reader, ByteView key) {
    const BorrowedReader borrowed(environment, reader);
    Result<std::optional<Record>> found =
        Tree(reader->transaction, environment.database(), environment.map(), environment.path())
            .get(key);
    if (found && *found) {
        (*found)->data = Bytes::copy((*found)->data);
    }
    return found;
}

}  // namespace

Result<void> Engine::connect() {
    const std::scoped_lock lock(connecting_);
    if (connected_.load(std::memory_order_relaxed)) {
        return {};
    }
    TURNTABLE_TRY(environment_, Environment::open(options_));
    seen_commit_ = environment_->last_commit();
    connected_.store(true, std::memory_order_release);
    return {};
}

Result<std::optional<Record>> Engine::get(ByteView key) {
    TURNTABLE_CHECK(ensure_connected());
    Environment& environment = *environment_;
    {
        const RemapGate::Pass pass(environment.gate());
        if (Reader* const reader = environment.kept_reader()) [[likely]] {
            return get_with(environment, reader, key);
        }
    }
    TURNTABLE_TRY(Reader * reader, environment.take_reader());
    const RemapGate::Pass pass(environment.gate());
    return get_with(environment, reader, key);
}

Result<ReadTransaction> Engine::begin_read() {
    TURNTABLE_CHECK(ensure_connected());
    TURNTABLE_TRY(Reader * reader, environment_->take_reader());
    return ReadTransaction(std::make_shared<Pin>(environment_, reader));
}

Result<WriteTransaction> Engine::begin_write() {
    TURNTABLE_CHECK(ensure_connected());
    if (options_.read_only || environment_->is_read_only()) {
        return Error(ErrorCode::permission_denied,
                     options_.path + " is open for reading only in this process");
    }
    TURNTABLE_TRY(MDB_txn * transaction, environment_->begin_write(options_.durability));
    written_map_bytes_ = environment_->map().map_bytes();
    return WriteTransaction(*this, environment_, transaction);
}

Result<bool> Engine::recover(const Error& failure) {
    if (failure.backend_code() != MDB_MAP_FULL) {
        return false;
    }
    return environment_->grow(written_map_bytes_, options_.max_size.bytes);
}

void Engine::note_commit(std::uint64_t before, std::uint64_t now) noexcept {
    const std::scoped_lock guard(commits_mutex_);
    others_committed_ = others_committed_ || before > seen_commit_;
    seen_commit_ = std::max(seen_commit_, now);
}

Result<bool> Engine::changed_by_others() {
    TURNTABLE_CHECK(ensure_connected());
    // A commit of our own may just have happened and not be noted yet: told once too often then.
    const std::uint64_t newest = environment_->last_commit();
    const std::scoped_lock guard(commits_mutex_);
    const bool changed = std::exchange(others_committed_, false) || newest > seen_commit_;
    seen_commit_ = std::max(seen_commit_, newest);
    return changed;
}

std::size_t Engine::map_bytes() const {
    const RemapGate::Pass pass(environment_->gate());
    return environment_->map().map_bytes();
}

}  // namespace turntable::inline v0::kv::lmdb
