#include "turntable/kv/json.hpp"

#include <gtest/gtest.h>
#include <limits>

#include "unit/kv_codec/literals.hpp"

namespace {

using namespace turntable::test;
using namespace turntable::kv;
using turntable::Bytes;
using turntable::ByteView;
using turntable::ErrorCode;

struct JsonCase {
    JsValue value;
    std::string json;
};

std::vector<JsonCase> json_cases() {
    const JsValue shared = JsObject{{{"x", 1}}};
    const JsValue buffer = JsArrayBuffer{std::string("\0\1\2\3", 4), {}};
    const JsValue hole = JsValue::hole();
    return {
        {nullptr, "null"},
        {true, "true"},
        {42, "42"},
        {-0.0, "-0.0"},
        {1.5, "1.5"},
        {1e300, "1e+300"},
        {4e9, "4000000000"},
        {-1e15, "-1000000000000000"},
        {9007199254740992.0, "9007199254740992"},
        {-infinity, R"({"$number":"-Infinity"})"},
        {"", R"("")"},
        {"a\"\\\n\x01\x7F\xC2\x85\xC3\xA4", R"("a\"\\\n\u0001\u007f\u0085ä")"},
        {"\xED\xA0\x80", R"({"$wtf8":"7aCA"})"},
        {JsValue(), R"({"$undefined":true})"},
        {BigInteger(-42), R"({"$bigint":"-42"})"},
        {JsDate{1234567890123}, R"({"$date":"2009-02-13T23:31:30.123Z"})"},
        {JsDate{-62167219200000}, R"({"$date":"0000-01-01T00:00:00.000Z"})"},
        {JsDate{253402300799999}, R"({"$date":"9999-12-31T23:59:59.999Z"})"},
        {JsDate{253402300800000}, R"({"$date":253402300800000})"},
        {JsDate{-1.5}, R"({"$date":-1.5})"},
        {JsDate{infinity}, R"({"$date":{"$number":"Infinity"}})"},
        {JsDate{std::numeric_limits<double>::quiet_NaN()}, R"({"$date":null})"},
        {JsArray{{1, hole, JsArray{}}, {}}, R"([1,{"$hole":true},[]])"},
        {JsArray{{1}, {{"x", 2}}}, R"({"$array":{"elements":[1],"properties":[["x",2]]}})"},
        {JsArray{{}, {{"7", 2}}, 9},
         R"({"$array":{"elements":[],"length":9,"properties":[["7",2]]}})"},
        {JsObject{{{"b", 1}, {"$a", 2}}}, R"({"b":1,"$a":2})"},
        {JsObject{{{"$bigint", "42"}}}, R"({"$object":[["$bigint","42"]]})"},
        {JsObject{{{"a", 1}, {"a", 2}}}, R"({"$object":[["a",1],["a",2]]})"},
        {JsObject{{{"\xED\xA0\x80", 1}}}, R"({"$object":[[{"$wtf8":"7aCA"},1]]})"},
        {JsMap{{{1, "one"}, {JsObject{}, JsSet{{2}}}}},
         R"({"$map":[[1,"one"],[{},{"$set":[2]}]]})"},
        {JsRegExp{"a/b", "gi"}, R"({"$regexp":["a/b","gi"]})"},
        {JsError{JsErrorKind::type, "m", "s", shared},
         R"({"$error":{"kind":"TypeError","message":"m","stack":"s","cause":{"x":1}}})"},
        {JsError{}, R"({"$error":{"kind":"Error"}})"},
        {JsArray{{js_uint8_array("ab"), buffer}, {}},
         R"([{"$bytes":"YWI="},{"$buffer":"AAECAw=="}])"},
        {js_uint8_array("ab"), R"({"$view":["Uint8Array",{"$buffer":"YWI="},0,2]})"},
        {JsArrayBuffer{"ab", 4}, R"({"$buffer":["YWI=",4]})"},
        {JsView{JsViewKind::uint8, JsArrayBuffer{"ab", 4}, 0, 2, true},
         R"({"$view":["Uint8Array",{"$buffer":["YWI=",4]},0,2,true]})"},
        {JsArray{{JsView{JsViewKind::int16, buffer, 2, 2, false}, buffer}, {}},
         R"([{"$view":["Int16Array",{"$buffer":"AAECAw=="},2,2]},{"$ref":1}])"},
        {JsBoxed{"s"}, R"({"$boxed":"s"})"},
        {JsArray{{shared, shared}, {}}, R"([{"x":1},{"$ref":1}])"},
    };
}

TEST(Json, SaysEveryValueAndReadsItBack) {
    for (const JsonCase& c : json_cases()) {
        SCOPED_TRACE(c.json);
        const auto value = Value::js(c.value);
        ASSERT_TRUE(value) << value.error().to_string();
        EXPECT_EQ(*to_json(*value), c.json);
        const auto back = from_json(c.json);
        ASSERT_TRUE(back) << back.error().to_string();
        EXPECT_EQ(*back, *value);
    }
}

TEST(Json, KeepsCycles) {
    const std::string json = R"({"self":{"$ref":0},"list":[{"$ref":1}]})";
    const auto value = from_json(json);
    ASSERT_TRUE(value);
    EXPECT_EQ(*to_json(*value), json);
    const auto js = value->as_js();
    EXPECT_EQ(js->as<JsObject>()->find("self")->node(), js->node());
}

TEST(Json, SaysPlainBytesAndCounters) {
    const std::vector<std::pair<Value, std::string>> cases{
        {"hello", R"({"$text":"hello"})"},
        {"", R"({"$text":""})"},
        {"\xFF", R"({"$bytes":"/w=="})"},
        {Value::u64(UINT64_MAX), R"({"$u64":"18446744073709551615"})"},
    };
    for (const auto& [value, json] : cases) {
        EXPECT_EQ(*to_json(value), json);
        EXPECT_EQ(*from_json(json), value);
    }
    EXPECT_EQ(*js_to_json(js_uint8_array("ab")), R"({"$bytes":"YWI="})");
    EXPECT_NE(js_from_json(R"({"$bytes":"YWI="})")->as<JsView>(), nullptr);
    EXPECT_FALSE(to_json(Value(Bytes::copy("short"), ValueEncoding::le64)));
    EXPECT_FALSE(to_json(Value::v8(Bytes())));
}

TEST(Json, ReadsWhatPeopleAndProgramsWrite) {
    EXPECT_EQ(*from_json(" \"\\ud83d\\ude00\" \n"), *Value::js("\xF0\x9F\x98\x80"));
    EXPECT_EQ(*from_json(R"({"$date":"1970-01-01T00:00:01Z"})"), *Value::js(JsDate{1000}));
    EXPECT_EQ(*from_json("12345678901234567000"), *Value::js(12345678901234567000.0));
    EXPECT_EQ(*from_json("1000000000000000000000"), *Value::js(1e21));
    EXPECT_EQ(*from_json("18446744073709551616"), *Value::js(18446744073709551616.0));
    EXPECT_EQ(*from_json("0.1"), *Value::js(0.1));
}

TEST(Json, RefusesWhatItCannotReadExactly) {
    for (const char* json : {"",
                             "{",
                             "[1,]",
                             "nul",
                             "1 2",
                             "\"\\ud800\"",
                             "\"\xFF\"",
                             "1e999",
                             R"({"a":1,"a":2})",
                             "9007199254740993",
                             "-9007199254740993",
                             "18446744073709551617",
                             R"({"$unknown":1})",
                             R"({"$bigint":42})",
                             R"({"$bigint":"4x"})",
                             R"({"$number":"1"})",
                             R"({"$hole":true})",
                             R"({"$undefined":false})",
                             R"({"$date":"2024-02-30T00:00:00Z"})",
                             R"({"$date":"2024-01-01T24:00:00Z"})",
                             R"({"$date":"2024-01-01"})",
                             R"({"$date":true})",
                             R"({"$map":[[1]]})",
                             R"({"$map":{}})",
                             R"({"$set":1})",
                             R"({"$regexp":["a"]})",
                             R"({"$regexp":["a","l"]})",
                             R"({"$error":{"message":"m"}})",
                             R"({"$error":{"kind":"Oops"}})",
                             R"({"$error":{"kind":"Error","x":1}})",
                             R"([{"$bytes":"YWI"}])",
                             R"({"$buffer":["YWI=",1]})",
                             R"({"$buffer":"YWJ="})",
                             R"({"$view":["Uint8Array",{"$buffer":"YWI="},1,2]})",
                             R"({"$boxed":null})",
                             R"({"$view":["Uint8Array",[],0,0]})",
                             R"({"$view":["Nope",{"$buffer":""},0,0]})",
                             R"({"$array":{"elements":1}})",
                             R"({"$array":{"length":-1}})",
                             R"({"$object":[[1,2]]})",
                             R"({"$wtf8":"/w=="})",
                             R"({"$ref":0})",
                             R"([{"$ref":5}])",
                             R"({"$u64":"-1"})",
                             R"({"$u64":"18446744073709551616"})",
                             R"([{"$u64":"1"}])",
                             R"([{"$text":"a"}])"}) {
        const auto value = from_json(json);
        ASSERT_FALSE(value) << json;
        EXPECT_EQ(value.error().code(), ErrorCode::serialization) << json;
    }
    EXPECT_NE(from_json("[1,]").error().message().find("position 4"), std::string::npos);
}

TEST(Json, FollowsNestingToItsLimit) {
    for (const std::size_t depth : {max_js_depth, max_js_depth + 1}) {
        const std::string json = std::string(depth, '[') + std::string(depth, ']');
        const auto value = from_json(json);
        EXPECT_EQ(value.has_value(), depth <= max_js_depth);
        if (value) {
            EXPECT_EQ(*to_json(*value), json);
        } else {
            EXPECT_EQ(value.error().code(), ErrorCode::limit_exceeded);
        }
    }
    EXPECT_EQ(from_json(std::string(1'000'000, '[')).error().code(), ErrorCode::limit_exceeded);
    std::string maps = "1";
    for (std::size_t i = 1; i < max_js_depth; ++i) {
        maps = R"({"$map":[[)" + maps + ",2]]}";
    }
    EXPECT_EQ(*to_json(*from_json(maps)), maps);
}

}  // namespace
