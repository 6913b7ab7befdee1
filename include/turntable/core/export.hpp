#pragma once

/// \file
/// Marks what a shared library shows. Everything else is hidden.
/// Purpose: one macro for the whole project. Ownership, threads, errors: none.

#if defined(TURNTABLE_STATIC)
#define TURNTABLE_EXPORT
#else
#define TURNTABLE_EXPORT [[gnu::visibility("default")]]
#endif
