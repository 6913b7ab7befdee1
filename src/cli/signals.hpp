#pragma once

#include <pthread.h>

#include <functional>
#include <mutex>
#include <stop_token>

namespace turntable_cli {

/// Takes a signal instead of a stop. `from_terminal`: the terminal sent it to all processes that
/// run in it, so whoever is started by us has it already.
using SignalTaker = std::function<void(int number, bool from_terminal)>;

/// Turns SIGINT and SIGTERM into a stop request, so that verbs end in order. A second signal ends
/// the program at once. Made first in main, before any other thread.
class SignalStop {
  public:
    explicit SignalStop(std::stop_source stop);
    SignalStop(const SignalStop&) = delete;
    SignalStop& operator=(const SignalStop&) = delete;
    ~SignalStop();

    /// From now on `take` gets every SIGINT, SIGTERM and SIGHUP, on the thread of the signals;
    /// null: all is as before.
    void hand_to(SignalTaker take);

  private:
    static void* run(void* self);
    void take(int number, bool from_terminal);

    std::stop_source stop_;
    std::mutex mutex_;
    SignalTaker take_;
    pthread_t thread_{};
};

}  // namespace turntable_cli
