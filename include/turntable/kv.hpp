#pragma once

/// \file
/// The key-value surface: open a database, read and write it. Blocking; see kv_async.hpp for
/// co_await.
///
/// Purpose: what most programs include.
/// Ownership, threads, errors: see kv/database.hpp.

#include "turntable/core/result.hpp"
#include "turntable/kv/database.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/kv/value.hpp"
