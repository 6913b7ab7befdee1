#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::mcp {

/// A file descriptor that is closed in the end.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int file) noexcept : file_(file) {}
    Descriptor(Descriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~Descriptor() { close(); }

    int get() const noexcept { return file_; }
    void close() noexcept;

  private:
    int file_ = -1;
};

struct PipeEnds {
    Descriptor read;
    Descriptor write;
};
Result<PipeEnds> make_pipe();

/// A started program and our ends of its three pipes.
struct Child {
    pid_t pid = -1;
    Descriptor input;
    Descriptor output;
    Descriptor errors;
};

/// Starts a program that is found by PATH, with all signals at their default and none blocked.
Result<Child> start_child(const std::vector<std::string>& command);

}  // namespace turntable::inline v0::mcp
