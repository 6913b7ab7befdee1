#include "cases/groups.hpp"
#include "environment.hpp"

namespace turntable::inline v0::kv::conformance {

namespace {

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 12345;
    for (char& byte : bytes) {
        state = state * 1'664'525U + 1'013'904'223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

void every_encoding(Environment& environment) {
    Store& store = environment.store();
    std::string all_bytes;
    for (unsigned byte = 0; byte < 256; ++byte) {
        all_bytes.push_back(static_cast<char>(byte));
    }
    const std::pair<std::string, ValueEncoding> values[] = {
        {"", ValueEncoding::bytes},           {std::string("\0", 1), ValueEncoding::bytes},
        {"text", ValueEncoding::bytes},       {all_bytes, ValueEncoding::bytes},
        {le64(0), ValueEncoding::le64},       {le64(UINT64_MAX), ValueEncoding::le64},
        {le64(7), ValueEncoding::bytes},      {v8_number(1.5), ValueEncoding::v8},
        {v8_text("text"), ValueEncoding::v8}, {"\xFF\x0F_", ValueEncoding::v8},
        {"\xFF\x10I\x54", ValueEncoding::v8},
    };
    int number = 0;
    for (const auto& [data, encoding] : values) {
        const std::string name = key({"value", number++});
        store.commit(Write().set(name, data, encoding));
        store.expect_value(name, data, encoding);
        const std::vector<Item> listed = store.list(name, name + std::string(1, '\0'));
        expect_equal(std::size_t{1}, listed.size(), "entries listed");
        expect_equal(data, listed[0].data, "the bytes of a listed value");
        expect(listed[0].encoding == encoding, "the encoding of a listed value");
    }
}

void sizes(Environment& environment) {
    Store& store = environment.store();
    const std::size_t most =
        std::min(store.limits().value_bytes, environment.options().largest_bytes);
    const std::string name = key({"large"});
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{4096}, std::size_t{4097},
          std::size_t{65'535}, std::size_t{65'536}, std::size_t{65'537}, std::size_t{1} << 20U}) {
        if (size <= most) {
            const std::string data = pattern(size);
            store.set(name, data);
            store.expect_value(name, data);
        }
    }
    store.set(name, "short");
    store.expect_value(name, "short");
    store.set(name, "");
    store.expect_value(name, "");
}

void rewriting_replaces(Environment& environment) {
    Store& store = environment.store();
    const std::string name = key({"a"});
    store.commit(Write().set(name, le64(5), ValueEncoding::le64));
    store.set(name, "text");
    store.expect_value(name, "text");
    store.commit(Write().set(name, v8_text("x"), ValueEncoding::v8));
    store.expect_value(name, v8_text("x"), ValueEncoding::v8);
    const Versionstamp first = store.set(name, "same");
    const Versionstamp second = store.set(name, "same");
    expect(second > first, "the same value written again is a new commit");
    expect_equal(second, store.get(name)->stamp, "the versionstamp after the same value again");
}

}  // namespace

std::vector<Case> value_cases() {
    using enum Need;
    return {
        {"value.every_encoding",
         "Values come back byte for byte with their encoding.",
         {writes},
         every_encoding},
        {"value.sizes", "Values of every size, also none, come back whole.", {writes}, sizes},
        {"value.rewriting_replaces",
         "Writing a key again replaces value, encoding and stamp.",
         {writes},
         rewriting_replaces},
    };
}

}  // namespace turntable::inline v0::kv::conformance
