#include "backends/lmdb/environment.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backends/lmdb/format.hpp"
#include "backends/lmdb/lmdb_error.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

unsigned flags_of(LmdbDurability durability) noexcept {
    switch (durability) {
        case LmdbDurability::full:
            return 0;
        case LmdbDurability::normal:
            return MDB_NOMETASYNC;
        case LmdbDurability::off:
            return MDB_NOSYNC;
    }
    return 0;
}

void destroy(Reader* reader) noexcept {
    if (reader == nullptr) {
        return;
    }
    if (reader->cursor != nullptr) {
        mdb_cursor_close(reader->cursor);
    }
    mdb_txn_abort(reader->transaction);
    delete reader;
}

}  // namespace

Mapping::~Mapping() { ::munmap(const_cast<char*>(start_), bytes_); }

Environment::~Environment() {
    for (Slot& slot : slots_) {
        destroy(slot.reader.load());
    }
    mdb_env_close(environment_);
}

int Environment::make_reader(Reader& reader) {
    const RemapGate::Pass pass(gate_);
    if (const int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reader.transaction);
        code != 0) {
        return code;
    }
    const int code = mdb_cursor_open(reader.transaction, database_, &reader.cursor);
    if (code != 0) {
        mdb_txn_abort(reader.transaction);
    }
    return code;
}

Result<Reader*> Environment::new_reader() {
    bool cleared = false;
    for (int round = 0; round < resizes_max; ++round) {
        Reader reader;
        const int code = make_reader(reader);
        if (code == 0) {
            return new Reader(reader);
        }
        if (code == MDB_MAP_RESIZED) {
            TURNTABLE_CHECK(adopt_size());
            continue;
        }
        if (code == MDB_READERS_FULL && !std::exchange(cleared, true)) {
            int dead = 0;
            mdb_reader_check(environment_, &dead);
            continue;
        }
        return engine_error(code, path_, "starting to read");
    }
    return engine_error(MDB_MAP_RESIZED, path_, "starting to read");
}

Reader* Environment::kept_reader() noexcept {
    for (std::size_t i = 0; i < places; ++i) {
        std::atomic<Reader*>& kept = place(i);
        if (kept.load(std::memory_order_relaxed) == nullptr) {
            continue;
        }
        Reader* const reader = kept.exchange(nullptr, std::memory_order_acquire);
        if (reader == nullptr) {
            continue;
        }
        if (mdb_txn_renew(reader->transaction) == 0) [[likely]] {
            return reader;
        }
        destroy(reader);
        break;  // a new one will say what is wrong
    }
    return nullptr;
}

Result<Reader*> Environment::take_reader() {
    {
        const RemapGate::Pass pass(gate_);
        if (Reader* const reader = kept_reader()) {
            return reader;
        }
    }
    return new_reader();
}

void Environment::give_back(Reader* reader) noexcept {
    mdb_txn_reset(reader->transaction);
    for (std::size_t i = 0; i < places; ++i) {
        Reader* nobody = nullptr;
        if (place(i).compare_exchange_strong(nobody, reader, std::memory_order_release,
                                             std::memory_order_relaxed)) {
            return;
        }
    }
    destroy(reader);
}

std::uint64_t Environment::last_commit() {
    const RemapGate::Pass pass(gate_);
    MDB_envinfo info{};
    return mdb_env_info(environment_, &info) == 0 ? info.me_last_txnid : 0;
}

std::shared_ptr<const Mapping> Environment::mapping() {
    const std::scoped_lock guard(mapping_mutex_);
    std::shared_ptr<const Mapping> mapping = mapping_.lock();
    if (mapping != nullptr) {
        return mapping;
    }
    const std::size_t bytes = map_.map_bytes();
    void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file(), 0);
    if (start == MAP_FAILED) {
        return nullptr;
    }
    mapping = std::make_shared<const Mapping>(static_cast<const char*>(start), bytes);
    mapping_ = mapping;
    return mapping;
}

/// Another process has made the file larger than our map.
Result<void> Environment::adopt_size() {
    const std::scoped_lock writer(writing_);
    return set_map_bytes(0);
}

/// With the writer taken and no write transaction: maps the file anew. Read transactions that are
/// open meanwhile stay good, since LMDB looks for their pages from the start of the map each time;
/// the gate keeps everybody away who has a pointer into it. Zero: as much as the file says.
Result<void> Environment::set_map_bytes(std::size_t bytes) {
    gate_.close();
    const int code = mdb_env_set_mapsize(environment_, bytes);
    {
        const std::scoped_lock guard(mapping_mutex_);
        mapping_.reset();
    }
    Result<void> found = code == 0 ? find_map() : engine_error(code, path_, "mapping the file");
    file_is_short_ = true;
    gate_.open();
    return found;
}

