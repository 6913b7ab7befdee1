#pragma once

#include <cstdint>
#include <string>

#include "cli/app.hpp"
#include "turntable/tape/writer.hpp"

namespace turntable_cli {

/// A copy of a tape that is gone on with. It has its name only when it is finished, so a tape that
/// is there under that name stays whole until then.
class TapeCopy {
  public:
    /// `already_exists` if `to` is there and is not `from` itself.
    static turntable::Result<TapeCopy> begin(const std::string& from, const std::string& to);
    TapeCopy(TapeCopy&& other) noexcept = default;
    TapeCopy& operator=(TapeCopy&& other) noexcept = default;
    ~TapeCopy() = default;

    turntable::tape::Writer& writer() noexcept { return writer_; }
    /// Ends it and gives it its name; a copy of itself that has nothing new goes.
    turntable::Result<void> finish(bool has_news);

  private:
    TapeCopy(turntable::tape::Writer writer, std::string path, std::string to, bool is_itself)
        : writer_(std::move(writer)),
          path_(std::move(path)),
          to_(std::move(to)),
          is_itself_(is_itself) {}

    turntable::tape::Writer writer_;
    std::string path_;
    std::string to_;
    bool is_itself_;
};

/// Runs the command behind `--` between the client and a tape, which takes the place of one that is
/// there when all is over. Gives the number of frames.
turntable::Result<std::uint64_t> record_tape(App& app, const std::string& path);

}  // namespace turntable_cli
