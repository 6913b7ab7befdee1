#include <turntable/core/url.hpp>
#include <turntable/version.hpp>

int main() {
    const auto url = turntable::Url::parse("memory:");
    return url && !turntable::library_version().empty() ? 0 : 1;
}
