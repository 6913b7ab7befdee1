#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/tour/dpkg_status.hpp"
#include "turntable/kv.hpp"

namespace turntable_cli {

/// Tells what happens and remembers it, and whether everything that it showed held.
class Narrator {
  public:
    /// With `quiet`, only what does not hold is told; the rest is in json().
    explicit Narrator(bool quiet) : quiet_(quiet) {}

    /// Begins a part; steps belong to one.
    void heading(const std::string& text);
    void say(const std::string& text);
    /// Runs a part and tells how long it took.
    void timed(const std::string& what, const std::function<turntable::Result<void>()>& part);
    /// States a fact that has to hold.
    void require(bool holds, const std::string& fact);
    bool all_held() const noexcept { return not_held_.empty(); }
    /// The members parts, held and not_held of a JSON object.
    std::string json_members() const;

  private:
    struct Step {
        std::string what;
        double took_ms = 0;
        std::vector<std::string> shown;
    };
    struct Part {
        std::string heading;
        std::vector<Step> steps;
    };

    bool quiet_;
    std::vector<Part> parts_;
    /// What was said since the last step ended; belongs to the one that is running.
    std::vector<std::string> said_;
    std::vector<std::string> not_held_;
};

/// What the tour does with any store: it does not know which engine it got.
struct TourSteps {
    Narrator& tell;
    turntable::kv::Database db;

    turntable::Result<void> store(const std::vector<Package>& packages);
    turntable::Result<void> list(const std::vector<Package>& packages);
    turntable::Result<void> move_amounts();
    turntable::Result<void> watch();
    turntable::Result<void> queue();
    turntable::Result<void> all(const std::vector<Package>& packages);
};

/// Copies every entry from one state of `from`, with a progress bar, and compares afterwards.
turntable::Result<void> copy_store(Narrator& tell, const turntable::kv::Database& from,
                                   const turntable::kv::Database& to);

}  // namespace turntable_cli
