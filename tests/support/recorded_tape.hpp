#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/conformance/tape/sample.hpp"

/// \file
/// Tapes of the small protocol of the provider suite, by shorter names.
namespace turntable::test {

using SaidCall = tape::conformance::SampleCall;

inline tape::AnalyzerFactory words() { return tape::conformance::sample_analyzer(); }

inline tape::Head head_of(std::string id, std::string name = {}) {
    return tape::conformance::sample_head(std::move(id), std::move(name));
}

inline std::string tape_text(const tape::Head& head, const std::vector<SaidCall>& calls,
                             std::string_view end = "complete",
                             const tape::WriterOptions& options = {}) {
    return tape::conformance::sample_tape(head, calls, end, options);
}

}  // namespace turntable::test
