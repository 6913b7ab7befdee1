#include "turntable/kv/selector.hpp"

#include <algorithm>

namespace turntable::inline v0::kv {

namespace {

Error wrong_selector(std::string message) {
    return {ErrorCode::invalid_argument, std::move(message)};
}

Result<void> check_bound(const Key& bound, const Key& prefix, std::string_view name) {
    if (!bound.is_valid()) {
        return check_user_key(bound.encoded());
    }
    const ByteView encoded = bound.encoded();
    if (!encoded.starts_with(prefix.encoded()) || encoded.size() == prefix.encoded().size()) {
        return wrong_selector(std::string(name) + " key is not in the keyspace defined by prefix")
            .with("prefix", print_key(prefix.encoded()))
            .with("key", print_key(encoded));
    }
    return {};
}

ByteView shared_start(ByteView a, ByteView b) {
    const std::size_t shorter = std::min(a.size(), b.size());
    const auto [end, _] = std::mismatch(a.begin(), a.begin() + shorter, b.begin());
    return a.substr(0, static_cast<std::size_t>(end - a.begin()));
}

}  // namespace

Selector everything() { return prefix(Key()); }

Selector prefix(Key key) {
    Selector selector;
    selector.prefix_ = std::move(key);
    return selector;
}

Selector text_prefix(std::string_view text) {
    Selector selector;
    selector.text_range_ = text_prefix_range(text);
    return selector;
}

Selector range(Key start, Key end) {
    Selector selector;
    selector.start_ = std::move(start);
    selector.end_ = std::move(end);
    return selector;
}

Result<KeyRange> Selector::range() const {
    if (text_range_) {
        if (start_ || end_) {
            return wrong_selector("a text prefix takes no start or end; use kv::range");
        }
        return *text_range_;
    }
    if (prefix_) {
        if (!prefix_->is_valid()) {
            return wrong_selector("the prefix was made from parts that have no encoding");
        }
        if (start_ && end_) {
            return wrong_selector("a prefix takes a start or an end, not both; use kv::range");
        }
        KeyRange range = prefix_range(prefix_->encoded());
        if (start_) {
            TURNTABLE_CHECK(check_bound(*start_, *prefix_, "Start"));
            range.start = start_->encoded().to_string();
        }
        if (end_) {
            TURNTABLE_CHECK(check_bound(*end_, *prefix_, "End"));
            range.end = end_->encoded().to_string();
        }
        return range;
    }
    if (!start_->is_valid() || !end_->is_valid()) {
        return wrong_selector("a bound of the range was made from parts that have no encoding");
    }
    if (*start_ > *end_) {
        return wrong_selector("Start key is greater than end key")
            .with("start", print_key(start_->encoded()))
            .with("end", print_key(end_->encoded()));
    }
    return KeyRange{start_->encoded().to_string(), end_->encoded().to_string()};
}

ByteView Selector::common_prefix() const {
    if (text_range_) {
        return shared_start(text_range_->start, text_range_->end);
    }
    return prefix_ ? prefix_->encoded() : shared_start(start_->encoded(), end_->encoded());
}

}  // namespace turntable::inline v0::kv
