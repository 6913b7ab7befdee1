#include "cli/tour/dpkg_status.hpp"

#include <algorithm>
#include <charconv>

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

Error wrong_line(std::size_t line, const std::string& what) {
    return Error(ErrorCode::invalid_argument, what).with("line", std::to_string(line));
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    const std::size_t last = text.find_last_not_of(" \t\r");
    return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// Takes over what the tour wants to know by name.
Result<void> finish(Package& package, std::size_t line) {
    for (const auto& [name, value] : package.fields) {
        if (name == "Package") {
            package.name = value;
        } else if (name == "Architecture") {
            package.architecture = value;
        } else if (name == "Section") {
            package.section = value;
        } else if (name == "Installed-Size") {
            std::from_chars(value.data(), value.data() + value.size(), package.installed_kib);
        }
    }
    if (package.name.empty()) {
        return wrong_line(line, "the paragraph that ends here names no Package");
    }
    return {};
}

Result<void> add_line(Package& package, std::string_view line, std::size_t number) {
    if (line.front() == ' ' || line.front() == '\t') {
        if (package.fields.empty()) {
            return wrong_line(number, "a continuation line stands before any field");
        }
        package.fields.back().second += '\n';
        package.fields.back().second += trimmed(line);
        return {};
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) {
        return wrong_line(number, "expected \"Field: value\"; is this a dpkg status file?");
    }
    package.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    return {};
}

}  // namespace

Result<std::vector<Package>> parse_dpkg_status(std::string_view text) {
    std::vector<Package> packages;
    Package package;
    std::size_t number = 0;
    while (!text.empty() || !package.fields.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (!trimmed(line).empty()) {
            TURNTABLE_CHECK(add_line(package, line, number));
        }
        const bool paragraph_ends = trimmed(line).empty() || text.empty();
        if (paragraph_ends && !package.fields.empty()) {
            TURNTABLE_CHECK(finish(package, number));
            packages.push_back(std::exchange(package, {}));
        }
    }
    return packages;
}

}  // namespace turntable_cli
