#pragma once

#include <map>
#include <string>
#include <string_view>

#include "turntable/core/export.hpp"
#include "turntable/tape/capture.hpp"

namespace turntable::inline v0::tape::capture {

/// `old/a.json`, `a.jsonl`: `a`.
std::string stem_of(std::string_view file);

/// When a file was changed, as a number; 0 if it is not there.
TURNTABLE_EXPORT std::int64_t stamp_of(const std::string& path);

/// A file that may be a capture, by its name.
struct Candidate {
    std::string name;
    std::uint64_t size = 0;
    /// Differs when it, or what lies beside it alone, was changed.
    std::int64_t stamp = 0;
};
/// The regular files of a folder with the names of captures, sorted; no symbolic links.
TURNTABLE_EXPORT Result<std::vector<Candidate>> candidates(const std::string& folder);

/// What is known of the captures of one folder beside them.
///
/// Purpose: `index.json` is read once for many captures. Ownership: owns its texts.
/// Threads: a value. Errors: a catalog that cannot be read is none.
class TURNTABLE_EXPORT Beside {
  public:
    explicit Beside(const std::string& folder);
    /// Of the capture in the file `name` whose tape has the id `id`.
    std::vector<std::string> of(const std::string& name, const std::string& id) const;

  private:
    std::string folder_;
    std::map<std::string, std::string, std::less<>> entries_;
};

/// Reads a capture with what lies beside it; `corrupt` if it is none.
TURNTABLE_EXPORT Result<Capture> read_beside(const std::string& path, const Beside& beside,
                                             const CaptureOptions& options);

}  // namespace turntable::inline v0::tape::capture
