#pragma once

/// \file
/// Makes the blob part of the conformance suite a part of a GoogleTest program.
/// Purpose: certify a backend of one's own beside one's other tests; link turntable::conformance
/// and GoogleTest. Ownership: each test makes and drops its own subject. Threads: as GoogleTest.
/// Errors: a case that fails is a failed test with the expectation and the calls; one that does not
/// apply is a skipped test that names the missing capability.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>

#include "turntable/conformance/blob/run.hpp"

namespace turntable::inline v0::blob::conformance {

/// What GoogleTest shows for a case.
inline void PrintTo(const Case& one, std::ostream* stream) { *stream << one.promise; }

}  // namespace turntable::inline v0::blob::conformance

namespace turntable::inline v0::blob::conformance::detail {

inline std::string gtest_name(const ::testing::TestParamInfo<Case>& info) {
    std::string name(info.param.name);
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0; };
    std::replace_if(
        name.begin(), name.end(), [&](char c) { return !is_plain(static_cast<unsigned char>(c)); },
        '_');
    return name;
}

inline void run_as_gtest(const Case& one, const Subject& subject, const Options& options) {
    const Outcome outcome = run_case(one, subject, options);
    if (outcome.status == Status::not_applicable) {
        GTEST_SKIP() << outcome.reason;
    }
    EXPECT_EQ(outcome.status, Status::passed) << to_text(outcome);
}

}  // namespace turntable::inline v0::blob::conformance::detail

/// `TURNTABLE_BLOB_CONFORMANCE_TEST(MyBackend, [] { return my_subject(); });` makes a test for each
/// case of the suite. What follows the name is an expression to call without arguments that gives a
/// Subject; it is called anew for each test.
#define TURNTABLE_BLOB_CONFORMANCE_TEST(Name, ...)                                             \
    class Name : public ::testing::TestWithParam<::turntable::blob::conformance::Case> {};     \
    TEST_P(Name, KeepsThePromise) {                                                            \
        ::turntable::blob::conformance::detail::run_as_gtest(GetParam(), (__VA_ARGS__)(), {}); \
    }                                                                                          \
    INSTANTIATE_TEST_SUITE_P(                                                                  \
        BlobConformance, Name,                                                                 \
        ::testing::ValuesIn(::turntable::blob::conformance::all_cases().begin(),               \
                            ::turntable::blob::conformance::all_cases().end()),                \
        ::turntable::blob::conformance::detail::gtest_name)
