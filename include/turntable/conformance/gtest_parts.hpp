#pragma once

/// \file
/// What the suites of all surfaces share to be a part of a GoogleTest program.
/// Purpose: the macros in the `gtest.hpp` of each surface are made of it; include one of those.
/// Ownership: each test makes and drops its own subject. Threads: as GoogleTest.
/// Errors: a case that fails is a failed test with the expectation and the calls; one that does not
/// apply is a skipped test that names what is missing.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <type_traits>

#include "turntable/conformance/basic_case.hpp"
#include "turntable/conformance/report.hpp"

namespace turntable::inline v0::conformance {

/// What GoogleTest shows for a case.
template <class Need, class Environment>
void PrintTo(const BasicCase<Need, Environment>& one, std::ostream* stream) {
    *stream << one.promise;
}

}  // namespace turntable::inline v0::conformance

namespace turntable::inline v0::conformance::detail {

template <class Case>
std::string gtest_name(const ::testing::TestParamInfo<Case>& info) {
    std::string name(info.param.name);
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0; };
    std::replace_if(
        name.begin(), name.end(), [&](char c) { return !is_plain(static_cast<unsigned char>(c)); },
        '_');
    return name;
}

template <class Options, class Case, class MakeSubject>
void run_as_gtest(const Case& one, MakeSubject&& make_subject) {
    Options options;
    const auto subject = [&] {
        if constexpr (std::is_invocable_v<MakeSubject, Options&>) {
            return make_subject(options);
        } else {
            return make_subject();
        }
    }();
    const Outcome outcome = run_case(one, subject, options);
    if (outcome.status == Status::not_applicable) {
        GTEST_SKIP() << outcome.reason;
    }
    EXPECT_EQ(outcome.status, Status::passed) << to_text(outcome);
}

}  // namespace turntable::inline v0::conformance::detail

// `suite` is the namespace of a surface; what follows it is called for a subject.
#define TURNTABLE_DETAIL_CONFORMANCE_TEST(Name, prefix, suite, ...)                                \
    class Name : public ::testing::TestWithParam<suite::Case> {};                                  \
    TEST_P(Name, KeepsThePromise) {                                                                \
        ::turntable::conformance::detail::run_as_gtest<suite::Options>(GetParam(), (__VA_ARGS__)); \
    }                                                                                              \
    INSTANTIATE_TEST_SUITE_P(                                                                      \
        prefix, Name, ::testing::ValuesIn(suite::all_cases().begin(), suite::all_cases().end()),   \
        ::turntable::conformance::detail::gtest_name<suite::Case>)
