#include "tape/metadata/calls.hpp"

#include <algorithm>
#include <bit>

namespace turntable::inline v0::tape {

namespace {

constexpr unsigned step_bits = 5;

std::size_t step_of(std::uint64_t value) noexcept {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    if (width <= step_bits) {
        return static_cast<std::size_t>(value);
    }
    const unsigned shift = width - 1 - step_bits;
    return (static_cast<std::size_t>(shift + 1) << step_bits) |
           (static_cast<std::size_t>(value >> shift) & 31U);
}

/// The least value of a step.
std::uint64_t value_of(std::size_t step) noexcept {
    const std::size_t group = step >> step_bits;
    if (group == 0) {
        return step;
    }
    return (std::uint64_t{32} + (step & 31U)) << (group - 1);
}

}  // namespace

std::string_view subject_of(const Call& call, std::string_view method) noexcept {
    return call.method == method ? std::string_view(call.subject) : std::string_view();
}

void NameCounter::add(std::string_view name) {
    if (name.empty()) {
        return;
    }
    if (const auto found = counts_.find(name); found != counts_.end()) {
        ++found->second;
    } else if (counts_.size() < metadata_names_max && name.size() <= name_bytes_max) {
        counts_.emplace(std::string(name), 1);
    } else {
        cut_ = true;
    }
}

std::vector<NameCount> NameCounter::counts() const {
    std::vector<NameCount> out;
    out.reserve(counts_.size());
    for (const auto& [name, count] : counts_) {
        out.push_back({name, count});
    }
    return out;
}

void LatencyCounter::add(TapeTime took) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    std::uint32_t& step = steps_[step_of(value)];
    step += step == ~std::uint32_t{0} ? 0 : 1;
    ++calls_;
    sum_ += value;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
}

TapeTime LatencyCounter::percentile(std::uint64_t of_hundred) const {
    const std::uint64_t wanted = (calls_ * of_hundred + 99) / 100;
    std::uint64_t seen = 0;
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        seen += steps_[step];
        if (seen >= wanted) {
            const std::uint64_t value = std::clamp(value_of(step), least_, most_);
            return TapeTime(static_cast<std::int64_t>(value));
        }
    }
    return TapeTime(static_cast<std::int64_t>(most_));
}

Latency LatencyCounter::latency() const {
    if (calls_ == 0) {
        return {};
    }
    const auto time = [](std::uint64_t value) {
        return TapeTime(static_cast<std::int64_t>(value));
    };
    return {calls_, time(least_), time(sum_ / calls_), percentile(50), percentile(95), time(most_)};
}

}  // namespace turntable::inline v0::tape
