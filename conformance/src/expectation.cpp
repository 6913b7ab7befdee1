#include "expectation.hpp"

#include <cstring>

namespace turntable::inline v0::conformance {

namespace {

constexpr std::size_t trace_lines_max = 40;

}  // namespace

std::string to_string(const Location& where) {
    const char* slash = std::strrchr(where.file_name(), '/');
    return std::string(slash == nullptr ? where.file_name() : slash + 1) + ":" +
           std::to_string(where.line());
}

void fail(std::string reason, std::string expected, std::string got, const Location& where) {
    throw Failure{std::move(reason), std::move(expected), std::move(got), to_string(where)};
}

void expect(bool held, std::string_view what, const Location& where) {
    if (!held) {
        fail(std::string(what), "true", "false", where);
    }
}

std::string show(ByteView bytes) {
    constexpr std::size_t shown_max = 24;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\"";
    for (std::size_t i = 0; i < bytes.size() && i < shown_max; ++i) {
        const unsigned char byte = bytes[i];
        if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\') {
            text.push_back(static_cast<char>(byte));
        } else {
            text += "\\x";
            text += digits[byte >> 4U];
            text += digits[byte & 15U];
        }
    }
    text += '"';
    if (bytes.size() > shown_max) {
        text += "... (" + std::to_string(bytes.size()) + " bytes)";
    }
    return text;
}

void Trace::add(std::string line) {
    const std::scoped_lock guard(mutex_);
    lines_.push_back(std::move(line));
    if (lines_.size() > trace_lines_max) {
        lines_.pop_front();
    }
}

std::vector<std::string> Trace::take() {
    const std::scoped_lock guard(mutex_);
    std::vector<std::string> lines(lines_.begin(), lines_.end());
    lines_.clear();
    return lines;
}

void attempt(Outcome& outcome, const std::function<void()>& run,
             const std::function<std::vector<std::string>()>& trace,
             const std::function<void()>& abandon) {
    const auto failed = [&](const Failure& failure) {
        outcome.status = Status::failed;
        outcome.reason = failure.reason;
        outcome.expected = failure.expected;
        outcome.got = failure.got;
        outcome.where = failure.where;
        outcome.trace = trace();
    };
    try {
        run();
    } catch (const Hang& hang) {
        failed(hang);
        abandon();
    } catch (const Failure& failure) {
        failed(failure);
    } catch (const NotApplicable& why) {
        outcome.status = Status::not_applicable;
        outcome.reason = why.reason;
    } catch (const std::exception& thrown) {
        failed({"no exception leaves a backend", "none", thrown.what(), {}});
    }
}

}  // namespace turntable::inline v0::conformance
