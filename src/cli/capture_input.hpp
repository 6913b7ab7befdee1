#pragma once

#include <string>

#include "cli/app.hpp"
#include "turntable/tape/capture.hpp"

namespace turntable_cli {

/// Says on the standard error what of a capture could not be read, with its place.
void print_capture_problems(const std::string& path, const turntable::tape::Capture& capture);

/// The folder of captures that somebody means by the URL of a library: `captures:` aside, a plain
/// path or `tape:PATH` of a folder that holds captures and no tapes. Empty: it is none. A library
/// there would add an index to the old folder.
std::string capture_folder_of(const std::string& url);

}  // namespace turntable_cli
