#pragma once

#include <lmdb.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backends/lmdb/file_check.hpp"
#include "backends/lmdb/map_view.hpp"
#include "backends/lmdb/remap_gate.hpp"
#include "turntable/kv/lmdb.hpp"

namespace turntable::inline v0::kv::lmdb {

/// How often others may be found to have changed the size of the map before that is an error.
inline constexpr int resizes_max = 100;

/// A read transaction of LMDB with its cursor, used again and again.
struct Reader {
    MDB_txn* transaction = nullptr;
    MDB_cursor* cursor = nullptr;
};

/// The mapped file a second time, for values that outlive a call: LMDB moves its own mapping when
/// the file grows.
class Mapping {
  public:
    Mapping(const char* start, std::size_t bytes) noexcept : start_(start), bytes_(bytes) {}
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    const char* start() const noexcept { return start_; }

  private:
    const char* start_;
    std::size_t bytes_;
};

/// One folder, open in this process; LMDB allows no second opening of it.
///
/// Who reads holds a RemapGate::Pass during each call that touches pages; between calls a reader
/// may be kept, but no pointer that LMDB gave. Who writes holds the writer, which also keeps the
/// mapping where it is.
class Environment {
  public:
    /// The environment of the folder: the one that is open, or a new one. Makes the folder if the
    /// options allow it. Errors name the folder and the next step.
    static Result<std::shared_ptr<Environment>> open(const LmdbOptions& options);

    Environment(MDB_env* environment, std::string path) noexcept
        : environment_(environment), path_(std::move(path)) {}
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment();

    const std::string& path() const noexcept { return path_; }
    /// The folder cannot be written by this process.
    bool is_read_only() const noexcept { return read_only_; }
    RemapGate& gate() noexcept { return gate_; }
    MDB_dbi database() const noexcept { return database_; }
    /// Inside the gate or with the writer.
    const MapView& map() const noexcept { return map_; }

    /// A reader at the newest commit; give it back with give_back(). Not inside the gate.
    Result<Reader*> take_reader();
    /// The same inside the gate, if one is kept; else null.
    Reader* kept_reader() noexcept;
    void give_back(Reader* reader) noexcept;
    /// The number of the newest commit.
    std::uint64_t last_commit();
    /// For values of a reader that is taken; null: there is not enough address space.
    std::shared_ptr<const Mapping> mapping();

    /// Takes the writer, which this thread must let go of with end_write().
    Result<MDB_txn*> begin_write(LmdbDurability durability);
    /// After the transaction has ended.
    void end_write() noexcept { writing_.unlock(); }
    /// Doubles the map, which was too small at `map_bytes`, up to `bytes_max`; false: it is as
    /// large already. Not while this thread has the writer.
    Result<bool> grow(std::size_t map_bytes, std::uint64_t bytes_max);
    /// Whether an earlier commit failed half-way, so that nothing can be begun any more.
    bool is_dead();

  private:
    friend class Opening;
    Result<Reader*> new_reader();
    int make_reader(Reader& reader);
    Result<void> adopt_size();
    Result<void> set_map_bytes(std::size_t bytes);
    Result<void> find_map();
    Result<void> lengthen_file();
    int file() const noexcept;

    MDB_env* environment_;
    const std::string path_;
    MDB_dbi database_ = 0;
    bool read_only_ = false;
    // Written with the gate closed and the writer taken.
    MapView map_;
    RemapGate gate_;
    /// A thread looks for a reader in so many places, which few other threads look at.
    static constexpr std::size_t places = 4;
    static constexpr std::size_t kept_readers = 16 * places;
    struct alignas(64) Slot {
        std::atomic<Reader*> reader{nullptr};
    };
    std::atomic<Reader*>& place(std::size_t number) noexcept {
        return slots_[(RemapGate::thread_number() * places + number) % kept_readers].reader;
    }
    std::array<Slot, kept_readers> slots_;
    std::mutex mapping_mutex_;
    std::weak_ptr<const Mapping> mapping_;

    std::mutex writing_;
    // Of the writer.
    unsigned sync_flags_ = 0;
    bool file_is_short_ = true;
};

}  // namespace turntable::inline v0::kv::lmdb
