#include "cli/selector_options.hpp"

#include <utility>

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

void SelectorOptions::add_to(CLI::App& command) {
    command.add_option("PREFIX", prefix, "Entries whose keys extend this key; none: all");
    add_bounds(command);
}

void SelectorOptions::add_named_to(CLI::App& command) {
    command.add_option("--prefix", prefix, "Only entries whose keys extend this key");
    add_bounds(command);
}

void SelectorOptions::add_bounds(CLI::App& command) {
    command.add_option("--start", start, "First key (inside the prefix, or with --end alone)");
    command.add_option("--end", end, "Stop before this key");
    command.add_option("--text-prefix", text_prefix,
                       "Entries whose first key part is text that starts so");
}

Result<kv::Selector> SelectorOptions::selector() const {
    if (!text_prefix.empty()) {
        if (!prefix.empty() || !start.empty() || !end.empty()) {
            return Error(ErrorCode::invalid_argument, "--text-prefix stands alone");
        }
        return kv::text_prefix(text_prefix);
    }
    if (prefix.empty() && start.empty() && end.empty()) {
        return kv::everything();
    }
    TURNTABLE_TRY(kv::Key first, kv::parse_key(start));
    TURNTABLE_TRY(kv::Key last, kv::parse_key(end));
    if (prefix.empty()) {
        if (start.empty() || end.empty()) {
            return Error(ErrorCode::invalid_argument,
                         "without a prefix, --start and --end come together");
        }
        return kv::range(std::move(first), std::move(last));
    }
    TURNTABLE_TRY(kv::Key key, kv::parse_key(prefix));
    kv::Selector out = kv::prefix(std::move(key));
    if (!start.empty()) {
        out = std::move(out).from(std::move(first));
    }
    if (!end.empty()) {
        out = std::move(out).until(std::move(last));
    }
    return out;
}

}  // namespace turntable_cli
