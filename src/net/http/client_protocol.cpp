#include "net/http/client_protocol.hpp"

#include <algorithm>

namespace turntable::inline v0::net::http {

namespace {
constexpr std::string_view sent_name = "sent";
}  // namespace

ClientProtocol::~ClientProtocol() = default;

bool may_have_been_sent(const Error& error) noexcept {
    const auto& context = error.context();
    const auto found =
        std::ranges::find_if(context, [](const auto& detail) { return detail.first == sent_name; });
    return found == context.end() || found->second != "no";
}

Error never_sent(Error error) { return std::move(error).with(std::string(sent_name), "no"); }

Error connection_error(std::string message, bool maybe_sent) {
    return Error(ErrorCode::io, std::move(message))
        .with_retry(Retry::temporary)
        .with(std::string(sent_name), maybe_sent ? "maybe" : "no");
}

}  // namespace turntable::inline v0::net::http
