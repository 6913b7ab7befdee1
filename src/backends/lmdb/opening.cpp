// How a folder becomes an environment: what may be there, LMDB's own opening, whose it is.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <system_error>

#include "backends/lmdb/environment.hpp"
#include "backends/lmdb/format.hpp"
#include "backends/lmdb/lmdb_error.hpp"
#include "backends/lmdb/lock_file.hpp"
#include "backends/lmdb/verify.hpp"

namespace turntable::inline v0::kv::lmdb {

namespace {

constexpr mode_t folder_mode = 0777;
constexpr mdb_mode_t data_mode = 0644;

using FolderId = std::pair<dev_t, ino_t>;

/// The environments of this process. The one thing that is global: LMDB's locks belong to the
/// process, and a second opening of a folder would break them for all.
struct OpenFolders {
    std::mutex mutex;
    std::condition_variable closed;
    std::map<FolderId, std::weak_ptr<Environment>> environments;
};

OpenFolders& open_folders() {
    static auto* const folders = new OpenFolders;  // outlives every static database
    return *folders;
}

/// Makes a new folder survive a loss of power.
void sync_folder(const std::string& folder) noexcept {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Result<void> make_folder(const std::string& path, const LmdbOptions& options) {
    if (options.read_only || !options.create) {
        return Error(ErrorCode::not_found,
                     path + " is not there; it is only made with create=true and read_only=false");
    }
    if (::mkdir(path.c_str(), folder_mode) == 0 || errno == EEXIST) {
        return {};
    }
    if (errno == ENOENT) {
        return Error(ErrorCode::not_found, path + " cannot be made: the folder " + parent_of(path) +
                                               " is not there; make it first");
    }
    return engine_error(errno, path, "making the folder");
}

/// The folder, made if need be.
Result<FolderId> find_folder(const std::string& path, const LmdbOptions& options) {
    struct stat status{};
    for (int round = 0; round < 2; ++round) {
        if (::stat(path.c_str(), &status) == 0) {
            if (!S_ISDIR(status.st_mode)) {
                return Error(ErrorCode::invalid_config,
                             path + " is not a folder; name a folder for the database");
            }
            return FolderId(status.st_dev, status.st_ino);
        }
        if (errno != ENOENT) {
            return Error(ErrorCode::permission_denied,
                         path + " cannot be looked at: " +
                             std::error_code(errno, std::generic_category()).message());
        }
        TURNTABLE_CHECK(make_folder(path, options));
    }
    return engine_error(ENOENT, path, "making the folder");
}

/// A database is only made where nothing else is.
Result<void> check_new_folder(const std::string& path, const LmdbOptions& options) {
    if (options.read_only || !options.create) {
        return Error(ErrorCode::not_found,
                     path +
                         " holds no database; one is only made with create=true and "
                         "read_only=false");
    }
    std::error_code problem;
    for (std::filesystem::directory_iterator at(path, problem), end; !problem && at != end;
         at.increment(problem)) {
        const std::string name = at->path().filename().string();
        if (name != "data.mdb" && !name.starts_with("lock.mdb")) {
            return Error(ErrorCode::invalid_config,
                         std::string(path)
                             .append(" holds other files (")
                             .append(name)
                             .append("); name an empty or new folder for the database"));
        }
    }
    if (problem) {
        return Error(ErrorCode::permission_denied, path + " cannot be read: " + problem.message());
    }
    return {};
}

}  // namespace

/// The steps from a folder to an environment that is ours.
class Opening {
  public:
    explicit Opening(const LmdbOptions& options) : options_(options), path_(options.path) {}

    Result<std::unique_ptr<Environment>> run() {
        TURNTABLE_TRY(facts_, check_file(path_));
        if (!facts_.exists) {
            TURNTABLE_CHECK(check_new_folder(path_, options_));
        }
        if (facts_.exists && facts_.page_bytes > static_cast<std::uint64_t>(page_bytes())) {
            return Error(ErrorCode::unsupported,
                         path_ + " was made on a machine with larger pages of memory");
        }
        TURNTABLE_CHECK(prepare_lock_file(path_, options_.readers));
        TURNTABLE_CHECK(open_environment());
        const bool verify = wants_verify();
        if (verify) {
            TURNTABLE_CHECK(verify_pages(environment_->environment_, path_));
        }
        TURNTABLE_CHECK(settle_format());
        TURNTABLE_CHECK(environment_->find_map());
        if (verify) {
            TURNTABLE_CHECK(verify_entries(*environment_));
        }
        return std::move(environment_);
    }

  private:
    static std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

    bool wants_verify() const noexcept {
        const std::uint64_t used = (facts_.last_page + 1) * facts_.page_bytes;
        return facts_.exists &&
               (options_.verify == LmdbVerify::always ||
                (options_.verify == LmdbVerify::automatic && used <= lmdb_verify_bytes_max));
    }

    bool is_writable() const {
        return ::access((path_ + "/data.mdb").c_str(), W_OK) == 0 &&
               ::access(path_.c_str(), W_OK) == 0;
    }

