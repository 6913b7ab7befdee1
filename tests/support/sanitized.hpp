#pragma once

/// \file
/// TURNTABLE_TEST_SANITIZED: a sanitizer is in this build. It brings an operator new of its own,
/// and makes what only repeats itself many times slower.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TURNTABLE_TEST_SANITIZED 1
#endif
#endif

namespace turntable::test {

/// What a suite tries when a sanitizer looks: it sees what goes wrong the first time, and the build
/// without does the repeating. For the Options of any conformance suite.
template <class Options>
void try_less_when_sanitized([[maybe_unused]] Options& options) {
#ifdef TURNTABLE_TEST_SANITIZED
    if constexpr (requires { options.race_rounds; }) {
        options.race_rounds /= 10;
    }
    if constexpr (requires { options.model_rounds; }) {
        options.model_rounds /= 3;
    }
    options.largest_bytes /= 4;
#endif
}

/// The same for the macros of the suites: what makes the subject.
template <class MakeSubject>
auto less_when_sanitized(MakeSubject make_subject) {
    return [make_subject](auto& options) {
        try_less_when_sanitized(options);
        return make_subject();
    };
}

}  // namespace turntable::test
