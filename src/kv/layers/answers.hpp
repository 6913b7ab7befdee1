#pragma once

#include <optional>

#include "turntable/kv/backend.hpp"

// Applies MACRO to the answer of each call that a layer may hold back: what such a layer writes
// once as a template is compiled for these in its own file.
#define TURNTABLE_DETAIL_FOR_EACH_ANSWER(MACRO) \
    MACRO(std::optional<Entry>)                 \
    MACRO(ReadOutput)                           \
    MACRO(CommitResult)                         \
    MACRO(DeleteRangeOutput)                    \
    MACRO(QueueMessage)                         \
    MACRO(SnapshotHandle)                       \
    MACRO(void)
