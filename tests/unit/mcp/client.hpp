#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/mcp/stdio_relay.hpp"

/// \file
/// A client of a server on standard input and output.
namespace turntable::mcp {

/// The client's ends of three pipes.
class Client {
  public:
    Client() {
        std::signal(SIGPIPE, SIG_IGN);
        make(in_);
        make(out_);
        make(err_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() {
        for (int* ends : {in_, out_, err_}) {
            shut(ends[0]);
            shut(ends[1]);
        }
    }

    StdioRelayOptions options(std::vector<std::string> command) const {
        return options_for<StdioRelayOptions>(std::move(command));
    }
    template <class Options>
    Options options_for(std::vector<std::string> command) const {
        Options out;
        out.command = std::move(command);
        out.input = in_[0];
        out.output = out_[1];
        out.errors = err_[1];
        return out;
    }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t put = ::write(in_[1], bytes.data(), bytes.size());
            ASSERT_GT(put, 0);
            bytes.remove_prefix(static_cast<std::size_t>(put));
        }
    }
    void end() { shut(in_[1]); }
    void leave() { shut(out_[0]); }
    /// The relay is done: what it held open is closed.
    void relay_ended() {
        shut(out_[1]);
        shut(err_[1]);
    }
    std::string read_line() const {
        std::string line;
        for (char c = 0; c != '\n' && ::read(out_[0], &c, 1) == 1;) {
            line.push_back(c);
        }
        return line;
    }
    std::string output() const { return all(out_[0]); }
    std::string errors() const { return all(err_[0]); }

  private:
    static void make(int* ends) { ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
    static void shut(int& file) {
        if (file >= 0) {
            ::close(std::exchange(file, -1));
        }
    }
    static std::string all(int file) {
        std::string out;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(file, buffer, sizeof buffer)) > 0;) {
            out.append(buffer, static_cast<std::size_t>(got));
        }
        return out;
    }

    int in_[2] = {-1, -1};
    int out_[2] = {-1, -1};
    int err_[2] = {-1, -1};
};

}  // namespace turntable::mcp
