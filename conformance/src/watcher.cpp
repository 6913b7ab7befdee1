#include "watcher.hpp"

namespace turntable::inline v0::kv::conformance {

Watcher::Watcher(Store& store, std::vector<Target> targets, const Location& where)
    : store_(store), targets_(std::move(targets)) {
    std::vector<WatchTarget> borrowed;
    std::string text = "watch";
    for (const Target& target : targets_) {
        borrowed.push_back({target.key});
        if (target.end) {
            borrowed.back().range_end = *target.end;
        }
        text += " " + print_key(target.key) + (target.end ? " to " + show(*target.end) : "");
    }
    store_.note(text);
    stream_.emplace(expect_ok(store_.backend().watch({}, borrowed), text, where));
}

void Watcher::start() {
    if (!next_) {
        next_.emplace(store_.environment().pending(stream_->next()));
    }
}

Result<std::optional<WatchOutput>> Watcher::raw(const Location& where) {
    start();
    auto result = next_->get("the next step of a watch", where);
    next_.reset();
    return result;
}

std::optional<WatchOutput> Watcher::step(const Location& where) {
    auto output = expect_ok(raw(where), "the next step of a watch", where);
    if (output) {
        take_in(*output, where);
    } else {
        store_.note("watch -> the end");
    }
    return output;
}

void Watcher::take_in(const WatchOutput& output, const Location& where) {
    std::string text = "watch ->";
    for (const WatchChange& change : output) {
        expect(change.target < targets_.size(), "a change names the target it belongs to", where);
        const Target& target = targets_[change.target];
        const ByteView name = change.key;
        const bool inside = target.end
                                ? ByteView(target.key) <= name && name < ByteView(*target.end)
                                : name == ByteView(target.key);
        if (!inside) {
            fail("a change belongs to its target", print_key(target.key), print_key(name), where);
        }
        std::optional<Item> item;
        if (change.entry) {
            item = Item{name.to_string(), change.entry->value.data().to_string(),
                        change.entry->value.encoding(), change.entry->versionstamp};
            Versionstamp& newest = newest_[item->key];
            if (item->stamp < newest) {
                fail("a watch tells no older state after a newer one", "not before " + show(newest),
                     show(item), where);
            }
            newest = item->stamp;
        }
        text += " " + print_key(name) + ": " + show(item);
        state_[name.to_string()] = std::move(item);
    }
    store_.note(text);
}

void Watcher::until(const std::function<bool()>& holds, std::string_view what,
                    const Location& where) {
    constexpr int steps_max = 10'000;
    for (int steps = 0; !holds(); ++steps) {
        if (steps == steps_max) {
            fail("a watch tells " + std::string(what), "within 10000 steps", "it does not", where);
        }
        if (!step(where)) {
            fail("a watch tells " + std::string(what), "the change", "the end of the watch", where);
        }
    }
}

void Watcher::until_value(const std::string& key, std::string_view data, const Location& where) {
    until(
        [&] {
            const auto known = state(key);
            return known && known->data == data;
        },
        "that " + print_key(key) + " is " + show(ByteView(data)), where);
}

std::optional<Item> Watcher::state(const std::string& key) const {
    const auto found = state_.find(key);
    return found == state_.end() ? std::nullopt : found->second;
}

std::vector<Item> Watcher::entries() const {
    std::map<ByteView, Item> sorted;
    for (const auto& [name, item] : state_) {
        if (item) {
            sorted.emplace(name, *item);
        }
    }
    std::vector<Item> items;
    for (auto& [name, item] : sorted) {
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace turntable::inline v0::kv::conformance
