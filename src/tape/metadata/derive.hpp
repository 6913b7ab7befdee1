#pragma once

#include <functional>
#include <memory>

#include "turntable/core/export.hpp"
#include "turntable/tape/metadata.hpp"

/// \file
/// derive_metadata() for who looks at the records too.
namespace turntable::inline v0::tape {

/// What is seen on the way; each may be empty.
struct Lookers {
    /// A call that is complete.
    std::function<void(const Call&)> call = {};
    /// A record that can be read, but for the head.
    std::function<void(const Record&)> record = {};
};

TURNTABLE_EXPORT Result<TapeMetadata> derive_metadata(std::unique_ptr<Source> source,
                                                      const AnalyzerFactory& analyzer,
                                                      const Lookers& lookers);

}  // namespace turntable::inline v0::tape
