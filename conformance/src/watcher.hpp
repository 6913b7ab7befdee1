#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

/// A watch whose steps are put together into the state that the watcher knows.
///
/// Purpose: cases ask what a watcher knows by now, since steps may be merged; what must hold in
/// each step is checked here: no older state after a newer one, only keys that are watched.
/// Ownership: owns the stream; must go before its store does, unless a case is about that.
/// Threads: one thread at a time. Errors: throws Failure.
class Watcher {
  public:
    struct Target {
        std::string key;
        std::optional<std::string> end;
    };

    Watcher(Store& store, std::vector<Target> targets, const Location& where = Location::current());

    /// Asks for the next step; ask again only after it came.
    void start();
    /// Whether no step comes for as long as `time`.
    bool stays_quiet_for(std::chrono::milliseconds time) {
        start();
        return !next_->wait_for(time);
    }
    /// Waits for a step, takes it in, and gives it; an empty one is the end.
    std::optional<WatchOutput> step(const Location& where = Location::current());
    /// What ended a `start`, not taken in.
    Result<std::optional<WatchOutput>> raw(const Location& where = Location::current());
    /// Takes steps in until `holds`.
    void until(const std::function<bool()>& holds, std::string_view what,
               const Location& where = Location::current());
    void until_value(const std::string& key, std::string_view data,
                     const Location& where = Location::current());

    bool knows(const std::string& key) const { return state_.contains(key); }
    /// The newest state told; absent also when nothing was told.
    std::optional<Item> state(const std::string& key) const;
    std::vector<Item> entries() const;

  private:
    void take_in(const WatchOutput& output, const Location& where);

    Store& store_;
    std::vector<Target> targets_;
    std::optional<Stream<WatchOutput>> stream_;
    std::optional<Pending<std::optional<WatchOutput>>> next_;
    std::map<std::string, std::optional<Item>> state_;
    std::map<std::string, Versionstamp> newest_;
};

}  // namespace turntable::inline v0::kv::conformance
