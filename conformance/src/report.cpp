#include "turntable/conformance/report.hpp"

#include <algorithm>

namespace turntable::inline v0::conformance {

namespace {

std::string quoted(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20) {
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string member(std::string_view name, std::string_view text) {
    return quoted(name) + ":" + quoted(text);
}

std::string member(std::string_view name, std::uint64_t number) {
    return quoted(name) + ":" + std::to_string(number);
}

std::string json_of(const Outcome& outcome) {
    std::string out = "{" + member("name", outcome.name) + "," +
                      member("status", to_string(outcome.status)) + "," +
                      member("promise", outcome.promise) + "," +
                      member("took_ms", static_cast<std::uint64_t>(outcome.took.count()));
    if (outcome.status != Status::passed) {
        out += "," + member("reason", outcome.reason);
    }
    if (outcome.status == Status::failed) {
        out += "," + member("expected", outcome.expected) + "," + member("got", outcome.got) + "," +
               member("where", outcome.where) + "," + member("seed", outcome.seed) + ",\"trace\":[";
        for (std::size_t i = 0; i < outcome.trace.size(); ++i) {
            out += (i == 0 ? "" : ",") + quoted(outcome.trace[i]);
        }
        out += "]";
    }
    return out + "}";
}

}  // namespace

std::string_view to_string(Status status) noexcept {
    switch (status) {
        case Status::passed:
            return "passed";
        case Status::failed:
            return "failed";
        case Status::not_applicable:
            return "not applicable";
    }
    return "failed";
}

std::size_t Report::count(Status status) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(outcomes.begin(), outcomes.end(),
                      [&](const Outcome& outcome) { return outcome.status == status; }));
}

bool Report::certified() const noexcept {
    return count(Status::failed) == 0 && count(Status::passed) > 0;
}

std::string to_text(const Outcome& outcome) {
    const std::string took = " (" + std::to_string(outcome.took.count()) + " ms)";
    switch (outcome.status) {
        case Status::passed:
            return "passed  " + outcome.name + took;
        case Status::not_applicable:
            return "n/a     " + outcome.name + ": " + outcome.reason;
        case Status::failed:
            break;
    }
    std::string text = "FAILED  " + outcome.name + took + "\n    promise:  " + outcome.promise +
                       "\n    what:     " + outcome.reason + "\n    expected: " + outcome.expected +
                       "\n    got:      " + outcome.got + "\n    at:       " + outcome.where +
                       ", seed " + std::to_string(outcome.seed);
    if (!outcome.trace.empty()) {
        text += "\n    calls, oldest first:";
    }
    for (const std::string& line : outcome.trace) {
        text += "\n        " + line;
    }
    return text;
}

std::string summary(const Report& report) {
    return report.subject + ": " + std::to_string(report.count(Status::passed)) + " passed, " +
           std::to_string(report.count(Status::failed)) + " failed, " +
           std::to_string(report.count(Status::not_applicable)) + " not applicable, seed " +
           std::to_string(report.seed);
}

std::string to_json(const Report& report) {
    std::string out = "{" + member("subject", report.subject) + "," + member("seed", report.seed) +
                      "," + member("passed", report.count(Status::passed)) + "," +
                      member("failed", report.count(Status::failed)) + "," +
                      member("not_applicable", report.count(Status::not_applicable)) +
                      ",\"certified\":" + (report.certified() ? "true" : "false") + ",\"cases\":[";
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        out += (i == 0 ? "" : ",") + json_of(report.outcomes[i]);
    }
    return out + "]}";
}

}  // namespace turntable::inline v0::conformance
