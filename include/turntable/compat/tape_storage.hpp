#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/tape/library.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// The calls of the old TapeStorage over a folder of tapes.
/// Purpose: a program that was written for shadowcat goes on while it moves to tape::Library; all
/// here is deprecated, and says what to use instead. docs/captures.md has the table.
/// Ownership: see TapeStorage. Threads: values, but for TapeStorage. Errors: see TapeStorage.
namespace turntable::inline v0::compat {

/// A whole tape in memory.
///
/// Purpose: what TapeStorage saves and loads. Ownership: owns its records. Threads: a value.
/// Errors: none.
struct Tape {
    tape::Head head = {};
    tape::Labels labels = {};
    /// All records but the head, checks and ends, in their order.
    std::vector<tape::Record> records = {};
};

/// What a storage can do beyond the old calls: all of it, here.
struct StorageCapabilities {
    bool streaming = true;
    bool append = true;
    bool search = true;
};

/// The old storage: tapes of one folder, as wholes.
///
/// Purpose: the old calls over `tape:DIR`. Tapes are `ID.tape` files; what was written as `ID.json`
/// is taken over by import_old(), and stays as it is.
/// Ownership: owns its library. Threads: any, after initialize(); but append_frames() reads and
/// writes a whole tape, so that of two at a time for one tape one is lost.
/// Errors: `closed` before initialize(); those of tape::Library.
class [[deprecated("use tape::Library, opened with tape::Registry or tape::FolderBuilder")]]
TURNTABLE_EXPORT TapeStorage {
  public:
    /// Touches nothing. With `indexes`, in which `sqlite:` is registered, the folder keeps an
    /// index; without, it is made again by each initialize().
    explicit TapeStorage(std::string folder, std::shared_ptr<const kv::Registry> indexes = nullptr);
    TapeStorage(TapeStorage&& other) noexcept;
    TapeStorage& operator=(TapeStorage&& other) noexcept;
    ~TapeStorage();

    [[deprecated("tape::Registry::open needs no second step")]]
    Result<void> initialize();
    /// Takes over the old files of the folder that are not there yet, and says how many.
    [[deprecated("use tape::CaptureFolder and tape::Library::copy_to")]]
    Result<std::uint64_t> import_old() const;

    /// Keeps a tape, in place of one with its id. An empty id gets a new one. Gives the id.
    [[deprecated("use tape::Library::save, or record with tape::Recorder and Library::sink")]]
    Result<std::string> save(const Tape& tape) const;
    [[deprecated("use tape::Library::metadata and source: a tape need not be in memory")]]
    Result<Tape> load(std::string_view id) const;
    [[deprecated("use tape::Library::remove")]]
    Result<void> delete_tape(std::string_view id) const;
    [[deprecated("use tape::Library::metadata")]]
    Result<bool> exists(std::string_view id) const;
    /// All tapes, or those of criteria, in pages of which this gives every one.
    [[deprecated("use tape::Library::search or for_each")]]
    Result<std::vector<tape::TapeMetadata>> list(
        const std::optional<tape::SearchCriteria>& criteria = {}) const;
    [[deprecated("use tape::Library::search")]]
    Result<std::vector<tape::TapeMetadata>> search(std::string_view query) const;
    [[deprecated("use tape::Library::statistics")]]
    Result<tape::LibraryStatistics> stats() const;
    [[deprecated("every tape::Provider streams, appends and searches")]]
    StorageCapabilities capabilities() const noexcept;
    /// `invalid_config` for a setting of `tape:DIR` that is none.
    [[deprecated("use tape::Registry::open, or tape::FolderBuilder::build")]]
    static Result<void> validate_config(const SettingMap& settings);

    /// The frames with numbers from `from` to `to`.
    [[deprecated("use tape::Library::source, tape::Reader and Reader::seek_frame")]]
    Result<std::vector<tape::Frame>> stream_frames(std::string_view id, std::uint64_t from = 1,
                                                   std::uint64_t to = UINT64_MAX) const;
    /// Puts frames behind those of a tape, which is read and written as a whole.
    [[deprecated("record with tape::Recorder and tape::Library::sink")]]
    Result<void> append_frames(std::string_view id, const std::vector<tape::Frame>& frames) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0::compat
