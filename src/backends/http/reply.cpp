#include "backends/http/reply.hpp"

#include "kv_connect/server_facts.hpp"

namespace turntable::inline v0::kv::http {

namespace {

constexpr std::size_t words_max = 300;

ErrorCode code_of(int status) noexcept {
    switch (status) {
        case 400:
        case 405:
        case 415:
            return ErrorCode::invalid_argument;
        case 401:
        case 403:
            return ErrorCode::permission_denied;
        case 404:
            return ErrorCode::not_found;
        case 413:
            return ErrorCode::limit_exceeded;
        case 429:
            return ErrorCode::busy;
        default:
            return ErrorCode::backend;
    }
}

std::string without(std::string text, std::string_view secret) {
    for (std::size_t at = 0; !secret.empty(); at += 3) {
        at = text.find(secret, at);
        if (at == std::string::npos) {
            break;
        }
        text.replace(at, secret.size(), "***");
    }
    return text;
}

/// What the server wrote, on one line, without the name of the call before it.
std::string words_of(const Reply& reply, std::string_view operation, std::string_view secret) {
    std::string_view text = reply.body.text();
    if (!reply.header("content-type").starts_with("text/plain")) {
        text = {};
    }
    if (text.starts_with(operation) && text.substr(operation.size()).starts_with(": ")) {
        text.remove_prefix(operation.size() + 2);
    }
    std::string words = without(std::string(text), secret).substr(0, words_max);
    for (char& c : words) {
        c = c >= ' ' && c < '\x7F' ? c : ' ';
    }
    return words.empty() ? "the server answered with status " + std::to_string(reply.status)
                         : words;
}

}  // namespace

Error error_of(const Reply& reply, std::string_view operation, std::string_view secret) {
    auto named = connect::error_code_from(reply.header(connect::error_header));
    const bool passes = reply.status == 429 || reply.status >= 500;
    if (named == ErrorCode::cancelled || named == ErrorCode::closed ||
        named == ErrorCode::timeout) {
        named = ErrorCode::busy;  // of the server's own; ours would tell of this call, this handle
    }
    return Error(named.value_or(code_of(reply.status)), words_of(reply, operation, secret))
        .with_retry(passes ? Retry::temporary : Retry::permanent)
        .with_backend_code(reply.status);
}

Error garbled(std::string_view operation, std::string_view what) {
    return Error(ErrorCode::serialization, "the server's answer to " + std::string(operation) +
                                               " is none: " + std::string(what));
}

}  // namespace turntable::inline v0::kv::http
