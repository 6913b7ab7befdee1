#include "cli/signals.hpp"

#include <unistd.h>
#include <csignal>

#include <utility>

namespace turntable_cli {

namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR2);  // sent by ourselves: the program ends
    return set;
}

}  // namespace

SignalStop::SignalStop(std::stop_source stop) : stop_(std::move(stop)) {
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    pthread_create(&thread_, nullptr, &run, this);
}

SignalStop::~SignalStop() {
    pthread_kill(thread_, SIGUSR2);
    pthread_join(thread_, nullptr);
}

void* SignalStop::run(void* self) {
    const sigset_t set = stop_signals();
    for (int received = 0; sigwait(&set, &received) == 0 && received != SIGUSR2;) {
        if (!static_cast<SignalStop*>(self)->stop_.request_stop()) {
            _exit(128 + received);
        }
    }
    return nullptr;
}

}  // namespace turntable_cli