int Environment::file() const noexcept {
    mdb_filehandle_t file = -1;
    mdb_env_get_fd(environment_, &file);
    return file;
}

/// Where LMDB has mapped the file, which it does not tell: the header record lies on a page that
/// begins with its own number. With nobody inside the gate.
Result<void> Environment::find_map() {
    MDB_txn* transaction = nullptr;
    int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
    // Others may go on making the file larger.
    for (int round = 0; round < resizes_max && code == MDB_MAP_RESIZED; ++round) {
        code = mdb_env_set_mapsize(environment_, 0);
        code = code != 0 ? code : mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
    }
    MDB_envinfo info{};
    mdb_env_info(environment_, &info);
    map_.set(nullptr, info.me_mapsize, file());
    if (code != 0) {
        return engine_error(code, path_, "starting to read");
    }
    MDB_val key{header_key.size(), const_cast<char*>(header_key.data())};
    MDB_val value{};
    MDB_stat stat{};
    mdb_env_stat(environment_, &stat);
    code = mdb_get(transaction, database_, &key, &value);
    const auto at = reinterpret_cast<std::uintptr_t>(value.mv_data);
    const std::uintptr_t page = at & ~(std::uintptr_t{stat.ms_psize} - 1);
    std::uint64_t number = 0;
    if (code == 0) {
        std::memcpy(&number, reinterpret_cast<const void*>(page), sizeof(number));
    }
    mdb_txn_abort(transaction);
    if (code != 0 || number < 2 || number >= info.me_mapsize / stat.ms_psize) {
        return corrupt_error(path_, "has lost the page with its header");
    }
    map_.set(reinterpret_cast<const char*>(page - number * stat.ms_psize), info.me_mapsize, file());
    return {};
}

Result<MDB_txn*> Environment::begin_write(LmdbDurability durability) {
    writing_.lock();
    const auto give_up = [&](Error error) {
        writing_.unlock();
        return error;
    };
    if (const unsigned wanted = flags_of(durability); wanted != sync_flags_) {
        mdb_env_set_flags(environment_, sync_flags_ & ~wanted, 0);
        mdb_env_set_flags(environment_, wanted, 1);
        sync_flags_ = wanted;
    }
    MDB_txn* transaction = nullptr;
    int code = MDB_MAP_RESIZED;
    for (int round = 0; round < resizes_max && code == MDB_MAP_RESIZED; ++round) {
        code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
        if (code == MDB_MAP_RESIZED) {
            if (auto adopted = set_map_bytes(0); !adopted) {
                return give_up(std::move(adopted).error());
            }
        }
    }
    if (code != 0) {
        return give_up(engine_error(code, path_, "starting to write"));
    }
    if (file_is_short_) {
        if (auto lengthened = lengthen_file(); !lengthened) {
            mdb_txn_abort(transaction);
            return give_up(std::move(lengthened).error());
        }
    }
    return transaction;
}

/// The file is as long as the map, so that no page of the map lies behind its end, and a file that
/// was cut short is known by its length. The added part takes no space. Inside a write transaction,
/// which keeps other processes from doing the same.
Result<void> Environment::lengthen_file() {
    struct stat status{};
    if (::fstat(file(), &status) != 0) {
        return engine_error(errno, path_, "looking at data.mdb");
    }
    const auto wanted = static_cast<off_t>(map_.map_bytes());
    if (status.st_size < wanted && ::ftruncate(file(), wanted) != 0) {
        return engine_error(errno, path_, "lengthening data.mdb");
    }
    file_is_short_ = false;
    return {};
}

Result<bool> Environment::grow(std::size_t map_bytes, std::uint64_t bytes_max) {
    const std::scoped_lock writer(writing_);
    if (map_.map_bytes() > map_bytes) {
        return true;  // somebody else was faster
    }
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t most = bytes_max / page * page;
    if (map_bytes >= most) {
        return false;
    }
    TURNTABLE_CHECK(set_map_bytes(std::min(std::uint64_t{map_bytes} * 2, most)));
    return true;
}

bool Environment::is_dead() {
    MDB_txn* transaction = nullptr;
    const RemapGate::Pass pass(gate_);
    const int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction);
    if (code == 0) {
        mdb_txn_abort(transaction);
    }
    return code == MDB_PANIC;
}

}  // namespace turntable::inline v0::kv::lmdb
