#include "mcp/stdio/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "turntable/core/file_error.hpp"

extern char** environ;

namespace turntable::inline v0::mcp {

namespace {

/// The settings of a spawn, let go of in the end.
struct SpawnSettings {
    SpawnSettings() noexcept {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
    /// A program should not find out that we ignore or block signals.
    void reset_signals() noexcept {
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
};

}  // namespace

void Descriptor::close() noexcept {
    if (file_ >= 0) {
        ::close(std::exchange(file_, -1));
    }
}

Result<PipeEnds> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return file_error(errno, "making a pipe", "for a program");
    }
    return PipeEnds{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Child> start_child(const std::vector<std::string>& command) {
    if (command.empty() || command.front().empty()) {
        return Error(ErrorCode::invalid_argument, "there is no command to start");
    }
    TURNTABLE_TRY(PipeEnds input, make_pipe());
    TURNTABLE_TRY(PipeEnds output, make_pipe());
    TURNTABLE_TRY(PipeEnds errors, make_pipe());
    SpawnSettings settings;
    settings.reset_signals();
    posix_spawn_file_actions_adddup2(&settings.files, input.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&settings.files, output.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&settings.files, errors.write.get(), STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));  // as execve has it
    }
    arguments.push_back(nullptr);
    Child child;
    const int failed = ::posix_spawnp(&child.pid, arguments[0], &settings.files,
                                      &settings.attributes, arguments.data(), environ);
    if (failed != 0) {
        return file_error(failed, "starting", command.front());
    }
    child.input = std::move(input.write);
    child.output = std::move(output.read);
    child.errors = std::move(errors.read);
    return child;
}

}  // namespace turntable::inline v0::mcp
