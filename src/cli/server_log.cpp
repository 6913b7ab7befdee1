#include "cli/server_log.hpp"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <mutex>
#include <string>
#include <variant>

#include "kv_connect/rfc3339.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::LogLevel;
using turntable::LogRecord;

namespace {

const char* level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            break;
    }
    return "error";
}

/// As it is when that leaves no doubt where it ends, otherwise as JSON.
std::string field_text(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isgraph(static_cast<unsigned char>(c)) != 0 && c != '"' && c != '=';
    });
    return plain ? std::string(text) : turntable::json_quoted(text);
}

std::string line_of(const LogRecord& record, turntable::WallTime now) {
    std::string line =
        turntable::kv::connect::to_rfc3339(now) + " level=" + level_name(record.level) +
        " component=" + std::string(record.component) + " message=" + field_text(record.message);
    for (const turntable::LogField& field : record.fields) {
        const auto* number = std::get_if<std::int64_t>(&field.value);
        line += ' ' + std::string(field.name) + '=' +
                (number != nullptr ? std::to_string(*number)
                                   : field_text(std::get<std::string_view>(field.value)));
    }
    return line + '\n';
}

}  // namespace

std::shared_ptr<turntable::UniqueFunction<void(const LogRecord&)>> log_to_stderr() {
    struct Sink {
        std::shared_ptr<turntable::Clock> clock = turntable::Clock::system();
        std::mutex mutex;
    };
    const auto sink = std::make_shared<Sink>();
    return std::make_shared<turntable::UniqueFunction<void(const LogRecord&)>>(
        [sink](const LogRecord& record) {
            const std::string line = line_of(record, sink->clock->wall_now());
            const std::scoped_lock guard(sink->mutex);
            std::cerr << line;
        });
}

}  // namespace turntable_cli
