#include "interop/differential/operation.hpp"

#include <stdexcept>
#include <string_view>

#include "turntable/kv/json.hpp"

namespace turntable::test {

namespace {

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

template <class T>
std::string number_or_null(const std::optional<T>& number) {
    return number ? std::to_string(*number) : "null";
}

template <class Range, class ToJson>
std::string array(const Range& range, const ToJson& to_json) {
    std::string out = "[";
    for (const auto& item : range) {
        out += (out.size() == 1 ? "" : ",") + to_json(item);
    }
    return out + "]";
}

std::string number(std::size_t value) { return std::to_string(value); }

std::string json_of(const ListSpec& list) {
    return R"({"prefix":)" + number_or_null(list.prefix) + R"(,"start":)" +
           number_or_null(list.start) + R"(,"end":)" + number_or_null(list.end) + R"(,"limit":)" +
           number_or_null(list.limit) + R"(,"batchSize":)" + number_or_null(list.batch) +
           R"(,"reverse":)" + (list.reverse ? "true" : "false") + R"(,"cursor":)" +
           in_quotes(list.cursor) + "}";
}

std::string json_of(const MutationSpec& mutation) {
    return R"({"type":)" + in_quotes(mutation.kind) + R"(,"key":)" + number(mutation.key) +
           R"(,"data":)" + mutation.data.json() + R"(,"expireIn":)" +
           number_or_null(mutation.expire_in_ms) + "}";
}

std::string json_of(const EnqueueSpec& enqueue) {
    const std::string backoff =
        enqueue.backoff_ms ? array(*enqueue.backoff_ms, number) : std::string("null");
    return R"({"payload":)" + enqueue.payload.json() + R"(,"delay":)" +
           std::to_string(enqueue.delay_ms) + R"(,"backoff":)" + backoff + R"(,"undelivered":)" +
           array(enqueue.undelivered, number) + "}";
}

constexpr std::string_view kind_names[] = {"set", "remove", "get", "get_many", "list", "atomic"};

}  // namespace

kv::Value Datum::value() const {
    switch (kind) {
        case Kind::u64:
            return kv::Value::u64(std::stoull(text));
        case Kind::bytes:
            return kv::Value(from_hex(text));
        case Kind::js:
            return *kv::Value::js(*kv::js_from_json(text));
        case Kind::long_text:
            return *kv::Value::js(kv::JsValue(std::string(size, 'x')));
        case Kind::long_bytes:
            return kv::Value(std::string(size, '\x07'));
    }
    throw std::logic_error("no such kind of value");
}

std::string Datum::json() const {
    switch (kind) {
        case Kind::u64:
            return R"(["u64",)" + in_quotes(text) + "]";
        case Kind::bytes:
            return R"(["bytes",)" + in_quotes(text) + "]";
        case Kind::js:
            return R"(["js",)" + text + "]";
        case Kind::long_text:
            return R"(["long_text",)" + number(size) + "]";
        case Kind::long_bytes:
            return R"(["long_bytes",)" + number(size) + "]";
    }
    throw std::logic_error("no such kind of value");
}

std::string Operation::json() const {
    const auto check = [](const CheckSpec& spec) {
        return R"({"key":)" + number(spec.key) + R"(,"commit":)" + number_or_null(spec.commit) +
               "}";
    };
    std::string out = R"({"op":)" + in_quotes(kind_names[static_cast<std::size_t>(kind)]);
    out += R"(,"keys":)" + array(keys, number);
    out += R"(,"data":)" + data.json();
    out += R"(,"expireIn":)" + number_or_null(expire_in_ms);
    if (kind == OperationKind::list) {
        out += R"(,"list":)" + json_of(list);
    }
    if (kind == OperationKind::atomic) {
        out += R"(,"repeat":)" + number(repeat);
        out += R"(,"checks":)" + array(checks, check);
        out += R"(,"mutations":)" +
               array(mutations, [](const MutationSpec& spec) { return json_of(spec); });
        out += R"(,"enqueues":)" +
               array(enqueues, [](const EnqueueSpec& spec) { return json_of(spec); });
    }
    return out + "}";
}

std::size_t KeyPool::add(kv::Key key, const std::string& json) {
    json_ += (json_.empty() ? "" : ",") + json;
    keys_.push_back(std::move(key));
    return keys_.size() - 1;
}

KeyPool::KeyPool() {
    using kv::BytesPart;
    using kv::Key;
    using kv::KeyPart;
    // Two levels of keys below three prefixes that are keys themselves.
    const std::pair<KeyPart, std::string> roots[] = {
        {"a", R"(["s","a"])"}, {"ab", R"(["s","ab"])"}, {2, R"(["i","2"])"}};
    const std::pair<KeyPart, std::string> leaves[] = {
        {BytesPart{std::string("\0\xff", 2)}, R"(["b","00ff"])"},
        {"", R"(["s",""])"},
        {"b", R"(["s","b"])"},
        {"\xc3\xbc", "[\"s\",\"\xc3\xbc\"]"},
        {-300, R"(["i","-300"])"},
        {0, R"(["i","0"])"},
        {7, R"(["i","7"])"},
        {-1.5, R"(["n",-1.5])"},
        {0.0, R"(["n",0])"},
        {7.0, R"(["n",7])"},
        {false, R"(["t",false])"},
        {true, R"(["t",true])"},
    };
    for (const auto& [root, root_json] : roots) {
        add(Key{root}, "[" + root_json + "]");
        for (const auto& [leaf, leaf_json] : leaves) {
            add(Key{root, leaf}, "[" + root_json + "," + leaf_json + "]");
        }
        add(Key{root, "b", 1}, "[" + root_json + R"(,["s","b"],["i","1"]])");
    }
    ordinary_ = keys_.size();
    empty = add(Key(), "[]");
    bytes_2048 = add(Key(std::string(2046, 'x')), R"([["x",2046]])");
    bytes_2049 = add(Key(std::string(2047, 'x')), R"([["x",2047]])");
    bytes_2050 = add(Key(std::string(2048, 'x')), R"([["x",2048]])");
    too_big_integer =
        add(Key{*kv::BigInteger::from_big_endian(false, '\x01' + std::string(255, '\0'))},
            R"([["p",2040]])");
    json_ = "[" + json_ + "]";
}

std::size_t KeyPool::index_of(ByteView encoded) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (keys_[i].encoded() == encoded) {
            return i;
        }
    }
    throw std::logic_error("a key that is not in the pool: " + kv::print_key(encoded));
}

}  // namespace turntable::test
