#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "backends/sqlite/blob/rows.hpp"
#include "backends/sqlite/file/file.hpp"
#include "turntable/blob/backend.hpp"
#include "turntable/blob/detail/answers.hpp"
#include "turntable/blob/detail/flat_list.hpp"
#include "turntable/blob/path.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/core/gate.hpp"

namespace turntable::inline v0::blob::sqlite {

/// A blob that is being written piece by piece.
///
/// Its full chunks go to the file as soon as there are enough for a transaction of their own, under
/// a content that is marked as unfinished; the transaction that names the content ends that.
struct Draft {
    Draft(std::string_view name, const WriteOptions& how) : path(name), options(how) {}

    const std::string path;
    const detail::OwnedWrite options;
    /// Guards the rest: a call that nobody waits for any more may still go on.
    std::mutex mutex = {};
    /// What is in the file already, once there is some.
    std::int64_t content = 0;
    std::uint64_t staged_bytes = 0;
    /// What is not.
    std::string rest = {};
    bool ended = false;
};

/// The blobs of one file, call by call on the thread of the caller.
///
/// Purpose: what stands behind SqliteBackend. Ownership: shared by the backend and by what it gave
/// away. Threads: any. Errors: as blob::Backend.
class Store {
  public:
    Store(SqliteOptions options, std::shared_ptr<Runtime> runtime);

    Result<void> connect() { return file_->connect(); }
    const SqliteOptions& options() const noexcept { return options_; }
    bool read_only() const noexcept { return options_.read_only; }
    const std::shared_ptr<Runtime>& runtime() const noexcept { return runtime_; }
    Gate& gate() noexcept { return gate_; }
    /// Closes the connections. Only when the gate is closed and nobody is inside.
    void shut() noexcept;

    Result<Metadata> stat(std::string_view path);
    /// A file whose metadata satisfies the conditions.
    Result<FileRow> find(std::string_view path, const Conditions& conditions);
    Result<Bytes> read(std::string_view path, const ByteRange& range, const Conditions& conditions);
    /// Bytes of a file that was found before; `condition_failed` if it is another one by now.
    Result<Bytes> read_on(std::string_view path, const FileRow& found, std::uint64_t offset,
                          std::size_t length);
    Result<EntryPage> next_page(detail::FlatList& list);

    Result<Metadata> write(std::string_view path, ByteView bytes,
                           const detail::OwnedWrite& options) {
        return put(path, bytes, options, nullptr);
    }
    Result<void> write(Draft& draft, ByteView bytes);
    Result<Metadata> finish(Draft& draft);
    Result<void> abort(Draft& draft);
    /// Takes back what others left unfinished; of a store only once.
    Result<void> sweep();

    Result<void> remove(std::string_view path, std::string_view if_match);
    Result<void> remove_all(std::string_view path);
    Result<void> create_dir(std::string_view path);
    Result<void> copy(std::string_view from, std::string_view to, bool if_not_exists,
                      std::string_view if_match);
    Result<void> rename(std::string_view from, std::string_view to, bool if_not_exists);
    Result<Health> health();

  private:
    std::size_t chunk_bytes() const noexcept { return options_.chunk.bytes; }
    std::int64_t now_ms() const;
    /// Gives a row that is about to be put another version.
    void renew(Metadata& metadata) const;
    Result<void> stage(Draft& draft);
    Result<Metadata> put(std::string_view path, ByteView rest, const detail::OwnedWrite& options,
                         const Draft* draft);
    Result<void> put_content(Connection& connection, FileRow& row, bool appends, ByteView rest,
                             const Draft* draft) const;

    SqliteOptions options_;
    std::shared_ptr<Runtime> runtime_;
    Gate gate_;
    std::atomic<bool> swept_ = false;
    std::mutex shutting_;
    std::optional<sql::File> file_;
};

}  // namespace turntable::inline v0::blob::sqlite
