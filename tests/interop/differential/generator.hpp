#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "interop/differential/executor.hpp"
#include "interop/differential/operation.hpp"

namespace turntable::test {

/// Makes random operations that depend on the seed and on what our database holds by then.
class Generator {
  public:
    Generator(std::uint64_t seed, const KeyPool& pool, const Executor& executor)
        : random_(seed), pool_(pool), executor_(executor) {}

    Operation next(std::size_t number);
    /// A list may go on from there.
    void saw_cursor(const Operation& operation, const std::string& cursor);

  private:
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::size_t key() { return below(pool_.ordinary()); }
    std::optional<std::int64_t> expiry();
    std::string number_json();
    std::string bigint_json();
    std::string js_json(int depth);
    Datum datum();
    Datum operand_for(std::size_t key);
    MutationSpec mutation();
    CheckSpec check(std::size_t number);
    EnqueueSpec enqueue(std::size_t number);
    Operation atomic(std::size_t number);
    Operation list();

    std::mt19937_64 random_;
    const KeyPool& pool_;
    const Executor& executor_;
    std::optional<ListSpec> unfinished_;
};

/// What lies on both sides of every limit and rule, by hand.
std::vector<Operation> edge_operations(const KeyPool& pool);

}  // namespace turntable::test
