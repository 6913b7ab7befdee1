#pragma once

#include <string>
#include <utility>

#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

namespace turntable::inline v0::sql {

/// A folder of its own that is deleted with all it holds.
class TURNTABLE_EXPORT TemporaryFolder {
  public:
    static Result<TemporaryFolder> make();
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~TemporaryFolder();

    const std::string& path() const noexcept { return path_; }

  private:
    explicit TemporaryFolder(std::string path) noexcept : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace turntable::inline v0::sql
