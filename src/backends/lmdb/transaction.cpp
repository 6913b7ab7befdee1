#include <utility>

#include "backends/lmdb/engine.hpp"
#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

Tree tree_of(Pin& pin) noexcept {
    return {pin.reader().transaction, pin.environment().database(), pin.environment().map(),
            pin.environment().path()};
}

}  // namespace

std::optional<ByteView> Pin::keep(ByteView bytes) {
    std::shared_ptr<const Mapping> mapping = environment_->mapping();
    if (mapping == nullptr) {
        return std::nullopt;
    }
    const ByteView kept(mapping->start() + (bytes.data() - environment_->map().start()),
                        bytes.size());
    if (mappings_.empty() || mappings_.back() != mapping) {
        mappings_.push_back(std::move(mapping));
    }
    return kept;
}

Result<std::optional<Record>> ReadTransaction::get(ByteView key) {
    if (scanning_) {
        return get_inside(key);
    }
    const RemapGate::Pass pass(pin_->environment().gate());
    return get_inside(key);
}

Result<std::optional<Record>> ReadTransaction::get_inside(ByteView key) {
    Result<std::optional<Record>> found = tree_of(*pin_).get(key);
    if (!found || !*found) {
        return found;
    }
    Bytes& data = (*found)->data;
    if (data.size() > copied_bytes_max) {
        if (const std::optional<ByteView> kept = pin_->keep(data)) {
            data = Bytes::held_by(*kept, pin_);
            return found;
        }
    }
    data = Bytes::copy(data);
    return found;
}

Result<void> ReadTransaction::scan(ByteView start, ByteView end, bool reverse,
                                   RecordVisitor visit) {
    if (scanning_) {
        return Error(ErrorCode::invalid_argument, "a scan inside a scan of the same transaction");
    }
    const RemapGate::Pass pass(pin_->environment().gate());
    MDB_cursor* const cursor = pin_->reader().cursor;
    // Also forgets where it was, which may have moved.
    if (const int code = mdb_cursor_renew(pin_->reader().transaction, cursor); code != 0) {
        return engine_error(code, pin_->environment().path(), "scan");
    }
    scanning_ = true;
    Result<void> done = tree_of(*pin_).scan(cursor, start, end, reverse, visit);
    scanning_ = false;
    return done;
}

WriteTransaction::WriteTransaction(Engine& engine, std::shared_ptr<Environment> environment,
                                   MDB_txn* transaction) noexcept
    : engine_(&engine),
      environment_(std::move(environment)),
      transaction_(transaction),
      tree_(transaction, environment_->database(), environment_->map(), environment_->path()) {}

WriteTransaction::WriteTransaction(WriteTransaction&& other) noexcept
    : engine_(other.engine_),
      environment_(std::move(other.environment_)),
      transaction_(std::exchange(other.transaction_, nullptr)),
      tree_(other.tree_) {}

WriteTransaction::~WriteTransaction() {
    if (environment_ == nullptr) {
        return;  // moved from
    }
    if (transaction_ != nullptr) {
        mdb_txn_abort(transaction_);
    }
    environment_->end_write();
}

Result<std::optional<Record>> WriteTransaction::get(ByteView key) { return tree_.get(key); }

Result<void> WriteTransaction::scan(ByteView start, ByteView end, bool reverse,
                                    RecordVisitor visit) {
    MDB_cursor* cursor = nullptr;
    if (const int code = mdb_cursor_open(transaction_, environment_->database(), &cursor);
        code != 0) {
        return engine_error(code, environment_->path(), "scan");
    }
    Result<void> done = tree_.scan(cursor, start, end, reverse, visit);
    mdb_cursor_close(cursor);
    return done;
}

Result<void> WriteTransaction::put(ByteView key, const Record& record) {
    return tree_.put(key, record);
}

Result<void> WriteTransaction::remove(ByteView key) { return tree_.remove(key); }

Result<void> WriteTransaction::commit() {
    const std::uint64_t commit = mdb_txn_id(transaction_);
    const int code = mdb_txn_commit(std::exchange(transaction_, nullptr));
    if (code == 0) {
        engine_->note_commit(commit - 1, commit);
        return {};
    }
    Error error = engine_error(code, environment_->path(), "commit");
    if (environment_->is_dead()) {
        // The meta page may be written or not.
        return Error(ErrorCode::commit_unknown,
                     environment_->path() +
                         " could not be written to the end; close every store on this folder and "
                         "open it again to see whether the write is there")
            .because(std::move(error))
            .with_backend_code(code);
    }
    return error;
}

}  // namespace turntable::inline v0::kv::lmdb
