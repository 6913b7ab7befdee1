#pragma once

/// \file
/// Makes the blob part of the conformance suite a part of a GoogleTest program.
/// Purpose: certify a backend of one's own beside one's other tests; link turntable::conformance
/// and GoogleTest. Ownership, threads, errors: see gtest_parts.hpp.

#include "turntable/conformance/blob/run.hpp"
#include "turntable/conformance/gtest_parts.hpp"

/// `TURNTABLE_BLOB_CONFORMANCE_TEST(MyBackend, [] { return my_subject(); });` makes a test for each
/// case of the suite. What follows the name is an expression to call, without arguments or with an
/// `Options&` to change how much is tried, that gives a Subject; it is called anew for each test.
#define TURNTABLE_BLOB_CONFORMANCE_TEST(Name, ...)                                           \
    TURNTABLE_DETAIL_CONFORMANCE_TEST(Name, BlobConformance, ::turntable::blob::conformance, \
                                      __VA_ARGS__)
