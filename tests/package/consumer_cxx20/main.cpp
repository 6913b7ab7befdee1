// A program of a user with the compiler of Debian 12, without coroutines.
#include <turntable/core/async.hpp>
#include <turntable/core/result.hpp>
#include <turntable/core/url.hpp>
#include <turntable/kv/key.hpp>
#include <turntable/version.hpp>

#include <iostream>

namespace {

turntable::Result<std::string> scheme_of(std::string_view text) {
    TURNTABLE_TRY(turntable::Url url, turntable::Url::parse(text));
    return std::string(url.scheme());
}

}  // namespace

int main() {
    const auto good = scheme_of("sqlite:app.db");
    const auto wait = turntable::Async<int>(42).wait();
    const turntable::kv::Key key("users");
    const turntable::Error error =
        turntable::Error(turntable::ErrorCode::conflict, "somebody was faster").with("key", "a");
    std::cout << "turntable " << turntable::library_version() << ": " << error.to_string() << '\n';
    const bool held = good && *good == "sqlite" && wait && *wait == 42 &&
                      turntable::library_version().starts_with("0.1.") &&
                      error.retry() == turntable::Retry::temporary;
    return held ? 0 : 1;
}
