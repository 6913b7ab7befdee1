#pragma once

#include <string_view>

#include "turntable/core/export.hpp"

/// \file
/// The version of the headers, for the preprocessor; the build refuses to differ from it.
/// Before 1.0 a new minor version may change what programs see, and changes the SONAME.
#define TURNTABLE_VERSION_MAJOR 0
#define TURNTABLE_VERSION_MINOR 1
#define TURNTABLE_VERSION_PATCH 0

namespace turntable::inline v0 {

/// The version of the library that the program runs with, such as "0.1.0".
///
/// Purpose: to notice at run time that headers and library are not of one version.
/// Ownership: static text. Threads: any. Errors: none.
TURNTABLE_EXPORT std::string_view library_version() noexcept;

}  // namespace turntable::inline v0
