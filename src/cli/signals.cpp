#include "cli/signals.hpp"

#include <unistd.h>
#include <csignal>

#include <utility>

namespace turntable_cli {

namespace {

bool is_ignored(int number) {
    struct sigaction action{};
    return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR2);  // sent by ourselves: the program ends
    if (!is_ignored(SIGHUP)) {  // as nohup wants it
        sigaddset(&set, SIGHUP);
    }
    return set;
}

/// What a signal does that nobody takes.
void die_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    raise(number);
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

void SignalStop::hand_to(SignalTaker take) {
    const std::scoped_lock guard(mutex_);
    take_ = std::move(take);
}

/// All of it under the lock: who takes signals from now on sees whether one came before.
void SignalStop::take(int number, bool from_terminal) {
    const std::scoped_lock guard(mutex_);
    if (take_) {
        take_(number, from_terminal);
    } else if (number == SIGHUP) {
        die_of(number);
    } else if (!stop_.request_stop()) {
        _exit(128 + number);
    }
}

void* SignalStop::run(void* self) {
    auto& signals = *static_cast<SignalStop*>(self);
    const sigset_t set = stop_signals();
    while (true) {
        siginfo_t info{};
        const int received = sigwaitinfo(&set, &info);
        if (received == SIGUSR2) {
            return nullptr;
        }
        if (received > 0) {
            signals.take(received, info.si_code == SI_KERNEL);
        }
    }
}

}  // namespace turntable_cli
