#pragma once

#include <memory>
#include <utility>

#include "turntable/core/async.hpp"

namespace turntable::inline v0::detail {

/// Holds an operation until it is done.
template <class T>
class Kept final : public Waiter {
  public:
    explicit Kept(Async<T> async) : Waiter{&notified}, async_(std::move(async)) {}

    static void start(std::unique_ptr<Kept> kept) {
        OperationBase* operation = kept->async_.operation();
        Kept* waiter = kept.release();  // its own from here on
        if (operation == nullptr || !operation->attach(waiter)) {
            delete waiter;
        }
    }

  private:
    static void notified(Waiter* waiter, Executor* /*executor*/) noexcept {
        delete static_cast<Kept*>(waiter);
    }

    Async<T> async_;
};

/// Lets an operation go on to its end though nobody waits for it: work that several callers share,
/// and that none of them may stop. Whatever it uses it has to keep itself.
template <class T>
void keep_running(Async<T> async) {
    Kept<T>::start(std::make_unique<Kept<T>>(std::move(async)));
}

}  // namespace turntable::inline v0::detail
