#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "turntable/tape/record.hpp"

namespace turntable_cli {

/// The attribute of a tape that says which process started the recorder.
inline constexpr std::string_view client_attribute = "client_process";

/// The process that started us: its number, and when it began, so that a number that is used again
/// is another process. Empty where the system does not tell.
std::string client_process();

/// Some clients start a server only to ask what it speaks (`server/discover`), end it, and start it
/// again. Gives the id of the tape of such a probe for a tape with `head` that is about to begin in
/// the folder.
///
/// It is known to be one when the same client process had the newest tape of the same command
/// recorded, within the last minute, and asked nothing but `server/discover` there. Everything else
/// is not linked.
std::optional<std::string> find_probe(const std::string& folder, const turntable::tape::Head& head);

}  // namespace turntable_cli
