#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "support/generated_write.hpp"

// plan() and the naive evaluator come to the same end for every write.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string difference = turntable::test::compare_plan({data, size});
    if (!difference.empty()) {
        std::fprintf(stderr, "%s\n", difference.c_str());
        std::abort();
    }
    return 0;
}
