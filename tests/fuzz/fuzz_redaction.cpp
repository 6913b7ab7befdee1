#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "turntable/tape/redaction.hpp"

namespace {

namespace tape = turntable::tape;
using turntable::Bytes;

constexpr std::string_view secret = "Canary+\"7\"";

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

}  // namespace

// Whatever the bytes are, a secret that is known is in none of them afterwards, and the spans that
// a frame names hold what stands for secrets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    static tape::Redactor redactor = [] {
        tape::RedactorOptions options;
        options.rules = {{"p", tape::RedactWhere::pointer, "/*/a", "", {}, ""},
                         {"q", tape::RedactWhere::parameter, "/b", "*", {}, ""}};
        options.key = std::string(16, 'k');
        options.remember = false;
        tape::Redactor made = tape::Redactor::create(options).value();
        made.learn(secret);
        return made;
    }();
    // The secret somewhere in it.
    const std::size_t half = size / 2;
    const std::string text =
        std::string(input.substr(0, half)) + std::string(secret) + std::string(input.substr(half));
    tape::Frame frame;
    frame.payload = Bytes::unowned(text);
    redactor.redact(frame);
    require(frame.payload.text().find(secret) == std::string_view::npos, "the secret is there");
    std::uint64_t end = 0;
    for (const tape::RedactedSpan& span : frame.redacted) {
        require(span.offset >= end && span.offset + span.size <= frame.payload.size(),
                "spans follow each other inside the frame");
        end = span.offset + span.size;
    }
    (void)redactor.scan(frame);
    return 0;
}
