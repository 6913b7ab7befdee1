#pragma once

#include <pthread.h>

#include <stop_token>

namespace turntable_cli {

/// Turns SIGINT and SIGTERM into a stop request, so that verbs end in order. A second signal ends
/// the program at once. Made first in main, before any other thread.
class SignalStop {
  public:
    explicit SignalStop(std::stop_source stop);
    SignalStop(const SignalStop&) = delete;
    SignalStop& operator=(const SignalStop&) = delete;
    ~SignalStop();

  private:
    static void* run(void* self);
    std::stop_source stop_;
    pthread_t thread_{};
};

}  // namespace turntable_cli
