#include "interop/differential/executor.hpp"

#include <chrono>
#include <deque>
#include <stdexcept>

#include "turntable/kv/json.hpp"

namespace turntable::test {

namespace {

constexpr std::size_t shown_max = 300;

std::string shortened(const std::string& kind, std::string text) {
    return kind + (text.size() > shown_max ? "#" + std::to_string(text.size()) : std::move(text));
}

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        hex += digits[bytes[i] >> 4U];
        hex += digits[bytes[i] & 15U];
    }
    return hex;
}

Outcome failed(const Error& error) {
    return {"error " + std::string(to_string(error.code())), error.to_string(), error.code(), ""};
}

kv::MutationKind mutation_kind(const std::string& name) {
    if (name == "set") {
        return kv::MutationKind::set;
    }
    if (name == "delete") {
        return kv::MutationKind::remove;
    }
    if (name == "sum") {
        return kv::MutationKind::sum;
    }
    return name == "min" ? kv::MutationKind::min : kv::MutationKind::max;
}

/// An atomic write as the contract takes it, so that no convenience of the handle stands between.
struct FlatWrite {
    std::vector<kv::Check> checks;
    std::vector<kv::Mutation> mutations;
    std::vector<kv::Enqueue> enqueues;
    std::deque<kv::Value> values;
    std::deque<std::vector<ByteView>> keys;

    ByteView keep(kv::Value value) {
        values.push_back(std::move(value));
        return values.back().data();
    }
    void add(const MutationSpec& spec, const kv::Key& key, std::int64_t now_ms) {
        kv::Mutation mutation{mutation_kind(spec.kind), key.encoded()};
        if (spec.kind != "delete") {
            mutation.data = keep(spec.data.value());
            mutation.encoding = values.back().encoding();
        }
        if (spec.expire_in_ms) {
            mutation.expire_at_ms = now_ms + *spec.expire_in_ms;
        }
        mutations.push_back(mutation);
    }
    void add(const EnqueueSpec& spec, const KeyPool& pool, std::int64_t now_ms) {
        kv::Enqueue enqueue{keep(spec.payload.value()), now_ms + spec.delay_ms};
        keys.emplace_back();
        for (const std::size_t key : spec.undelivered) {
            keys.back().push_back(pool[key].encoded());
        }
        enqueue.keys_if_undelivered = keys.back();
        if (spec.backoff_ms) {
            enqueue.backoff_ms = std::span<const std::uint32_t>(*spec.backoff_ms);
        }
        enqueues.push_back(enqueue);
    }
};

}  // namespace

std::string value_text(const kv::Value& value) {
    switch (value.encoding()) {
        case kv::ValueEncoding::bytes:
            return shortened("bytes:", to_hex(value.data()));
        case kv::ValueEncoding::le64:
            return "u64:" + std::to_string(*value.as_u64());
        case kv::ValueEncoding::v8:
            return shortened("js:", *kv::js_to_json(*value.as_js()));
    }
    return "?";
}

std::string Executor::name_of(kv::Versionstamp stamp) const {
    const auto found = commits_.find(stamp);
    return found == commits_.end() ? "?" : std::to_string(found->second);
}

std::string Executor::entry_text(const std::optional<kv::Entry>& entry) const {
    return entry ? value_text(entry->value) + "@" + name_of(entry->versionstamp) : "none";
}

