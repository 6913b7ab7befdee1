// Any bytes either are a status file or are refused; every package that comes out has a name.

#include <cstdint>
#include <cstdlib>

#include "cli/tour/dpkg_status.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto packages = turntable_cli::parse_dpkg_status(
        std::string_view(reinterpret_cast<const char*>(data), size));
    if (packages) {
        for (const turntable_cli::Package& package : *packages) {
            if (package.name.empty() || package.fields.empty()) {
                std::abort();
            }
        }
    }
    return 0;
}
