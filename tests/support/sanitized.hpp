#pragma once

/// \file
/// TURNTABLE_TEST_SANITIZED: a sanitizer is in this build. It brings an operator new of its own,
/// and makes what only repeats itself many times slower.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TURNTABLE_TEST_SANITIZED 1
#endif
#endif
