#pragma once

#include <string>

namespace turntable::test {

/// A program that `npm install` in tests/interop brings, in the version of its package.json: what a
/// machine has by that name may be too old.
inline std::string npm_program(const std::string& name) {
    return INTEROP_FOLDER "/node_modules/.bin/" + name;
}

}  // namespace turntable::test