std::optional<std::size_t> Executor::commit_of(std::size_t key) const {
    const auto entry = db_.get(pool_[key]);
    if (!entry || !*entry) {
        return std::nullopt;
    }
    const auto found = commits_.find((*entry)->versionstamp);
    return found == commits_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<kv::Value> Executor::value_of(std::size_t key) const {
    const auto entry = db_.get(pool_[key]);
    return entry && *entry ? std::optional((*entry)->value) : std::nullopt;
}

Outcome Executor::committed(const Result<kv::CommitResult>& result, std::size_t number) {
    if (!result) {
        return failed(result.error());
    }
    if (!result->committed) {
        std::string checks = "checks";
        for (const std::uint32_t index : result->failed_checks) {
            checks += " " + std::to_string(index);
        }
        return {"refused", std::move(checks), {}, ""};
    }
    if (!commits_.empty() && result->versionstamp <= commits_.rbegin()->first) {
        throw std::runtime_error("a versionstamp did not grow");
    }
    commits_.emplace(result->versionstamp, number);
    stamps_.emplace(number, result->versionstamp);
    return {"committed", "", {}, ""};
}

Outcome Executor::committed(const Result<kv::Versionstamp>& result, std::size_t number) {
    if (!result) {
        return failed(result.error());
    }
    return committed(kv::CommitResult{true, *result, {}}, number);
}

Outcome Executor::get_many(const Operation& operation) {
    std::vector<kv::Key> keys;
    for (const std::size_t key : operation.keys) {
        keys.push_back(pool_[key]);
    }
    const auto entries = db_.get_many(keys);
    if (!entries) {
        return failed(entries.error());
    }
    Outcome out;
    for (const auto& entry : *entries) {
        out.text += entry_text(entry) + ";";
    }
    return out;
}

Outcome Executor::list(const ListSpec& spec) {
    kv::Selector selector = kv::everything();
    if (spec.prefix) {
        selector = kv::prefix(pool_[*spec.prefix]);
        if (spec.start) {
            selector = std::move(selector).from(pool_[*spec.start]);
        }
        if (spec.end) {
            selector = std::move(selector).until(pool_[*spec.end]);
        }
    } else if (spec.start && spec.end) {
        selector = kv::range(pool_[*spec.start], pool_[*spec.end]);
    }
    kv::ListOptions options{.reverse = spec.reverse, .cursor = spec.cursor};
    if (spec.limit) {
        options.limit = static_cast<std::uint64_t>(*spec.limit);
    }
    if (spec.batch) {
        options.batch = static_cast<std::uint32_t>(*spec.batch);
    }
    auto entries = db_.list(selector, options);
    Outcome out;
    while (true) {
        const auto entry = entries.next();
        if (!entry) {
            return failed(entry.error());
        }
        if (!*entry) {
            break;
        }
        out.text += std::to_string(pool_.index_of((*entry)->key.encoded())) + "=" +
                    value_text((*entry)->value) + "@" + name_of((*entry)->versionstamp) + ";";
        out.cursor = entries.cursor();
    }
    out.text += "last cursor " + out.cursor + ", end " + entries.cursor();
    return out;
}

/// A message alone, by the handle, which also refuses what the contract cannot say.
Outcome Executor::enqueue(const EnqueueSpec& spec, std::size_t number) {
    std::vector<std::chrono::milliseconds> backoff;
    for (const std::uint32_t step : spec.backoff_ms.value_or(std::vector<std::uint32_t>())) {
        backoff.emplace_back(step);
    }
    std::vector<kv::Key> keys;
    for (const std::size_t key : spec.undelivered) {
        keys.push_back(pool_[key]);
    }
    kv::EnqueueOptions options{.delay = std::chrono::milliseconds(spec.delay_ms),
                               .keys_if_undelivered = keys};
    if (spec.backoff_ms) {
        options.backoff = backoff;
    }
    return committed(db_.enqueue(spec.payload.value(), options), number);
}

Outcome Executor::write(const Operation& operation, std::size_t number) {
    if (operation.enqueues.size() == 1 && operation.mutations.empty() && operation.checks.empty()) {
        return enqueue(operation.enqueues[0], number);
    }
    const std::int64_t now_ms = db_.runtime().clock().wall_now().time_since_epoch().count();
    FlatWrite flat;
    for (std::size_t round = 0; round < operation.repeat; ++round) {
        for (const CheckSpec& check : operation.checks) {
            const auto stamp = check.commit ? stamps_.find(*check.commit) : stamps_.end();
            flat.checks.push_back({pool_[check.key].encoded(), stamp == stamps_.end()
                                                                   ? std::nullopt
                                                                   : std::optional(stamp->second)});
        }
        for (const MutationSpec& mutation : operation.mutations) {
            flat.add(mutation, pool_[mutation.key], now_ms);
        }
        for (const EnqueueSpec& enqueue : operation.enqueues) {
            flat.add(enqueue, pool_, now_ms);
        }
    }
    Context context;
    context.caller_waits = true;
    const kv::AtomicWrite all{flat.checks, flat.mutations, flat.enqueues};
    return committed(db_.backend().atomic_write(context, all).wait(), number);
}

Outcome Executor::execute(const Operation& operation, std::size_t number) {
    switch (operation.kind) {
        case OperationKind::set: {
            kv::SetOptions options;
            if (operation.expire_in_ms) {
                options.expire_in = std::chrono::milliseconds(*operation.expire_in_ms);
            }
            return committed(db_.set(pool_[operation.keys[0]], operation.data.value(), options),
                             number);
        }
        case OperationKind::remove:
            return committed(db_.remove(pool_[operation.keys[0]]), number);
        case OperationKind::get: {
            const auto entry = db_.get(pool_[operation.keys[0]]);
            return entry ? Outcome{entry_text(*entry), "", {}, ""} : failed(entry.error());
        }
        case OperationKind::get_many:
            return get_many(operation);
        case OperationKind::list:
            return list(operation.list);
        case OperationKind::atomic:
            return write(operation, number);
    }
    throw std::logic_error("no such operation");
}

}  // namespace turntable::test
