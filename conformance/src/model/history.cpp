#include "model/model.hpp"
#include "write.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

// Half of the keys are prefixes or neighbours of others, down to the byte.
std::vector<std::string> make_keys() {
    std::vector<std::string> keys;
    for (const char* name : {"a", "b"}) {
        for (const KeyPart& part : std::initializer_list<KeyPart>{BytesPart{std::string("\0", 1)},
                                                                  BytesPart{"\xFF"}, "", 0, 1}) {
            keys.push_back(key({name, part}));
        }
        keys.push_back(key({name}));
    }
    std::sort(keys.begin(), keys.end(),
              [](const std::string& a, const std::string& b) { return ByteView(a) < ByteView(b); });
    return keys;
}

std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) { return random() % limit; }

Step::StepMutation random_mutation(std::mt19937_64& random, const ModelOptions& options) {
    constexpr MutationKind kinds[] = {
        MutationKind::set,       MutationKind::set,
        MutationKind::set,       MutationKind::remove,
        MutationKind::sum,       MutationKind::min,
        MutationKind::max,       MutationKind::set_suffix_versionstamped_key,
        MutationKind::set_expiry};
    const std::uint64_t count = std::size(kinds) - (options.set_expiry ? 0 : 1);
    Step::StepMutation one{};
    one.kind = kinds[below(random, count)];
    one.key = static_cast<unsigned>(below(random, model_keys));
    one.number = below(random, 8) == 0 ? UINT64_MAX - below(random, 3) : below(random, 1000);
    one.counter = below(random, 3) != 0;
    one.expire_in_ms = options.advance && below(random, 3) == 0
                           ? static_cast<std::int64_t>(below(random, 300))
                           : -1;
    return one;
}

Step random_step(std::mt19937_64& random, const ModelOptions& options) {
    Step step;
    const std::uint64_t dice = below(random, 100);
    step.low = static_cast<unsigned>(below(random, model_keys));
    step.high = step.low + static_cast<unsigned>(below(random, model_keys - step.low + 1));
    if (dice < 35) {
        step.kind = Step::Kind::read;
        step.limit = static_cast<std::uint32_t>(1 + below(random, below(random, 2) == 0 ? 4 : 50));
        step.reverse = below(random, 2) == 0;
    } else if (dice < 45 && options.advance) {
        step.kind = Step::Kind::advance;
        step.advance_ms = static_cast<std::int64_t>(below(random, 200));
    } else if (dice < 49 && options.delete_range) {
        step.kind = Step::Kind::delete_range;
    } else if (dice < 51 && options.reopen) {
        step.kind = Step::Kind::reopen;
    } else {
        for (std::uint64_t i = below(random, 3); i > 0; --i) {
            step.checks.push_back({static_cast<unsigned>(below(random, model_keys)),
                                   below(random, 4) == 0   ? Step::Stamp::stale
                                   : below(random, 4) == 0 ? Step::Stamp::absent
                                                           : Step::Stamp::current});
        }
        for (std::uint64_t i = below(random, 4); i > 0; --i) {
            step.mutations.push_back(random_mutation(random, options));
        }
    }
    return step;
}

std::string describe_write(const Step& step) {
    std::string text = "write";
    for (const Step::StepCheck& check : step.checks) {
        text += " check " + print_key(model_key(check.key)) +
                (check.stamp == Step::Stamp::absent    ? " absent"
                 : check.stamp == Step::Stamp::current ? " current"
                                                       : " stale");
    }
    for (const Step::StepMutation& one : step.mutations) {
        text += " " + std::string(name_of(one.kind)) + " " + print_key(model_key(one.key));
        if (one.kind != MutationKind::remove && one.kind != MutationKind::set_expiry) {
            text += one.counter ? " le64 " : " text ";
            text += show(one.number);
        }
        if (one.expire_in_ms >= 0) {
            text += " expire-in " + show(one.expire_in_ms);
        }
    }
    return text;
}

}  // namespace

std::string model_key(unsigned number) {
    static const std::vector<std::string> keys = make_keys();
    return number < keys.size() ? keys[number] : std::string("\xFF");
}

std::string Step::describe() const {
    const std::string range = print_key(model_key(low)) + " to " +
                              (high < model_keys ? print_key(model_key(high)) : "the end");
    switch (kind) {
        case Kind::write:
            return describe_write(*this);
        case Kind::read:
            return "read " + range + " limit " + show(limit) + (reverse ? " reverse" : "");
        case Kind::advance:
            return "advance " + show(advance_ms) + " ms";
        case Kind::delete_range:
            return "delete_range " + range;
        case Kind::reopen:
            return "reopen";
    }
    return {};
}

std::vector<Step> random_history(std::mt19937_64& random, unsigned steps,
                                 const ModelOptions& options) {
    std::vector<Step> history;
    for (unsigned i = 0; i < steps; ++i) {
        history.push_back(random_step(random, options));
    }
    return history;
}

}  // namespace turntable::inline v0::kv::conformance
