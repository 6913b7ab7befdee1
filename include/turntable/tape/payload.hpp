#pragma once

#include <cstdint>

#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/record.hpp"

namespace turntable::inline v0::tape {

/// Where long texts of frames lie: contents by the SHA-256 of their bytes, each once.
///
/// Purpose: an image that a server sends a hundred times takes its room once, and not in the tape.
/// A folder, a blob store or a table is behind this.
/// Ownership: of whoever makes it; outlives the calls that use it.
/// Threads: called by one thread at a time.
/// Errors: `put` of what is there already succeeds; `get` of what is not there is `not_found`.
class TURNTABLE_EXPORT PayloadStore {
  public:
    PayloadStore() = default;
    PayloadStore(const PayloadStore&) = delete;
    PayloadStore& operator=(const PayloadStore&) = delete;
    virtual ~PayloadStore();

    virtual Result<void> put(const PayloadRef& name, ByteView bytes) = 0;
    virtual Result<Bytes> get(const PayloadRef& name) = 0;
};

/// The name of a content.
TURNTABLE_EXPORT PayloadRef payload_ref(ByteView bytes);

/// Puts the texts of a JSON frame that have at least `least_bytes` into the store, and other frames
/// of that size as a whole; `parts` say where they are then. A shorter frame stays as it is. To be
/// called after redaction. A failure of the store leaves the frame as it was.
TURNTABLE_EXPORT Result<void> store_payload(Frame& frame, PayloadStore& store,
                                            std::uint64_t least_bytes = 64U << 10U);

/// Gives a frame its bytes back. `corrupt` if what the store gives has another digest.
TURNTABLE_EXPORT Result<void> load_payload(Frame& frame, PayloadStore& store);

}  // namespace turntable::inline v0::tape
