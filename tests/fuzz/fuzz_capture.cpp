#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "turntable/tape/capture.hpp"
#include "turntable/tape/reader.hpp"

namespace {

namespace tape = turntable::tape;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

}  // namespace

// Any bytes are an error or a whole tape with an id, the same each time, whatever format they are
// said to be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)tape::recognise_capture(text);
    for (const auto format : {tape::CaptureFormat::shadowcat, tape::CaptureFormat::shadowcat_lines,
                              tape::CaptureFormat::mcpsnoop, tape::CaptureFormat::mcp_recorder}) {
        const tape::CaptureOptions options{
            .format = format, .file = "fuzz.json", .beside = {std::string(text)}};
        const auto capture = tape::read_capture(text, options);
        if (!capture) {
            const auto code = capture.error().code();
            require(code == turntable::ErrorCode::corrupt ||
                        code == turntable::ErrorCode::limit_exceeded,
                    "an error says that the capture is damaged or too large");
            continue;
        }
        require(tape::is_tape_id(capture->id), "it has an id");
        const auto report = tape::verify(std::make_unique<tape::MemorySource>(capture->tape));
        require(report && report->problems.empty(), "what was read is a whole tape");
        require(tape::read_capture(text, options)->tape.text() == capture->tape.text(),
                "and the same one each time");
        static tape::Redactor redactor = tape::Redactor::create({.remember = false}).value();
        tape::CaptureOptions redacted = options;
        redacted.redactor = &redactor;
        const auto clean = tape::read_capture(text, redacted);
        require(clean || clean.error().code() == turntable::ErrorCode::limit_exceeded,
                "without its secrets it can be read too");
        require(
            !clean ||
                tape::verify(std::make_unique<tape::MemorySource>(clean->tape))->problems.empty(),
            "and is a whole tape");
        for (const auto& problem : capture->problems) {
            require(problem.offset <= size && problem.line >= 1, "problems have their place");
        }
    }
    return 0;
}
