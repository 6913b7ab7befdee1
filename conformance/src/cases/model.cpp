#include "model/model.hpp"
#include "cases/groups.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

void random_histories(Environment& environment) {
    const Capabilities can = environment.store().capabilities();
    ModelOptions options;
    options.advance = environment.can_advance();
    options.delete_range = can.delete_range;
    options.set_expiry = can.set_expiry && options.advance;
    options.reopen = can.reopen && environment.subject().reopen != nullptr;
    for (unsigned round = 0; round < environment.options().model_rounds; ++round) {
        const auto history =
            random_history(environment.random(), environment.options().model_operations, options);
        try {
            play(environment, history);
        } catch (const Hang&) {
            throw;
        } catch (const Failure& first) {
            const std::vector<Step> shortest = shrink(environment, history);
            Failure failure = first;
            try {
                play(environment, shortest);
            } catch (const Hang&) {
                throw;
            } catch (const Failure& again) {
                failure = again;
            }
            failure.reason += "; the shortest history that fails, found in round " + show(round) +
                              " of seed " + show(environment.options().seed) + ":";
            for (std::size_t i = 0; i < shortest.size(); ++i) {
                failure.reason += "\n        " + show(i + 1) + ". " + shortest[i].describe();
            }
            throw failure;
        }
    }
}

}  // namespace

std::vector<Case> model_cases() {
    using enum Need;
    return {
        {"model.random_histories",
         "Random writes, reads and jumps in time give what a plain ordered map gives.",
         {writes},
         random_histories},
    };
}

}  // namespace turntable::inline v0::kv::conformance
