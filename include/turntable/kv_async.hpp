#pragma once

/// \file
/// The key-value surface for coroutines: the verbs of kv.hpp, awaited.
///
/// Purpose: what programs with coroutines include; needs clang 17 or g++ 14 to co_await.
/// Ownership, threads, errors: see kv/async_database.hpp.

#include "turntable/core/coroutine.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/async_database.hpp"
