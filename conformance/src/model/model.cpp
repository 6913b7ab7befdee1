#include "model/model.hpp"

#include <algorithm>

namespace turntable::inline v0::kv::conformance {

namespace {

std::uint64_t number_of(const std::string& data) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) {
        number = number << 8U | static_cast<unsigned char>(data[i]);
    }
    return number;
}

bool is_counter_mutation(MutationKind kind) {
    return kind == MutationKind::sum || kind == MutationKind::min || kind == MutationKind::max;
}

// sum, min and max always get a counter as operand; the others what the step says.
std::string data_of(const Step::StepMutation& one) {
    return one.counter || is_counter_mutation(one.kind) ? le64(one.number) : show(one.number);
}

ValueEncoding encoding_of(const Step::StepMutation& one) {
    return one.counter || is_counter_mutation(one.kind) ? ValueEncoding::le64
                                                        : ValueEncoding::bytes;
}

}  // namespace

const Model::Stored* Model::find(const std::string& name, std::int64_t now_ms) const {
    const auto found = entries_.find(name);
    if (found == entries_.end() ||
        (found->second.expire_at_ms >= 0 && found->second.expire_at_ms <= now_ms)) {
        return nullptr;
    }
    return &found->second;
}

Write Model::write_of(const Step& step) const {
    Write write;
    for (const Step::StepCheck& check : step.checks) {
        const std::string name = model_key(check.key);
        const Stored* stored = find(name, now_ms_);
        std::optional<Versionstamp> stamp;
        if (check.stamp == Step::Stamp::stale) {
            stamp = Versionstamp::from_version(stored == nullptr ? 1 : stored->stamp.version() - 1);
        } else if (check.stamp == Step::Stamp::current && stored != nullptr) {
            stamp = stored->stamp;
        }
        write.check(name, stamp);
    }
    for (const Step::StepMutation& one : step.mutations) {
        const std::string name = model_key(one.key);
        const std::int64_t expiry =
            one.expire_in_ms < 0 ? never_expires : now_ms_ + one.expire_in_ms;
        if (one.kind == MutationKind::set) {
            write.set(name, data_of(one), encoding_of(one), expiry);
        } else if (one.kind == MutationKind::set_expiry) {
            write.set_expiry(name, expiry);
        } else if (one.kind == MutationKind::remove) {
            write.remove(name);
        } else {
            write.mutate(one.kind, name, data_of(one), encoding_of(one));
        }
    }
    return write;
}

std::vector<std::uint32_t> Model::failed_checks(const Step& step, std::int64_t now_ms) const {
    std::vector<std::uint32_t> failed;
    for (std::uint32_t i = 0; i < step.checks.size(); ++i) {
        const bool present = find(model_key(step.checks[i].key), now_ms) != nullptr;
        const Step::Stamp stamp = step.checks[i].stamp;
        if (stamp == Step::Stamp::stale || (stamp == Step::Stamp::absent && present)) {
            failed.push_back(i);
        }
    }
    return failed;
}

bool Model::apply_one(const Step::StepMutation& one, std::int64_t now_ms) {
    const std::string name = model_key(one.key);
    const Stored* stored = find(name, now_ms);
    Stored written{data_of(one), encoding_of(one), {}, never_expires};
    switch (one.kind) {
        case MutationKind::remove:
            entries_.erase(name);
            return true;
        case MutationKind::set_suffix_versionstamped_key:
            entries_[name + "\x02?" + std::string(1, '\0')] = written;
            touched_.push_back(name + "\x02?" + std::string(1, '\0'));
            return true;
        case MutationKind::set_expiry:
            if (stored != nullptr) {
                entries_[name].expire_at_ms =
                    one.expire_in_ms < 0 ? never_expires : now_ms + one.expire_in_ms;
                touched_.push_back(name);
            }
            return true;
        case MutationKind::set:
            if (one.expire_in_ms >= 0) {
                written.expire_at_ms = now_ms + one.expire_in_ms;
            }
            break;
        default:
            if (stored != nullptr) {
                if (stored->encoding != ValueEncoding::le64) {
                    return false;
                }
                const std::uint64_t old = number_of(stored->data);
                written.data = le64(one.kind == MutationKind::sum   ? old + one.number
                                    : one.kind == MutationKind::min ? std::min(old, one.number)
                                                                    : std::max(old, one.number));
            }
    }
    entries_[name] = written;
    touched_.push_back(name);
    return true;
}

bool Model::apply(const Step& step, std::int64_t now_ms) {
    const auto before = entries_;
    touched_.clear();
    for (const Step::StepMutation& one : step.mutations) {
        if (!apply_one(one, now_ms)) {
            entries_ = before;
            touched_.clear();
            return false;
        }
    }
    return true;
}

void Model::stamp(Versionstamp stamp) {
    for (const std::string& name : touched_) {
        const auto found = entries_.find(name);
        if (found == entries_.end()) {
            continue;
        }
        Stored stored = found->second;
        stored.stamp = stamp;
        const std::string mark = "\x02?" + std::string(1, '\0');
        if (name.ends_with(mark)) {
            entries_.erase(found);
            entries_[name.substr(0, name.size() - mark.size()) + "\x02" + stamp.to_string() +
                     std::string(1, '\0')] = stored;
        } else {
            found->second = stored;
        }
    }
    touched_.clear();
}

std::vector<Item> Model::range(unsigned low, unsigned high, std::uint32_t limit, bool reverse,
                               std::int64_t now_ms) const {
    std::vector<Item> items;
    for (const auto& [name, stored] : entries_) {
        if (name >= model_key(low) && name < model_key(high) && find(name, now_ms) != nullptr) {
            items.push_back({name, stored.data, stored.encoding, stored.stamp});
        }
    }
    if (reverse) {
        std::reverse(items.begin(), items.end());
    }
    items.resize(std::min<std::size_t>(items.size(), limit));
    return items;
}

std::uint64_t Model::remove_range(unsigned low, unsigned high, std::int64_t now_ms) {
    const std::vector<Item> items = range(low, high, UINT32_MAX, false, now_ms);
    for (const Item& item : items) {
        entries_.erase(item.key);
    }
    return items.size();
}

}  // namespace turntable::inline v0::kv::conformance
