// A request as text, METHOD TARGET, header lines, an empty line and the body, to a server that
// needs no token and to one that does: whatever it says, the answer is never 5xx, and a body that
// is streamed begins. The database is healthy, so there is no excuse.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "server/service.hpp"
#include "turntable/kv/memory.hpp"

namespace {

using namespace turntable;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::shared_ptr<server::Service> service_with(std::vector<server::AccessToken> tokens) {
    const auto runtime = Runtime::create({.clock = std::make_shared<ManualClock>()});
    const auto memory = [&runtime] {
        return kv::Database(kv::AnyBackend(kv::MemoryBackend({.runtime = runtime})), runtime,
                            "memory:");
    };
    return server::Service::create(
               {.runtime = runtime,
                .databases = {{.name = "main", .database = memory()},
                              {.name = "frozen", .database = memory(), .read_only = true}},
                .access = std::make_shared<server::LiveAccess>(std::move(tokens))})
        .value();
}

std::string_view cut(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

net::http::Request request_from(std::string_view text) {
    net::http::Request request;
    std::string_view line = cut(text, '\n');
    request.head.method = cut(line, ' ');
    request.head.target = line;
    while (!text.empty()) {
        std::string_view field = cut(text, '\n');
        if (field.empty()) {
            break;
        }
        const std::string_view name = cut(field, ':');
        request.head.headers.add(name, field);
    }
    request.head.authority = "fuzz.test";
    request.body = Bytes::copy(text);
    return request;
}

void ask(server::Service& service, std::string_view text) {
    auto pending = service.handle(request_from(text), {});
    if (!pending.is_ready()) {
        return;  // waits for a message of the queue
    }
    auto response = std::move(pending).wait();
    require(response && response->status >= 200 && response->status < 500);
    for (const net::http::Field& field : response->headers) {
        require(net::http::is_field_name(field.name) && net::http::is_field_value(field.value));
    }
    if (auto* stream = std::get_if<Stream<Bytes>>(&response->body)) {
        require(stream->next().wait().has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto open = service_with({});
    static const auto closed = service_with({{.name = "all", .secret = "fuzzing-secret"},
                                             {.name = "reader",
                                              .secret = "reading-secret",
                                              .read_only = true,
                                              .databases = {"frozen"}}});
    const std::string text(reinterpret_cast<const char*>(data), size);
    ask(*open, text);
    ask(*closed, text);
    return 0;
}
