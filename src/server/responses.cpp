#include "server/responses.hpp"

#include <array>

#include "kv_connect/server_facts.hpp"

namespace turntable::inline v0::server {

namespace {

using net::http::Response;

/// What a caller did wrong himself, so that the message is about his call.
bool is_of_caller(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::type_mismatch:
        case ErrorCode::out_of_range:
        case ErrorCode::serialization:
        case ErrorCode::limit_exceeded:
        case ErrorCode::unsupported:
        case ErrorCode::permission_denied:
        case ErrorCode::not_found:
            return true;
        default:
            return false;
    }
}

/// What to do about it, after the message.
std::string_view remedy_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::limit_exceeded:
            return "; divide the call, or store less: the limits are those of Deno KV";
        case ErrorCode::serialization:
            return "; send the message as the protocol has it";
        default:
            return "";
    }
}

/// What is told of a store's trouble.
std::string_view words_for(const Error& error) noexcept {
    switch (error.code()) {
        case ErrorCode::commit_unknown:
            return "it is not known whether this write was made; read what it changes before "
                   "making it again";
        case ErrorCode::no_space:
            return "the server has no space left; this is for whoever runs it to mend";
        case ErrorCode::closed:
            return "the server is closing this database; call again";
        case ErrorCode::busy:
        case ErrorCode::conflict:
        case ErrorCode::timeout:
        case ErrorCode::cancelled:
            return "the database is busy; call again";
        case ErrorCode::corrupt:
            return "the store of this database is damaged; whoever runs the server finds the "
                   "reason in its log";
        default:
            return "the database failed; whoever runs the server finds the reason in its log";
    }
}

void log_failure(Runtime& runtime, std::string_view operation, const Error& error) {
    if (error.code() == ErrorCode::cancelled) {
        return;  // who asked has gone, or the server ends: no trouble of the store
    }
    const std::string words = error.to_string();
    const std::array fields = {LogField{"operation", operation}, LogField{"error", words}};
    runtime.log(LogLevel::error, "server", "a database failed", fields);
}

}  // namespace

Response text_response(int status, std::string_view text) {
    Response response;
    response.status = status;
    response.headers.add("content-type", "text/plain; charset=utf-8");
    response.headers.add("x-content-type-options", "nosniff");
    response.body = Bytes::copy(text);
    return response;
}

Response bytes_response(std::string body, std::string_view content_type) {
    Response response;
    response.headers.add("content-type", content_type);
    response.body = Bytes::take(std::move(body));
    return response;
}

Response method_refused(std::string_view allowed, std::string_view text) {
    Response response = text_response(405, text);
    response.headers.add("allow", allowed);
    return response;
}

int status_of(const Error& error) noexcept {
    switch (error.code()) {
        case ErrorCode::permission_denied:
            return 403;
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::commit_unknown:
            return 409;
        case ErrorCode::busy:
        case ErrorCode::conflict:
        case ErrorCode::timeout:
        case ErrorCode::cancelled:
        case ErrorCode::closed:
        case ErrorCode::no_space:
        case ErrorCode::io:
            return 503;
        default:
            break;
    }
    if (is_of_caller(error.code())) {
        return 400;
    }
    return error.retry() == Retry::temporary ? 503 : 422;
}

Response error_response(Runtime& runtime, std::string_view operation, const Error& error) {
    const int status = status_of(error);
    std::string text(operation);
    text += ": ";
    if (is_of_caller(error.code())) {
        text += error.message();
        text += remedy_of(error.code());
    } else {
        log_failure(runtime, operation, error);
        text += words_for(error);
    }
    Response response = text_response(status, text);
    response.headers.add(kv::connect::error_header, to_string(error.code()));
    if (status == 503) {
        response.headers.add("retry-after", "1");
    }
    return response;
}

}  // namespace turntable::inline v0::server
