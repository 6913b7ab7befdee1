#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string_view>

#include "backends/fs/descriptor.hpp"

namespace turntable::inline v0::blob::fs {

/// How a path below the root is resolved.
enum class Resolver : std::uint8_t {
    kernel,  ///< openat2: the kernel refuses to leave the root and to follow a link
    walk,  ///< directory by directory, without following a link
};

/// The kernel's, where it has it and nothing forbids it.
Resolver choose_resolver(int root);

/// Opens a normalised path below `root`; the empty path is the root itself. A symbolic link
/// anywhere on it is ELOOP, whoever puts it there and when: nothing is resolved twice.
Descriptor open_beneath(Resolver resolver, int root, std::string_view path, int flags,
                        mode_t mode = 0);

}  // namespace turntable::inline v0::blob::fs
