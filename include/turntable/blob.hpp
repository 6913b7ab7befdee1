#pragma once

/// \file
/// The blob surface: open a store, read and write files and objects. Blocking.
///
/// Purpose: what most programs include.
/// Ownership, threads, errors: see blob/store.hpp.

#include "turntable/blob/registry.hpp"
#include "turntable/blob/store.hpp"
#include "turntable/core/result.hpp"
