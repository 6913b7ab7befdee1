#include "cli/record_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "turntable/tape/reader.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;

namespace {

constexpr std::int64_t probe_age_ms_max = 60'000;
constexpr int probe_records_max = 100;
constexpr std::size_t id_characters = 36;

/// The time in the name of a tape that is a UUID of version 7, in milliseconds since 1970.
std::optional<std::int64_t> time_of_name(std::string_view name) {
    if (!name.ends_with(".tape") && !name.ends_with(".tape.zst")) {
        return std::nullopt;
    }
    if (name.find('.') != id_characters || name[8] != '-') {
        return std::nullopt;
    }
    const std::string digits = std::string(name.substr(0, 8)) + std::string(name.substr(9, 4));
    std::int64_t ms = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
    return read.ptr == digits.data() + digits.size() ? std::optional(ms) : std::nullopt;
}

/// The tapes of the last minute, newest first.
std::vector<std::string> recent_tapes(const std::string& folder) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    std::vector<std::string> names;
    std::error_code problem;
    for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, problem), end;
         !problem && entry != end; entry.increment(problem)) {
        std::string name = entry->path().filename().string();
        const auto made = time_of_name(name);
        if (made && now - *made < probe_age_ms_max) {
            names.push_back(std::move(name));
        }
    }
    std::ranges::sort(names, std::ranges::greater());
    return names;
}

std::string_view attribute(const tape::Head& head, std::string_view name) {
    for (const auto& [key, value] : head.attributes) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

enum class Asked { discovery, something_else };

Asked asked_in(std::string_view message) {
    const auto json = nlohmann::json::parse(message, nullptr, false);
    if (json.is_object() && json.contains("method") && json["method"] == "server/discover") {
        return Asked::discovery;
    }
    return Asked::something_else;
}

/// Whether the client asked for nothing but what the server speaks.
bool is_probe(tape::Reader& reader) {
    bool discovered = false;
    for (int i = 0; i < probe_records_max; ++i) {
        const auto record = reader.next();
        if (!record || !*record) {
            return discovered;
        }
        const auto* frame = std::get_if<tape::Frame>(&**record);
        if (frame == nullptr || frame->direction != tape::Direction::client_to_server) {
            continue;
        }
        if (asked_in(frame->payload.text()) == Asked::something_else) {
            return false;
        }
        discovered = true;
    }
    return false;
}

}  // namespace

std::string client_process() {
    const std::string pid = std::to_string(::getppid());
    std::ifstream file("/proc/" + pid + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    // The name of the program may hold anything; what follows its last bracket is numbers.
    const std::string all = text.str();
    const std::size_t name_end = all.rfind(')');
    if (name_end == std::string::npos) {
        return "";
    }
    constexpr int fields_before_start = 19;
    std::istringstream fields(all.substr(name_end + 1));
    std::string field;
    for (int i = 0; i <= fields_before_start; ++i) {
        fields >> field;
    }
    return pid + "@" + field;
}

std::optional<std::string> find_probe(const std::string& folder, const tape::Head& head) {
    const std::string_view client = attribute(head, client_attribute);
    if (client.empty()) {
        return std::nullopt;
    }
    for (const std::string& name : recent_tapes(folder)) {
        auto reader = tape::Reader::open_file((std::filesystem::path(folder) / name).string());
        if (reader && reader->head().command == head.command &&
            attribute(reader->head(), client_attribute) == client) {
            return is_probe(*reader) ? std::optional(reader->head().id) : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace turntable_cli