    Result<void> open_environment() {
        MDB_env* environment = nullptr;
        if (const int code = mdb_env_create(&environment); code != 0) {
            return engine_error(code, path_, "opening");
        }
        environment_ = std::make_unique<Environment>(environment, path_);
        environment_->read_only_ = options_.read_only && !is_writable();
        const std::size_t wanted = environment_->read_only_
                                       ? facts_.file_bytes
                                       : std::max(options_.map_size.bytes, facts_.file_bytes);
        const std::size_t page = page_bytes();
        mdb_env_set_mapsize(environment, (wanted + page - 1) / page * page);
        mdb_env_set_maxreaders(environment, options_.readers);
        const unsigned flags = MDB_NOTLS | (environment_->read_only_ ? MDB_RDONLY : 0U);
        if (const int code = mdb_env_open(environment, path_.c_str(), flags, data_mode);
            code != 0) {
            return engine_error(code, path_, "opening");
        }
        // Readers that ended without saying so keep pages from being used again.
        int dead = 0;
        mdb_reader_check(environment, &dead);
        return {};
    }

    /// Whether the entries are ours; an empty database becomes ours.
    Result<void> settle_format() {
        TURNTABLE_TRY(const bool is_new, look_at_header(false));
        if (!is_new) {
            return {};
        }
        if (options_.read_only) {
            return Error(ErrorCode::not_found,
                         path_ + " holds an empty database; open it once without read_only=true");
        }
        TURNTABLE_TRY([[maybe_unused]] const bool still_new, look_at_header(true));
        sync_folder(path_);
        sync_folder(parent_of(path_));
        return {};
    }

    /// True: the database is empty. With `write` it gets its header then.
    Result<bool> look_at_header(bool write) {
        MDB_txn* transaction = nullptr;
        int code = MDB_MAP_RESIZED;
        for (int round = 0; round < resizes_max && code == MDB_MAP_RESIZED; ++round) {
            code = mdb_txn_begin(environment_->environment_, nullptr, write ? 0U : MDB_RDONLY,
                                 &transaction);
            if (code == MDB_MAP_RESIZED) {
                mdb_env_set_mapsize(environment_->environment_, 0);
            }
        }
        if (code != 0) {
            return engine_error(code, path_, "opening");
        }
        Result<bool> is_new = judge(transaction);
        if (is_new && *is_new && write) {
            code = put_header(transaction);
        }
        if (!is_new || code != 0) {
            mdb_txn_abort(transaction);
        } else {
            code = mdb_txn_commit(transaction);
        }
        return code != 0 ? engine_error(code, path_, "opening") : std::move(is_new);
    }

    Result<bool> judge(MDB_txn* transaction) {
        unsigned flags = 0;
        int code = mdb_dbi_open(transaction, nullptr, 0, &environment_->database_);
        if (code == 0) {
            code = mdb_dbi_flags(transaction, environment_->database_, &flags);
        }
        MDB_stat stat{};
        if (code == 0) {
            code = mdb_stat(transaction, environment_->database_, &stat);
        }
        if (code != 0) {
            return engine_error(code, path_, "opening");
        }
        MDB_val key{header_key.size(), const_cast<char*>(header_key.data())};
        MDB_val value{};
        code = mdb_get(transaction, environment_->database_, &key, &value);
        if (code == MDB_NOTFOUND && stat.ms_entries == 0) {
            return true;
        }
        if (code == MDB_NOTFOUND || flags != 0) {
            return Error(ErrorCode::invalid_config,
                         path_ + " holds an LMDB database of another program; name another folder");
        }
        if (code != 0) {
            return engine_error(code, path_, "opening");
        }
        return check_version(ByteView(static_cast<const char*>(value.mv_data), value.mv_size));
    }

    Result<bool> check_version(ByteView stored) {
        const std::optional<std::uint32_t> version = decode_header(stored);
        if (!version) {
            return corrupt_error(path_, "has a damaged header record");
        }
        if (*version > format_version) {
            return Error(ErrorCode::unsupported,
                         path_ + " has version " + std::to_string(*version) +
                             " of the format, and this program knows up to " +
                             std::to_string(format_version) +
                             "; use a newer version of this program. The folder was not changed");
        }
        return false;
    }

    int put_header(MDB_txn* transaction) {
        std::string header = encode_header();
        MDB_val key{header_key.size(), const_cast<char*>(header_key.data())};
        MDB_val value{header.size(), header.data()};
        return mdb_put(transaction, environment_->database_, &key, &value, 0);
    }

    const LmdbOptions& options_;
    const std::string& path_;
    FileFacts facts_;
    std::unique_ptr<Environment> environment_;
};

Result<std::shared_ptr<Environment>> Environment::open(const LmdbOptions& options) {
    TURNTABLE_TRY(const FolderId id, find_folder(options.path, options));
    OpenFolders& folders = open_folders();
    std::unique_lock lock(folders.mutex);
    auto found = folders.environments.find(id);
    while (found != folders.environments.end()) {
        if (std::shared_ptr<Environment> shared = found->second.lock()) {
            return shared;
        }
        folders.closed.wait(lock);  // its last user is just closing it
        found = folders.environments.find(id);
    }
    TURNTABLE_TRY(std::unique_ptr<Environment> made, Opening(options).run());
    std::shared_ptr<Environment> shared(made.release(), [id](Environment* environment) {
        OpenFolders& all = open_folders();
        {
            const std::scoped_lock guard(all.mutex);
            delete environment;
            all.environments.erase(id);
        }
        all.closed.notify_all();
    });
    folders.environments.emplace(id, shared);
    return shared;
}

}  // namespace turntable::inline v0::kv::lmdb
