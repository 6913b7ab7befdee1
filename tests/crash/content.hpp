#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/js_value.hpp"

/// \file
/// What the writer that gets killed writes, as a function of who writes and the how manieth write
/// it is, so that whoever opens the file later knows what must be there.
namespace turntable::test {

struct Written {
    std::uint64_t seed;
    int writer;
    int number;

    std::uint64_t mixed(std::uint64_t more) const {
        std::uint64_t x = seed ^ (static_cast<std::uint64_t>(writer) << 40U) ^
                          (static_cast<std::uint64_t>(number) << 8U) ^ more;
        x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31U);
    }
    /// Several entries in one write, some of them longer than a page.
    int parts() const { return 1 + static_cast<int>(mixed(1) % 5); }
    kv::Key key(int part) const { return {"w", writer, number, part}; }
    std::string value(int part) const {
        const std::uint64_t random = mixed(2 + static_cast<std::uint64_t>(part));
        const std::size_t size = random % 7 == 0 ? 6000 : random % 400;
        return std::to_string(random) + std::string(size, static_cast<char>('a' + random % 26));
    }
    bool expires() const { return number % 3 == 0; }
    bool has_message() const { return number % 4 == 0; }
    std::string message() const { return std::to_string(writer) + " " + std::to_string(number); }
    kv::Key counter() const { return {"count", writer}; }
    /// Each write moves the one entry of its writer here.
    kv::Key place() const { return {"place", writer, number}; }
    kv::Key place_before() const { return {"place", writer, number - 1}; }
};

}  // namespace turntable::test
