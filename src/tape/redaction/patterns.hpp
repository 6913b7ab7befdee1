#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "turntable/core/result.hpp"

namespace turntable::inline v0::tape {

/// Regular expressions that are looked for together, in time linear in the text.
class Patterns {
  public:
    Patterns();
    Patterns(Patterns&& other) noexcept;
    Patterns& operator=(Patterns&& other) noexcept;
    ~Patterns();

    /// Adds one that belongs to rule `rule`.
    Result<void> add(const std::string& expression, std::size_t rule);
    /// Before the first find().
    Result<void> prepare();

    using Found = std::function<void(std::size_t begin, std::size_t end, std::size_t rule)>;
    void find(std::string_view text, const Found& found) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0::tape
