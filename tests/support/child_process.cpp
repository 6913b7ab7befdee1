#include "support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace turntable::test {

namespace {

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        std::abort();
    }
    return ends;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const Environment& environment) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const std::array<int, 2> to_child = make_pipe();
    const std::array<int, 2> from_child = make_pipe();
    // A child that died must not end the test when it is written to.
    ::signal(SIGPIPE, SIG_IGN);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(to_child[0], STDIN_FILENO);
        ::dup2(from_child[1], STDOUT_FILENO);
        for (const auto& [name, value] : environment) {
            ::setenv(name.c_str(), value.c_str(), 1);
        }
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
}

ChildProcess::~ChildProcess() {
    close_input();
    ::close(output_);
    if (pid_ > 0) {
        kill();
        wait();
    }
}

bool ChildProcess::fill() {
    std::array<char, 65536> chunk;
    ssize_t count = 0;
    do {
        count = ::read(output_, chunk.data(), chunk.size());
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> ChildProcess::read_line() {
    std::size_t searched = 0;
    while (true) {
        const std::size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        searched = buffer_.size();
        if (!fill()) {
            return std::nullopt;
        }
    }
}

std::string ChildProcess::read_bytes(std::size_t size) {
    while (buffer_.size() < size && fill()) {
    }
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, bytes.size());
    return bytes;
}

std::string ChildProcess::read_all() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

void ChildProcess::write_line(const std::string& line) {
    const std::string text = line + "\n";
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = ::write(input_, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return;  // it has ended; whoever waits for its answer will see that
        }
        done += static_cast<std::size_t>(count);
    }
}

void ChildProcess::close_input() {
    if (input_ >= 0) {
        ::close(std::exchange(input_, -1));
    }
}

void ChildProcess::kill() const {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
    }
}

int ChildProcess::wait() {
    close_input();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::pair<int, std::string> run_program(const std::vector<std::string>& command,
                                        const ChildProcess::Environment& environment) {
    ChildProcess child(command, environment);
    child.close_input();
    std::string output = child.read_all();
    return {child.wait(), std::move(output)};
}

}  // namespace turntable::test
