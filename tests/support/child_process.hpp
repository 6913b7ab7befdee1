#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace turntable::test {

/// A program that a test starts, with a pipe to its input and one from its output.
///
/// The destructor kills and reaps it, so that no test leaves a process behind. Its errors go to
/// the standard error of the test.
class ChildProcess {
  public:
    using Environment = std::vector<std::pair<std::string, std::string>>;

    /// `environment` is added to that of the test.
    explicit ChildProcess(const std::vector<std::string>& command,
                          const Environment& environment = {});
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    /// The next line of its output without the line end; none at the end of the output.
    std::optional<std::string> read_line();
    /// Up to `size` bytes, fewer only at the end of the output.
    std::string read_bytes(std::size_t size);
    /// All that is left of its output.
    std::string read_all();
    void write_line(const std::string& line);
    void close_input();
    /// SIGKILL.
    void kill() const;
    /// Closes its input and waits for its end: the exit status, or minus the signal that ended it.
    int wait();

  private:
    bool fill();

    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string buffer_;
};

/// Runs a program to its end: status as from ChildProcess::wait, and its output.
std::pair<int, std::string> run_program(const std::vector<std::string>& command,
                                        const ChildProcess::Environment& environment = {});

}  // namespace turntable::test
