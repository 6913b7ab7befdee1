#pragma once

/// \file
/// Makes the tape part of the conformance suite a part of a GoogleTest program.
/// Purpose: certify a provider of one's own beside one's other tests; link turntable::conformance
/// and GoogleTest. Ownership, threads, errors: see gtest_parts.hpp.

#include "turntable/conformance/gtest_parts.hpp"
#include "turntable/conformance/tape/run.hpp"

/// `TURNTABLE_TAPE_CONFORMANCE_TEST(MyProvider, [] { return my_subject(); });` makes a test for
/// each case of the suite. What follows the name is an expression to call, without arguments or
/// with an `Options&` to change how much is tried, that gives a Subject; it is called anew for each
/// test.
#define TURNTABLE_TAPE_CONFORMANCE_TEST(Name, ...)                                           \
    TURNTABLE_DETAIL_CONFORMANCE_TEST(Name, TapeConformance, ::turntable::tape::conformance, \
                                      __VA_ARGS__)
