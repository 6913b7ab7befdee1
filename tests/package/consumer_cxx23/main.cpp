// A program of a user with a new compiler: coroutines and C++23 on the same installation.
#include <turntable/core/coroutine.hpp>
#include <turntable/kv/key.hpp>
#include <turntable/version.hpp>

#include <expected>
#include <iostream>

namespace {

turntable::Async<int> one() { return turntable::Async<int>(1); }

turntable::Async<int> two() {
    auto first = one();
    const auto& value = co_await first;
    co_return *value + 1;
}

}  // namespace

int main() {
    const auto sum = two().wait();
    const std::expected<int, int> newer = sum ? *sum : 0;
    std::cout << "turntable " << turntable::library_version() << '\n';
    return newer == 2 ? 0 : 1;
}
