#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "expectation.hpp"
#include "turntable/core/clock.hpp"

/// \file
/// The parts of a run that are the same for every surface.
namespace turntable::inline v0::conformance::detail {

/// Tries one case in `environment`, which `make` gives, and calls `run` with it.
template <class Case, class Make, class Run>
Outcome outcome_of(const Case& one, std::uint64_t seed, const Make& make, const Run& run) {
    Outcome outcome;
    outcome.name = one.name;
    outcome.promise = one.promise;
    outcome.seed = seed;
    const auto start = Clock::system()->steady_now();
    {
        auto environment = make();
        attempt(
            outcome, [&] { run(one, environment); }, [&] { return environment.take_trace(); },
            [&] { environment.abandon(); });
    }
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        Clock::system()->steady_now() - start);
    return outcome;
}

/// Tries every case that the filter leaves with `run`, which gives an Outcome.
template <class Case, class Subject, class Options, class Run>
Report report_of(std::span<const Case> cases, const Subject& subject, const Options& options,
                 const std::function<void(const Outcome&)>& progress, const Run& run) {
    Report report;
    report.subject = subject.name;
    report.seed = options.seed;
    for (const Case& one : cases) {
        if (one.name.find(options.filter) == std::string_view::npos) {
            continue;
        }
        report.outcomes.push_back(run(one));
        if (progress) {
            progress(report.outcomes.back());
        }
    }
    return report;
}

/// See placed_subject of the surfaces.
template <class Subject, class OpenAt>
Subject placed(std::string name, std::function<std::string()> new_place, OpenAt open) {
    const auto place = std::make_shared<std::string>();
    const auto again = [place, open](const auto& how) { return open(*place, how); };
    Subject subject;
    subject.name = std::move(name);
    subject.open_fresh = [place, again, new_place = std::move(new_place)](const auto& how) {
        *place = new_place();
        return again(how);
    };
    subject.reopen = again;
    subject.open_second = again;
    return subject;
}

}  // namespace turntable::inline v0::conformance::detail
