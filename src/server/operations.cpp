#include "server/operations.hpp"

#include <array>
#include <utility>

#include "server/responses.hpp"
#include "turntable/core/coroutine.hpp"
#include "turntable/core/metrics.hpp"

namespace turntable::inline v0::server {

namespace {

using net::http::Response;

std::string_view state_name(Health::State state) noexcept {
    switch (state) {
        case Health::State::healthy:
            return "healthy";
        case Health::State::degraded:
            return "degraded";
        case Health::State::unhealthy:
            break;
    }
    return "unhealthy";
}

void log_reason(const NamedDatabase& of, const Result<Health>& health) {
    const std::string why = health ? health->reason : health.error().to_string();
    const std::array fields = {LogField{"database", of.name}, LogField{"reason", why}};
    of.database.runtime().log(LogLevel::warning, "server", "a database is not healthy", fields);
}

Response ready_response(const std::vector<NamedDatabase>& databases,
                        const std::vector<Result<Health>>& answers) {
    bool ready = true;
    std::string text;
    for (std::size_t i = 0; i < databases.size(); ++i) {
        const Result<Health>& health = answers[i];
        const Health::State state = health ? health->state : Health::State::unhealthy;
        ready = ready && state != Health::State::unhealthy;
        if (state != Health::State::healthy) {
            log_reason(databases[i], health);
        }
        text.append(databases[i].name).append(": ").append(state_name(state)).append("\n");
    }
    return text_response(ready ? 200 : 503, text);
}

}  // namespace

Response live_answer() { return text_response(200, "alive\n"); }

Async<Response> ready_answer(std::vector<NamedDatabase> databases, const Context& context) {
    std::vector<Async<Health>> questions;
    for (const NamedDatabase& named : databases) {
        questions.push_back(named.database.backend().health(context));
    }
    return then(when_all(std::move(questions)),
                [databases = std::move(databases)](
                    Result<std::vector<Result<Health>>>&& answers) -> Result<Response> {
                    return answers ? ready_response(databases, *answers)
                                   : Result<Response>(std::move(answers).error());
                });
}

Response metrics_answer(Runtime& runtime) {
    return bytes_response(runtime.metrics()->prometheus_text(),
                          "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace turntable::inline v0::server
