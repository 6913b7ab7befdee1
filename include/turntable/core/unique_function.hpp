#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace turntable::inline v0 {

template <class Signature>
class UniqueFunction;

/// A callable that can be moved but not copied, so it may own what cannot be copied.
///
/// Purpose: callbacks in interfaces; std::move_only_function needs C++23.
/// Ownership: owns the callable, on the heap.
/// Threads: as the callable; a moved-from or empty one must not be called.
/// Errors: none; the callable must not throw.
template <class R, class... Args>
class [[nodiscard]] UniqueFunction<R(Args...)> {
  public:
    UniqueFunction() noexcept = default;
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
                 std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
    UniqueFunction(F&& function)
        : callable_(std::make_unique<Model<std::decay_t<F>>>(std::forward<F>(function))) {}

    explicit operator bool() const noexcept { return callable_ != nullptr; }
    R operator()(Args... args) { return callable_->call(std::forward<Args>(args)...); }

  private:
    struct Callable {
        Callable() = default;
        Callable(const Callable&) = delete;
        Callable& operator=(const Callable&) = delete;
        virtual ~Callable() = default;
        virtual R call(Args... args) = 0;
    };
    template <class F>
    struct Model final : Callable {
        template <class G>
        explicit Model(G&& g) : function(std::forward<G>(g)) {}
        R call(Args... args) override {
            if constexpr (std::is_void_v<R>) {
                static_cast<void>(function(std::forward<Args>(args)...));
            } else {
                return function(std::forward<Args>(args)...);
            }
        }
        F function;
    };

    std::unique_ptr<Callable> callable_;
};

}  // namespace turntable::inline v0
