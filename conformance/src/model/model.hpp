#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

/// One random step. It names keys and stamps by meaning, not by value, so that a history still
/// makes sense after steps were taken out of it.
struct Step {
    enum class Kind : std::uint8_t { write, read, advance, delete_range, reopen };
    enum class Stamp : std::uint8_t { absent, current, stale };
    struct StepCheck {
        unsigned key;
        Stamp stamp;
    };
    struct StepMutation {
        MutationKind kind;
        unsigned key;
        std::uint64_t number;
        bool counter;
        /// From now; negative: never.
        std::int64_t expire_in_ms;
    };

    Kind kind = Kind::write;
    std::vector<StepCheck> checks = {};
    std::vector<StepMutation> mutations = {};
    unsigned low = 0;
    unsigned high = 0;
    std::uint32_t limit = 0;
    bool reverse = false;
    std::int64_t advance_ms = 0;

    std::string describe() const;
};

struct ModelOptions {
    bool advance = false;
    bool delete_range = false;
    bool set_expiry = false;
    bool reopen = false;
};

std::vector<Step> random_history(std::mt19937_64& random, unsigned steps,
                                 const ModelOptions& options);

/// The contract as a plain ordered map: what each step must give.
class Model {
  public:
    struct Stored {
        std::string data;
        ValueEncoding encoding = ValueEncoding::bytes;
        Versionstamp stamp = {};
        std::int64_t expire_at_ms = never_expires;
    };

    /// Makes the write that `step` means now.
    Write write_of(const Step& step) const;
    /// The failed checks that it must have.
    std::vector<std::uint32_t> failed_checks(const Step& step, std::int64_t now_ms) const;
    /// Whether a mutation must fail; if not, the state after it replaces this one.
    bool apply(const Step& step, std::int64_t now_ms);
    /// Gives the entries written last the versionstamp of their commit.
    void stamp(Versionstamp stamp);
    std::vector<Item> range(unsigned low, unsigned high, std::uint32_t limit, bool reverse,
                            std::int64_t now_ms) const;
    std::uint64_t remove_range(unsigned low, unsigned high, std::int64_t now_ms);
    void set_now(std::int64_t now_ms) { now_ms_ = now_ms; }

  private:
    const Stored* find(const std::string& key, std::int64_t now_ms) const;
    bool apply_one(const Step::StepMutation& one, std::int64_t now_ms);

    std::map<std::string, Stored> entries_;
    std::vector<std::string> touched_;
    std::int64_t now_ms_ = 0;
};

/// The encoded key with this number; numbers order as their keys.
std::string model_key(unsigned number);
inline constexpr unsigned model_keys = 12;

/// Plays a history on a fresh database beside the model; throws Failure at the first difference.
void play(Environment& environment, const std::vector<Step>& history);
/// Takes steps out of a failing history as long as it still fails.
std::vector<Step> shrink(Environment& environment, std::vector<Step> history);

}  // namespace turntable::inline v0::kv::conformance
