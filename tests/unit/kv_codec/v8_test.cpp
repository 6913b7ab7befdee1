#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <limits>

#include "turntable/kv/js_value.hpp"
#include "turntable/kv/value.hpp"
#include "unit/kv_codec/literals.hpp"

namespace {

using namespace turntable::test;
using namespace turntable::kv;
using turntable::Bytes;
using turntable::ByteView;
using turntable::ErrorCode;

JsValue decoded(std::string_view hex_text) {
    auto value = decode_v8(bytes_of(hex_text));
    EXPECT_TRUE(value) << hex_text << " " << value.error().to_string();
    return value ? *std::move(value) : JsValue();
}

std::string encoded(const JsValue& value) {
    const auto bytes = encode_v8(value);
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    return bytes ? hex(*bytes) : "";
}

ErrorCode encoding_error(const JsValue& value) {
    const auto bytes = encode_v8(value);
    return bytes ? ErrorCode::backend : bytes.error().code();
}

struct ValueCase {
    JsValue value;
    std::string bytes;
};

TEST(V8Codec, WritesTheBytesThatV8Writes) {
    const JsValue hole = JsValue::hole();
    const std::vector<ValueCase> cases{
        {JsValue(), "ff0f5f"},
        {nullptr, "ff0f30"},
        {true, "ff0f54"},
        {false, "ff0f46"},
        {42, "ff0f4954"},
        {-1, "ff0f4901"},
        {std::numeric_limits<std::int32_t>::max(), "ff0f49feffffff0f"},
        {std::numeric_limits<std::int32_t>::min(), "ff0f49ffffffff0f"},
        {2147483648.0, "ff0f4e000000000000e041"},
        {1.5, "ff0f4e000000000000f83f"},
        {-0.0, "ff0f4e0000000000000080"},
        {BigInteger(0), "ff0f5a00"},
        {BigInteger(42), "ff0f5a102a00000000000000"},
        {BigInteger(-5), "ff0f5a110500000000000000"},
        {"v", "ff0f220176"},
        {"\xC3\xBF", "ff0f2201ff"},
        {"\xC4\x80", "ff0f63020001"},
        {"\xED\xA0\x80", "ff0f630200d8"},
        {"\xF0\x9F\x98\x80", "ff0f63043dd800de"},
        {JsObject{{{"a", "\xE4\xB8\xAD"}, {"1", true}}}, "ff0f6f22016163022d4e4902547b02"},
        {JsObject{{{"bc", "\xE4\xB8\xAD"}}},
         "ff0f6f2202626300"
         "63022d4e7b01"},
        {JsArray{{1, hole, 3}, {}},
         "ff0f41034902"
         "2d4906240003"},
        {JsArray{{1, hole}, {{"x", 2}}, 5}, "ff0f6105490049022201784904400205"},
        {JsMap{{{1, 2}}}, "ff0f3b490249043a02"},
        {JsSet{{1}}, "ff0f2749022c01"},
        {JsDate{0}, "ff0f440000000000000000"},
        {JsRegExp{"a\\/b", "giu"}, "ff0f522204615c2f6213"},
        {JsRegExp{"x", "v"}, "ff0f522201788002"},
        {JsError{JsErrorKind::type, "m", "s", 1},
         "ff0f72546d22016d7322017363"
         "49022e"},
        {JsArrayBuffer{"ab", {}}, "ff0f42026162"},
        {JsArrayBuffer{"ab", 4}, "ff0f7e02046162"},
        {js_uint8_array("ab"),
         "ff0f42026162"
         "5642000200"},
        {JsBoxed{true}, "ff0f79"},
        {JsBoxed{1.5}, "ff0f6e000000000000f83f"},
        {JsBoxed{"s"}, "ff0f73220173"},
        {JsBoxed{BigInteger(5)}, "ff0f7a100500000000000000"},
    };
    for (const ValueCase& c : cases) {
        EXPECT_EQ(encoded(c.value), c.bytes);
        EXPECT_EQ(encoded(decoded(c.bytes)), c.bytes);
    }
}

TEST(V8Codec, ReadsOtherFormsOfTheSameValue) {
    EXPECT_EQ(*decoded("ff104954").number(), 42);
    EXPECT_EQ(*decoded("ff0d0000005505").number(), 5);
    EXPECT_EQ(*decoded("ff0f3f034902").number(), 1);
    EXPECT_EQ(*decoded("ff0f5303e4b8ad").text(), "\xE4\xB8\xAD");
    EXPECT_EQ(*decoded("ff0f5a022b").big_integer(), BigInteger(43));
    EXPECT_EQ(*decoded("ff0f5a0300").big_integer(), BigInteger(0));
    EXPECT_EQ(*decoded("ff0f490299").number(), 1) << "bytes after the value are ignored";
    EXPECT_EQ(decoded("ff0f6f4e000000000000f83f49027b01").as<JsObject>()->properties[0].first,
              "1.5");
    const JsValue late_cause = decoded(
        "ff0f726d22016163490273220173"
        "2e");
    EXPECT_EQ(*late_cause.as<JsError>()->cause->number(), 1);
}

TEST(V8Codec, ReadsAFullArrayInTheSparseFormAsDense) {
    // What V8 writes for [1, 2].map((x) => x).
    EXPECT_EQ(encoded(decoded("ff0f6102490049024902490440"
                              "0202")),
              "ff0f41024902490424"
              "0002");
    // [1, , 3] with a property.
    EXPECT_EQ(encoded(decoded("ff0f61034900490249044906"
                              "22017849084003"
                              "03")),
              "ff0f4103"
              "49022d4906"
              "22017849082401"
              "03");
    // Mostly holes, an index beyond the length, indexes out of order: as they are.
    for (const char* bytes : {"ff0f61054902490240"
                              "0105",
                              "ff0f61024900490249044902"
                              "400202",
                              "ff0f610249024902490049024002"
                              "02"}) {
        EXPECT_EQ(encoded(decoded(bytes)), bytes);
    }
}

TEST(V8Codec, ReadsViewsOfEachVersion) {
    for (const char* bytes : {"ff0d42026162"
                              "56420101",
                              "ff0e42026162"
                              "5642010100",
                              "ff0f42026162"
                              "5642010100",
                              "ff10"
                              "42026162"
                              "5642010100",
                              // Flags in version 13, as some programs wrote; seen by what follows.
                              "ff0d4101"
                              "42026162"
                              "5642010100"
                              "240001"}) {
        JsValue value = decoded(bytes);
        if (const auto* array = value.as<JsArray>()) {
            value = JsValue(array->elements.at(0));
        }
        ASSERT_NE(value.as<JsView>(), nullptr) << bytes;
        EXPECT_EQ(value.as<JsView>()->bytes(), ByteView("b"));
    }
}

TEST(V8Codec, KeepsTheIdentityOfRepeatedObjects) {
    const JsValue shared = JsObject{{{"x", 1}}};
    const std::string bytes = "ff0f41026f22017849027b015e01240002";
    EXPECT_EQ(encoded(JsArray{{shared, shared}, {}}), bytes);
    const JsValue back = decoded(bytes);
    const auto& elements = back.as<JsArray>()->elements;
    EXPECT_EQ(elements[0].node(), elements[1].node());
    EXPECT_FALSE(elements[1].is_back_reference());
}

TEST(V8Codec, KeepsCyclesWithoutLeaking) {
    const std::string bytes =
        "ff0f6f2204"
        "73656c66"
        "5e007b01";
    std::weak_ptr<JsNode> watch;
    JsValue inner;
    {
        const JsValue value = decoded(bytes);
        watch = value.node();
        inner = *value.as<JsObject>()->find("self");
        EXPECT_TRUE(inner.is_back_reference());
        EXPECT_EQ(inner.node(), value.node());
        EXPECT_EQ(encoded(value), bytes);
    }
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(inner.node(), nullptr);
    EXPECT_EQ(encoding_error(inner), ErrorCode::serialization);
}

std::string nested_arrays(std::size_t depth) {
    std::string bytes = "\xFF\x0F";
    for (std::size_t i = 1; i < depth; ++i) {
        bytes += "A\x01";
    }
    bytes += std::string("A\0$\0\0", 5);
    for (std::size_t i = 1; i < depth; ++i) {
        bytes += std::string("$\0\x01", 3);
    }
    return bytes;
}

TEST(V8Codec, FollowsNestingToItsLimit) {
    for (const std::size_t depth : {max_js_depth - 1, max_js_depth}) {
        const auto value = decode_v8(nested_arrays(depth));
        ASSERT_TRUE(value) << value.error().to_string();
        EXPECT_EQ(*encode_v8(*value), ByteView(nested_arrays(depth)));
        const JsValue deeper = JsArray{{*value}, {}};
        EXPECT_EQ(encode_v8(deeper).has_value(), depth < max_js_depth);
    }
    EXPECT_EQ(decode_v8(nested_arrays(max_js_depth + 1)).error().code(), ErrorCode::limit_exceeded);
}

TEST(V8Codec, FreesDeepTreesWithoutRecursion) {
    JsValue chain = 1;
    for (int i = 0; i < 200'000; ++i) {
        chain = JsSet{{std::move(chain)}};
    }
    EXPECT_EQ(encoding_error(chain), ErrorCode::limit_exceeded);
}

TEST(V8Codec, RefusesMalformedInput) {
    for (const char* bytes : {"",
                              "ff",
                              "0f49",
                              "ff0f",
                              "ff0f00",
                              "ff0f2d",
                              "ff0f51",
                              "ff0f49",
                              "ff0f49ffffffff1f",
                              "ff0f4e00",
                              "ff0f2202"
                              "61",
                              "ff0f630161",
                              "ff0f5302ffff",
                              "ff0f5a1001",
                              "ff0f5a0100",
                              "ff0f5e00",
                              "ff0f6f",
                              "ff0f6f22016149027b02",
                              "ff0f6f5449027b01",
                              "ff0f6f22017b00",
                              "ff0f4102490224"
                              "0001",
                              "ff0f4101490224"
                              "0101",
                              "ff0f41ffffffff0f",
                              "ff0f61054003",
                              "ff0f3b49023a01",
                              "ff0f3b490249043a01",
                              "ff0f2749022c02",
                              "ff0f52220178"
                              "40",
                              "ff0f7200",
                              "ff0f724d2e",
                              "ff0f726d49022e",
                              "ff0f42ff",
                              "ff0f7e0401"
                              "61626364",
                              "ff0f4202616256420003"
                              "00",
                              "ff0f42026162"
                              "5657010100",
                              "ff0f42026162"
                              "567a000200",
                              "ff0f42026162"
                              "5642000201",
                              "ff0f7e0204"
                              "6162"
                              "5642000200",
                              "ff0f44",
                              "ff0f73"
                              "4902"}) {
        const auto value = decode_v8(bytes_of(bytes));
        ASSERT_FALSE(value) << bytes;
        EXPECT_EQ(value.error().code(), ErrorCode::serialization) << bytes;
    }
    for (const char* bytes : {"ff0c4902", "ff114902", "ff0f5c00", "ff0f7400", "ff0f7500",
                              "ff0f7000", "ff0f7700", "ff0f6d00"}) {
        EXPECT_EQ(decode_v8(bytes_of(bytes)).error().code(), ErrorCode::unsupported) << bytes;
    }
}

TEST(V8Codec, RefusesEveryPrefixOfAValue) {
    const std::string whole = bytes_of(
        "ff0f6f220161410549022d5a10010000000000000063022d4e420261625642000200240005220162"
        "7254"
        "6d22016d2e7b02");
    ASSERT_TRUE(decode_v8(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_v8(ByteView(whole).substr(0, size))) << size;
    }
}

TEST(V8Codec, RefusesToWriteWhatHasNoForm) {
    const JsValue buffer = JsArrayBuffer{"abcd", {}};
    for (const JsValue& value : std::vector<JsValue>{
             JsValue::hole(), "\xFF", "\xED\xA0\xBD\xED\xB8\x80", JsObject{{{"\xFF", 1}}},
             JsRegExp{"x", "gg"}, JsRegExp{"x", "l"}, JsBoxed{nullptr}, JsArrayBuffer{"abc", 2},
             JsView{JsViewKind::uint8, buffer, 1, 4, false},
             JsView{JsViewKind::uint8, buffer, 5, 0, false},
             JsView{JsViewKind::int16, buffer, 1, 2, false},
             JsView{JsViewKind::uint8, buffer, 0, 4, true},
             JsView{JsViewKind::uint8, 1, 0, 0, false}}) {
        EXPECT_EQ(encoding_error(value), ErrorCode::serialization);
    }
}

TEST(Value, IsPlainBytesUnlessSaidOtherwise) {
    const Value text = "hello";
    EXPECT_EQ(text.encoding(), ValueEncoding::bytes);
    EXPECT_EQ(*text.as_text(), "hello");
    EXPECT_EQ(*text.as_bytes(), ByteView("hello"));
    EXPECT_EQ(text.as_u64().error().code(), ErrorCode::type_mismatch);
    EXPECT_EQ(text.as_js().error().code(), ErrorCode::type_mismatch);
    EXPECT_EQ(Value(std::string("hello")), text);
    EXPECT_EQ(Value().as_bytes()->size(), 0U);
}

TEST(Value, CountersHaveEightBytesLowestFirst) {
    const Value counter = Value::u64(0x0102030405060708);
    EXPECT_EQ(hex(counter.data()), "0807060504030201");
    EXPECT_EQ(*counter.as_u64(), 0x0102030405060708U);
    EXPECT_EQ(*Value::u64(UINT64_MAX).as_u64(), UINT64_MAX);
    EXPECT_EQ(counter.as_text().error().code(), ErrorCode::type_mismatch);
    EXPECT_EQ(counter.as_bytes().error().code(), ErrorCode::type_mismatch);
    for (const char* bytes : {"1234567", "123456789", ""}) {
        const Value damaged(Bytes::copy(bytes), ValueEncoding::le64);
        EXPECT_EQ(damaged.as_u64().error().code(), ErrorCode::serialization);
    }
}

TEST(Value, GivesTheTextOfJavaScriptStrings) {
    EXPECT_EQ(*Value::js("gr\xC3\xBC\xC3\x9F")->as_text(), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(Value::js("\xED\xA0\x80")->as_text().error().code(), ErrorCode::serialization);
    EXPECT_EQ(Value::js(1)->as_text().error().code(), ErrorCode::type_mismatch);
    EXPECT_EQ(*Value::js(1)->as_js()->number(), 1);
    EXPECT_EQ(Value::v8(Bytes()).as_js().error().code(), ErrorCode::serialization);
}

TEST(Value, KnowsItsThreeEncodings) {
    for (const auto& [number, name] :
         std::vector<std::pair<int, std::string>>{{1, "v8"}, {2, "le64"}, {3, "bytes"}}) {
        EXPECT_EQ(to_string(*value_encoding_from(number)), name);
    }
    for (const int number : {-1, 0, 4, 257}) {
        EXPECT_EQ(value_encoding_from(number).error().code(), ErrorCode::serialization);
    }
}

TEST(Value, ArgumentsBorrow) {
    const Value value = Value::u64(1);
    EXPECT_EQ(ValueRef(value).data.data(), value.data().data());
    EXPECT_EQ(ValueRef(value).encoding, ValueEncoding::le64);
    const std::string text = "text";
    EXPECT_EQ(ValueRef(text).data.data(), text.data());
    EXPECT_EQ(ValueRef("x").encoding, ValueEncoding::bytes);
}

}  // namespace
