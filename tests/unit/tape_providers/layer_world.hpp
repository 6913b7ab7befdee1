#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/providers.hpp"
#include "support/temp_folder.hpp"
#include "turntable/conformance/tape/sample.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/tape/layers.hpp"
#include "turntable/tape/registry.hpp"
#include "unit/kv_layers/layer_support.hpp"

namespace turntable::test {

/// What a provider does otherwise than it would: a step for each call of a name; steps of streams
/// are called "next".
///
/// Purpose: failures on request. Ownership: shared by a test and its ScriptLayer. Threads: one at a
/// time. Errors: those of the script.
class Script : public turntable::detail::LayerPolicy {
  public:
    static constexpr bool bounds_steps = true;

    /// The next calls fail and do nothing.
    void fail_next(const std::string& name, const Error& error, std::size_t times = 1) {
        for (std::size_t i = 0; i < times; ++i) {
            steps_.emplace(name, Step{error, true});
        }
    }
    /// The next call is made, and its caller told that it failed.
    void lose_next(const std::string& name, const Error& error) {
        steps_.emplace(name, Step{error, false});
    }
    /// The next call is made, and its answer held back until release(); nothing stops it.
    void hold_next(const std::string& name) { steps_.emplace(name, Step{std::nullopt, false}); }
    void release() {
        for (auto& give : std::exchange(held_, {})) {
            give();
        }
    }
    std::size_t count(const std::string& name) { return counts_[name]; }

    template <class Target, class Call>
    Async<typename Call::Answer> run(Target& target, const Context& context, const Call& call) {
        using T = typename Call::Answer;
        const auto step = next_step(std::is_same_v<Call, tape::detail::NextCall>
                                        ? "next"
                                        : std::string(to_string(Call::kind)));
        if (!step) {
            return call.make(target, context);
        }
        if (step->does_nothing) {
            return *step->error;
        }
        Context waiting = context;
        waiting.caller_waits = true;
        Result<T> answer = call.make(target, waiting).wait();
        if (step->error) {
            return *step->error;
        }
        auto [promise, async] = SharedPromise<T>::make(*runtime, {});
        held_.emplace_back([told = promise, answer = std::move(answer)]() mutable {
            told->complete(std::move(answer));
        });
        return std::move(async);
    }
    template <class Target, class Call>
    Result<Stream<typename Call::Item>> open(Target& target, const Context& context,
                                             const Call& call) {
        if (const auto step = next_step(std::string(to_string(Call::kind)))) {
            return *step->error;
        }
        return call.open(target, context);
    }

    std::shared_ptr<Runtime> runtime;

  private:
    struct Step {
        std::optional<Error> error;
        bool does_nothing;
    };
    std::optional<Step> next_step(const std::string& name) {
        ++counts_[name];
        const auto found = steps_.find(name);
        if (found == steps_.end()) {
            return std::nullopt;
        }
        Step step = std::move(found->second);
        steps_.erase(found);
        return step;
    }

    std::multimap<std::string, Step> steps_;
    std::map<std::string, std::size_t> counts_;
    std::vector<UniqueFunction<void()>> held_;
};
using ScriptLayer = tape::detail::PolicyLayer<Script, tape::AnyProvider>;

/// A provider in memory that fails on request, in a runtime on a clock that the test moves.
///
/// Purpose: what tests of layers start from. Ownership: a value. Threads: one. Errors: none.
struct TapeWorld : LayerWorld {
    explicit TapeWorld(RuntimeOptions options = {}) : LayerWorld(std::move(options)) {
        script->runtime = runtime;
        waiting.caller_waits = true;
    }

    /// A new library behind the script.
    ScriptLayer scripted(const std::string& url = "memory:") const {
        const tape::Library library = provider_registry().open(url, {.runtime = runtime}).value();
        return {std::move(library.provider()), script};
    }
    static std::string text_of(const std::string& id) {
        return tape::conformance::sample_tape(tape::conformance::sample_head(id), {{"say x"}});
    }
    static tape::SaveRequest request_of(const std::string& id) {
        return {.content = std::make_shared<tape::MemorySource>(Bytes::copy(text_of(id)))};
    }
    /// The answer, with the clock moved as far as it takes.
    template <class T>
    Result<T> answer_of(Async<T> answer) const {
        advance_until_ready(answer);
        return std::move(answer).wait();
    }
    static Error busy() { return {ErrorCode::busy, "locked"}; }

    std::shared_ptr<Script> script = std::make_shared<Script>();
    /// Of a caller who does the work himself.
    Context waiting;
};

}  // namespace turntable::test
