#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "kv/transfer/export_reader.hpp"
#include "kv/transfer/export_writer.hpp"
#include "kv/transfer/intake.hpp"
#include "kv/transfer/range_reader.hpp"
#include "turntable/core/file_error.hpp"
#include "turntable/core/new_file.hpp"
#include "turntable/kv/export.hpp"

namespace turntable::inline v0::kv {

namespace {

/// An open file that is only read.
class InputFile {
  public:
    static Result<InputFile> open(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            return file_error(errno, "opening", path);
        }
        return InputFile(path, file);
    }
    InputFile(InputFile&& other) noexcept
        : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
    InputFile& operator=(InputFile&&) = delete;
    ~InputFile() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }

    ExportSource source() const {
        return [this](char* buffer, std::size_t size) -> Result<std::size_t> {
            while (true) {
                const ssize_t got = ::read(file_, buffer, size);
                if (got >= 0) {
                    return static_cast<std::size_t>(got);
                }
                if (errno != EINTR) {
                    return file_error(errno, "reading", path_);
                }
            }
        };
    }
    bool rewind() const noexcept { return ::lseek(file_, 0, SEEK_SET) == 0; }

  private:
    InputFile(std::string path, int file) noexcept : path_(std::move(path)), file_(file) {}
    std::string path_;
    int file_;
};

Error cancelled() { return Error(ErrorCode::cancelled, "stopped before the end").during("export"); }

template <class T>
Result<T> in_file(const std::string& path, Result<T> result) {
    return result ? std::move(result) : Result<T>(std::move(result).error().with("file", path));
}

std::string origin_of(const ExportInfo& info) {
    return "import of an export of " + info.source + " made at " + std::to_string(info.created_ms);
}

}  // namespace

Result<TransferReport> export_entries(const Database& from, const ExportSink& to,
                                      const TransferOptions& options) {
    if (!from.capabilities().expiry_times && !options.inconsistent) {
        return Error(ErrorCode::unsupported,
                     "the source does not tell when entries expire, so that would be lost; allow "
                     "that with `inconsistent`")
            .during("export")
            .on(from.url());
    }
    const turntable::detail::HandleCore& core = from.state()->core;
    ExportInfo info;
    info.source = from.url();
    info.created_ms = core.now_ms();
    TURNTABLE_TRY(info.range, detail::named(options.selector.range(), "export", core));
    TURNTABLE_TRY(transfer::RangeReader reader,
                  transfer::open_source(from, info.range, options.inconsistent, "export"));
    TransferProgress progress;
    if (options.count_first) {
        TURNTABLE_TRY(progress.total, reader.count());
    }
    transfer::ExportWriter writer(to);
    TURNTABLE_CHECK(writer.start(info));
    while (true) {
        if (options.stop.stop_requested()) {
            return cancelled();
        }
        TURNTABLE_TRY(const EntryBatch batch, reader.next());
        if (batch.empty()) {
            break;
        }
        for (std::size_t i = 0; i < batch.size(); ++i) {
            TURNTABLE_CHECK(writer.add(batch[i]));
        }
        progress.entries += batch.size();
        progress.bytes += batch.size_bytes();
        if (options.on_progress) {
            options.on_progress(progress);
        }
    }
    TURNTABLE_CHECK(writer.finish());
    TransferReport report;
    report.entries = report.written = progress.entries;
    report.bytes = progress.bytes;
    report.checksum = writer.content_checksum();
    return report;
}

Result<TransferReport> export_file(const Database& from, const std::string& path,
                                   const TransferOptions& options) {
    TURNTABLE_TRY(NewFile file, NewFile::create(path, options.existing == Existing::replace));
    TURNTABLE_TRY(
        const TransferReport report,
        export_entries(
            from, [&file](std::string_view bytes) { return file.write(bytes); }, options));
    TURNTABLE_CHECK(file.commit());
    return report;
}

Result<ExportInfo> check_export(const ExportSource& from) {
    transfer::ExportReader reader(from);
    TURNTABLE_CHECK(reader.start());
    while (true) {
        TURNTABLE_TRY(const EntryBatch block, reader.next());
        if (block.empty()) {
            return reader.info();
        }
    }
}

namespace {

Result<TransferReport> import_counted(const ExportSource& from, const Database& to,
                                      const TransferOptions& options, std::uint64_t total) {
    transfer::ExportReader reader(from);
    TURNTABLE_CHECK(reader.start());
    TURNTABLE_TRY(
        const auto intake,
        transfer::Intake::open(to, reader.info().range, origin_of(reader.info()), options, total));
    while (true) {
        TURNTABLE_TRY(const EntryBatch block, reader.next());
        if (block.empty()) {
            return intake->finish();
        }
        TURNTABLE_CHECK(intake->take(block));
    }
}

}  // namespace

Result<TransferReport> import_entries(const ExportSource& from, const Database& to,
                                      const TransferOptions& options) {
    return import_counted(from, to, options, 0);
}

Result<ExportInfo> check_export_file(const std::string& path) {
    TURNTABLE_TRY(const InputFile file, InputFile::open(path));
    return in_file(path, check_export(file.source()));
}

Result<TransferReport> import_file(const std::string& path, const Database& to,
                                   const TransferOptions& options) {
    TURNTABLE_TRY(const InputFile file, InputFile::open(path));
    const ExportSource source = file.source();
    std::uint64_t total = 0;
    // A pipe can be read only once.
    if (file.rewind()) {
        TURNTABLE_TRY(const ExportInfo info, in_file(path, check_export(source)));
        total = info.entries;
        if (!file.rewind()) {
            return file_error(errno, "reading again", path);
        }
    }
    return in_file(path, import_counted(source, to, options, total));
}

}  // namespace turntable::inline v0::kv
