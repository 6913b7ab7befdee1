#include "backends/sqlite/blob/store.hpp"

#include <utility>

#include "backends/sqlite/blob/schema.hpp"
#include "backends/sqlite/file/sqlite_error.hpp"

namespace turntable::inline v0::blob::sqlite {

namespace {

sql::FileOptions file_options(const SqliteOptions& options) {
    return {.path = options.path,
            .synchronous = sql::synchronous_of(options.durability),
            .busy_timeout = options.busy_timeout,
            .create = options.create,
            .read_only = options.read_only};
}

Error gone(std::string_view path) {
    return Error(ErrorCode::condition_failed,
                 "the blob was written anew or removed while it was read")
        .with("path", std::string(path));
}

}  // namespace

Store::Store(SqliteOptions options, std::shared_ptr<Runtime> runtime)
    : options_(std::move(options)), runtime_(std::move(runtime)) {
    file_.emplace(file_options(options_), blob_schema(),
                  std::shared_ptr<Clock>(runtime_, &runtime_->clock()));
}

void Store::shut() noexcept {
    const std::lock_guard lock(shutting_);
    file_.reset();
}

std::int64_t Store::now_ms() const {
    return runtime_->clock().wall_now().time_since_epoch().count();
}

void Store::renew(Metadata& metadata) const {
    metadata.etag = etag_text(runtime_->random().next());
    metadata.modified_ms = now_ms();
}

Result<Metadata> Store::stat(std::string_view path) {
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
    std::string directory(path);
    if (!is_directory_path(path)) {
        TURNTABLE_TRY(std::optional<FileRow> file, find_row(*lease, path));
        if (file) {
            return std::move(file->metadata);
        }
        directory.push_back('/');
    }
    TURNTABLE_TRY(std::optional<FileRow> mark, find_row(*lease, directory));
    if (mark) {
        return std::move(mark->metadata);
    }
    if (!directory.empty()) {
        TURNTABLE_TRY(const bool below, has_below(*lease, directory));
        if (!below) {
            return detail::absent(path);
        }
    }
    return Metadata{.kind = EntryKind::directory};
}

Result<FileRow> Store::find(std::string_view path, const Conditions& conditions) {
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
    TURNTABLE_TRY(FileRow row, find_file(*lease, path));
    TURNTABLE_CHECK(check(conditions, row.metadata));
    return row;
}

Result<Bytes> Store::read(std::string_view path, const ByteRange& range,
                          const Conditions& conditions) {
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
    Connection& connection = *lease;
    TURNTABLE_TRY(Statement * anchor, connection.statement(Sql::list_files));
    const ResetLater reset(*anchor);
    anchor->bind(1, ByteView(path));
    // As long as this statement has not ended, all others of the connection read the same state.
    if (const int code = anchor->step(); code != SQLITE_ROW && code != SQLITE_DONE) {
        return connection.error("looking for a blob");
    }
    TURNTABLE_TRY(const FileRow row, find_file(connection, path));
    TURNTABLE_CHECK(check(conditions, row.metadata));
    TURNTABLE_TRY(const ByteSpan span, resolve(range, row.metadata.size_bytes));
    if (span.length == 0) {
        return Bytes();
    }
    TURNTABLE_TRY(std::optional<Bytes> bytes,
                  read_chunks(connection, row.content, span.offset, span.length));
    if (!bytes) {
        return sql::corrupt_error(connection.path(), "has lost the bytes of a blob")
            .with("path", std::string(path));
    }
    return *std::move(bytes);
}

Result<Bytes> Store::read_on(std::string_view path, const FileRow& found, std::uint64_t offset,
                             std::size_t length) {
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
    TURNTABLE_TRY(std::optional<Bytes> bytes, read_chunks(*lease, found.content, offset, length));
    if (bytes) {
        return *std::move(bytes);
    }
    TURNTABLE_TRY(const std::optional<FileRow> now, find_row(*lease, path));
    if (now && now->content == found.content) {
        return sql::corrupt_error(file_->path(), "has lost the bytes of a blob")
            .with("path", std::string(path));
    }
    return gone(path);
}

Result<EntryPage> Store::next_page(detail::FlatList& list) {
    constexpr std::size_t entries_max = 1000;
    TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
    EntryPage page;
    while (!list.is_done() && page.size() < entries_max) {
        TURNTABLE_TRY(Statement * statement, (*lease).statement(Sql::list_files));
        const ResetLater reset(*statement);
        const std::string from = list.from();
        statement->bind(1, ByteView(from));
        auto step = detail::FlatList::Step::next;
        while (step == detail::FlatList::Step::next && page.size() < entries_max) {
            const int code = statement->step();
            if (code == SQLITE_DONE) {
                list.end();
                break;
            }
            if (code != SQLITE_ROW) {
                return (*lease).error("listing blobs");
            }
            TURNTABLE_TRY(FileRow row, read_row(*lease, *statement));
            step = list.accept({statement->bytes(0).to_string(), std::move(row.metadata)}, page);
        }
    }
    return page;
}

Result<Health> Store::health() {
    const auto begun = runtime_->clock().steady_now();
    const auto look = [&]() -> Result<bool> {
        TURNTABLE_TRY(const sql::ReaderPool::Lease lease, file_->reader());
        return has_below(*lease, "");
    };
    const Result<bool> seen = look();
    return Health{seen ? Health::State::healthy : Health::State::unhealthy,
                  std::chrono::duration_cast<std::chrono::microseconds>(
                      runtime_->clock().steady_now() - begun),
                  seen ? std::string() : seen.error().message()};
}

}  // namespace turntable::inline v0::blob::sqlite
