#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/tape/provider.hpp"
#include "turntable/tape/registry.hpp"

/// \file
/// A folder of captures of other programs as a library that is only read.
/// Purpose: old recordings are listed, searched and replayed where they are, before anybody decides
/// to import them. Ownership, threads, errors: see CaptureFolder.
namespace turntable::inline v0::tape {

namespace detail {
struct CaptureFolderState;
}  // namespace detail

/// How a folder of captures is read.
///
/// Purpose: the argument of CaptureFolder::create. Ownership: shares the runtime.
/// Threads: a value. Errors: none.
struct CaptureFolderOptions {
    std::shared_ptr<Runtime> runtime = nullptr;
    AnalyzerFactory analyzer = nullptr;
    /// Bytes of converted contents that are kept for the next reading; the last one always is.
    std::uint64_t cache_bytes_max = std::uint64_t{64} << 20U;
};

/// The captures in a folder, each as a tape: see read_capture_file.
///
/// Purpose: models tape::Provider. Nothing in the folder changes, and nothing is added. What is
/// known of a capture is kept in memory and read again when the size or time of its file changed.
/// Of two captures with one id the first by its file name is there; inspect() tells of the other,
/// and of what is damaged.
/// Ownership: shares the runtime. Threads: any; a caller that waits does the work on its own
/// thread, others on the blocking pool.
/// Errors: as tape::Provider; `unsupported` from all that would change something.
class TURNTABLE_EXPORT CaptureFolder {
  public:
    /// Touches nothing: the folder is read with the first call.
    static CaptureFolder create(std::string folder, CaptureFolderOptions options = {});
    CaptureFolder(CaptureFolder&& other) noexcept;
    CaptureFolder& operator=(CaptureFolder&& other) noexcept;
    ~CaptureFolder();

    Async<TapeMetadata> save_tape(const Context& context, const SaveRequest& request);
    Async<StoredTape> load_tape(const Context& context, std::string_view id);
    Async<std::uint64_t> append(const Context& context, std::string_view id, std::uint64_t offset,
                                ByteView bytes);
    Result<Stream<Bytes>> stream(const Context& context, std::string_view id,
                                 const ContentRange& range);
    Async<void> delete_tape(const Context& context, std::string_view id);
    Async<TapePage> list_tapes(const Context& context, const SearchCriteria& criteria);
    Async<TapeMetadata> get_metadata(const Context& context, std::string_view id);
    Async<TapeMetadata> update_metadata(const Context& context, std::string_view id,
                                        const LabelChange& change);
    Async<InspectReport> inspect(const Context& context, const InspectOptions& options);
    Async<Health> health_check(const Context& context);
    Async<void> close(const Context& context);

  private:
    explicit CaptureFolder(std::shared_ptr<detail::CaptureFolderState> state) noexcept;
    std::shared_ptr<detail::CaptureFolderState> state_;
};

static_assert(Provider<CaptureFolder> && ProviderWithHealth<CaptureFolder> &&
              ProviderWithInspect<CaptureFolder>);

/// Serves `captures:DIR`.
TURNTABLE_EXPORT Result<void> register_captures(Registry& registry);

}  // namespace turntable::inline v0::tape
