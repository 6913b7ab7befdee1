#include "turntable/tape/redaction.hpp"

#include <algorithm>

#include "turntable/core/base64.hpp"
#include "unit/tape/tapes.hpp"

// Secrets are taken out of every kind of record, and nothing else is changed.
namespace turntable::tape::test {
namespace {

Redactor redactor(std::vector<RedactRule> rules = {}, bool defaults = true, std::string key = "") {
    RedactorOptions options;
    options.rules = std::move(rules);
    options.defaults = defaults;
    options.key = std::move(key);
    auto made = Redactor::create(options);
    EXPECT_TRUE(made) << made.error().to_string();
    return *std::move(made);
}

struct Example {
    const char* name;
    std::string before;
    std::string after;
};

class Redaction : public testing::TestWithParam<Example> {};

TEST_P(Redaction, TakesOutTheSecretAndNothingElse) {
    Redactor by = redactor();
    Frame frame = frame_of(Direction::client_to_server, {}, GetParam().before);
    by.redact(frame);
    EXPECT_EQ(frame.payload.text(), GetParam().after);
    for (const RedactedSpan& span : frame.redacted) {
        const std::string_view instead = frame.payload.text().substr(span.offset, span.size);
        EXPECT_TRUE(instead == "null" || instead == "[redacted:" + span.rule + "]") << instead;
    }
    EXPECT_TRUE(by.scan(frame).empty()) << "it is found again";
    const Frame once = frame;
    by.redact(frame);
    EXPECT_EQ(frame, once) << "doing it twice changes something";
}

const std::string github = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

INSTANTIATE_TEST_SUITE_P(
    Texts, Redaction,
    testing::Values(
        Example{"key", R"({"user":"ada","password":"p1","x":[1]})",
                R"({"user":"ada","password":"[redacted:password]","x":[1]})"},
        Example{"spaces", "{ \"Password\" :\t\"p1\" }\r\n",
                "{ \"Password\" :\t\"[redacted:password]\" }\r\n"},
        Example{"key_with_escapes", R"({"pass\u0077ord":"p1"})",
                R"({"pass\u0077ord":"[redacted:password]"})"},
        Example{"number", R"({"secret":12345,"n":7})", R"({"secret":null,"n":7})"},
        Example{"array", R"({"access_token":["a1","b2"],"c":"d"})",
                R"({"access_token":["[redacted:token]","[redacted:token]"],"c":"d"})"},
        Example{"value_with_escapes", R"({"token":"a\"b\\"})", R"({"token":"[redacted:token]"})"},
        Example{"several_messages", "{\"token\":\"a\"}\n{\"token\":\"b\"}\n",
                "{\"token\":\"[redacted:token]\"}\n{\"token\":\"[redacted:token]\"}\n"},
        Example{"cut_message", R"({"a":{"token":"abc)", R"({"a":{"token":"[redacted:token])"},
        Example{"event_stream", "id: 1\ndata: {\"api_key\":\"k\"}\n\n",
                "id: 1\ndata: {\"api_key\":\"[redacted:api-key]\"}\n\n"},
        Example{"json_in_json", R"({"text":"{\"password\":\"p1\",\"a\":1}"})",
                R"({"text":"{\"password\":\"[redacted:password]\",\"a\":1}"})"},
        Example{"json_in_json_in_json", R"({"t":"{\"t\":\"{\\\"token\\\":\\\"x\\\"}\"}"})",
                R"({"t":"{\"t\":\"{\\\"token\\\":\\\"[redacted:token]\\\"}\"}"})"},
        Example{"github", "key is " + github + ", ok", "key is [redacted:github], ok"},
        Example{"spelled_with_escapes", R"({"a":"ghp\u005f0123456789abcdefghijABCDEFGHIJ012345"})",
                R"({"a":"[redacted:github]"})"},
        Example{"aws", "AKIAIOSFODNN7EXAMPLE\n", "[redacted:aws-key-id]\n"},
        Example{"jwt", "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x [redacted:jwt] y"},
        Example{"bearer", R"(Authorization: Bearer abcdef123456)",
                R"(Authorization: Bearer [redacted:bearer])"},
        Example{"url", R"(postgres://ada:hunter2@db/x)",
                R"(postgres://ada:[redacted:url-password]@db/x)"},
        Example{"pem",
                R"({"k":"-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n"})",
                R"({"k":"[redacted:private-key]\n"})"},
        Example{"assignment", "GITHUB_TOKEN=abc123 make", "GITHUB_TOKEN=[redacted:token] make"},
        Example{"query", "/x?a=1&api_key=s3cr3t&b=2", "/x?a=1&api_key=[redacted:api-key]&b=2"}),
    [](const auto& example) { return std::string(example.param.name); });

class NoSecret : public testing::TestWithParam<const char*> {};

TEST_P(NoSecret, IsLeftAlone) {
    Redactor by = redactor();
    Frame frame = frame_of(Direction::client_to_server, {}, GetParam());
    const Frame before = frame;
    by.redact(frame);
    EXPECT_EQ(frame, before);
    EXPECT_EQ(by.count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NoSecret,
    testing::Values(
        "", "plain", R"({"_meta":{"progressToken":7},"max_tokens":100,"tokens":5})",
        R"({"properties":{"password":{"type":"string","description":"the password"}},"required":["password"]})",
        R"({"token":"","secret":null,"password":true})", "a == b, x=1, if (token = next())",
        R"({"nextCursor":"abcdef"})", "https://example.org/a@b", "sk-short"));

TEST(TapeRedactor, KeepsEveryByteOfBinaryFramesAroundASecret) {
    Redactor by = redactor();
    const std::string before = std::string("\xFF\x00\xFE", 3) + github + std::string("\x00\xC3", 2);
    Frame frame = frame_of(Direction::server_to_client, {}, before);
    by.redact(frame);
    EXPECT_EQ(frame.payload.text(),
              std::string("\xFF\x00\xFE", 3) + "[redacted:github]" + std::string("\x00\xC3", 2));
}

TEST(TapeRedactor, EachActionDoesWhatItSays) {
    const std::string key(16, 'k');
    const auto with = [&](RedactAction action) {
        Redactor by = redactor({{"pin", RedactWhere::key, "pin", "", action, "****"}}, false, key);
        Frame frame = frame_of(Direction::client_to_server, {}, R"({"pin":"1234","n":1})");
        by.redact(frame);
        EXPECT_EQ(frame.redacted.size(), 1U);
        return frame.payload.to_string();
    };
    EXPECT_EQ(with(RedactAction::drop), R"({"pin":"","n":1})");
    EXPECT_EQ(with(RedactAction::mask), R"({"pin":"[redacted:pin]","n":1})");
    EXPECT_EQ(with(RedactAction::replace), R"({"pin":"****","n":1})");
    EXPECT_EQ(with(RedactAction::hash), R"({"pin":"[redacted:pin:a8a908c267920f36]","n":1})");
}

TEST(TapeRedactor, EqualSecretsStayEqualByTheKeyAndOnlyByIt) {
    const auto hashed = [](const std::string& key, const std::string& secret) {
        Redactor by = redactor({}, true, key);
        return by.redacted(R"({"token":")" + secret + "\"}");
    };
    const std::string one(16, '1');
    const std::string two(16, '2');
    EXPECT_EQ(hashed(one, "abc"), hashed(one, "abc"));
    EXPECT_EQ(hashed(one, "abc"), hashed(one, R"(\u0061bc)")) << "however it is spelled";
    EXPECT_NE(hashed(one, "abc"), hashed(one, "abd"));
    EXPECT_NE(hashed(one, "abc"), hashed(two, "abc"));
}

TEST(TapeRedactor, HashingNeedsAKey) {
    RedactorOptions options;
    options.key = std::string(15, 'k');
    EXPECT_EQ(Redactor::create(options).error().code(), ErrorCode::invalid_argument);
    options.key += 'k';
    EXPECT_TRUE(Redactor::create(options));
    EXPECT_EQ(new_redaction_key(*Runtime::shared()).size(), 32U);
    EXPECT_NE(new_redaction_key(*Runtime::shared()), new_redaction_key(*Runtime::shared()));
}

TEST(TapeRedactor, WrongRulesAreNamed) {
    for (const RedactRule& rule :
         {RedactRule{"Big", RedactWhere::key, "a", "", {}, ""},
          RedactRule{"x", RedactWhere::key, "", "", {}, ""},
          RedactRule{"x", RedactWhere::value, "(", "", {}, ""},
          RedactRule{"x", RedactWhere::value, R"((a)\1)", "", {}, ""},
          RedactRule{"x", RedactWhere::pointer, "a/b", "", {}, ""},
          RedactRule{"x", RedactWhere::pointer, "/a~2", "", {}, ""},
          RedactRule{"x", RedactWhere::parameter, "/a", "", {}, ""},
          RedactRule{"x", RedactWhere::key, "a", "", RedactAction::replace, "a\"b"}}) {
        const auto made = Redactor::create({.rules = {rule}});
        ASSERT_FALSE(made) << rule.pattern;
        EXPECT_EQ(made.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(made.error().context().at(0).second, rule.name);
    }
}

TEST(TapeRedactor, PointersAndParametersReachWhatTheyName) {
    Redactor by = redactor(
        {{"p", RedactWhere::pointer, "/result/*/pin", "", RedactAction::mask, ""},
         {"q", RedactWhere::parameter, "/arguments/body", "tools/*", RedactAction::mask, ""}},
        false);
    EXPECT_EQ(by.redacted(R"({"result":[{"pin":"1"},{"pin":"2","x":"3"}],"pin":"4"})"),
              R"({"result":[{"pin":"[redacted:p]"},{"pin":"[redacted:p]","x":"3"}],"pin":"4"})");
    EXPECT_EQ(
        by.redacted(
            R"({"params":{"arguments":{"body":{"a":["x",1]},"c":"y"}},"method":"tools/call"})"),
        R"({"params":{"arguments":{"body":{"a":["[redacted:q]",null]},"c":"y"}},"method":"tools/call"})");
    const std::string other = R"({"method":"prompts/get","params":{"arguments":{"body":"x"}}})";
    EXPECT_EQ(by.redacted(other), other);
    EXPECT_EQ(by.redacted(R"([{"method":"a","params":{"arguments":{"body":"x"}}},)"
                          R"({"method":"tools/call","params":{"arguments":{"body":"x"}}}])"),
              R"([{"method":"a","params":{"arguments":{"body":"x"}}},)"
              R"({"method":"tools/call","params":{"arguments":{"body":"[redacted:q]"}}}])");
}

TEST(TapeRedactor, HeadersAreMatchedByName) {
    Redactor by = redactor({{"gone", RedactWhere::header, "x-gone", "", RedactAction::drop, ""}});
    Http http;
    http.target = "/mcp?token=abcdef";
    http.headers = {{"Authorization", "Bearer x"},
                    {"Accept", "a"},
                    {"X-Gone", "y"},
                    {"Set-Cookie", "sid=1"},
                    {"X-Api-Key", "k"}};
    by.redact(http);
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"Authorization", "[redacted:authorization]"},
        {"Accept", "a"},
        {"Set-Cookie", "[redacted:cookie]"},
        {"X-Api-Key", "[redacted:api-key]"}};
    EXPECT_EQ(http.headers, expected);
    EXPECT_EQ(http.target, "/mcp?token=[redacted:token]");
}

TEST(TapeRedactor, SpansThatWereThereBeforeMoveAlong) {
    Redactor first = redactor({{"a", RedactWhere::key, "a", "", RedactAction::drop, ""},
                               {"b", RedactWhere::key, "b", "", RedactAction::mask, ""}},
                              false);
    Redactor second = redactor({{"c", RedactWhere::key, "c", "", RedactAction::mask, ""}}, false);
    Frame frame = frame_of(Direction::client_to_server, {}, R"({"c":"1","b":"2","c":"3","a":"4"})");
    first.redact(frame);
    second.redact(frame);
    EXPECT_EQ(frame.payload.text(),
              R"({"c":"[redacted:c]","b":"[redacted:b]","c":"[redacted:c]","a":""})");
    ASSERT_EQ(frame.redacted.size(), 4U);
    const std::vector<std::string> rules = {"c", "b", "c", "a"};
    for (std::size_t i = 0; i < 4; ++i) {
        const RedactedSpan& span = frame.redacted[i];
        EXPECT_EQ(span.rule, rules[i]);
        EXPECT_EQ(frame.payload.text().substr(span.offset, span.size),
                  span.rule == "a" ? "" : "[redacted:" + span.rule + "]");
    }
}

/// The text, and all that can be read when it is taken for base64 at any place.
void expect_nothing_of(const std::string& secret, const std::string& stored) {
    EXPECT_EQ(stored.find(secret), std::string::npos);
    for (const Base64 form : {Base64::standard, Base64::url}) {
        std::string characters;
        for (const char c : stored) {
            const bool ours = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                              (c >= '0' && c <= '9') ||
                              (form == Base64::url ? c == '-' || c == '_' : c == '+' || c == '/');
            if (ours) {
                characters += c;
                continue;
            }
            for (std::size_t begin = 0; begin < 4 && begin < characters.size(); ++begin) {
                std::string run = characters.substr(begin);
                run.resize(run.size() / 4 * 4);
                const auto bytes = from_base64(run, form);
                EXPECT_EQ(bytes.value_or("").find(secret), std::string::npos) << run;
            }
            characters.clear();
        }
    }
}

class Canary : public testing::TestWithParam<Compression> {};

TEST_P(Canary, IsInNoByteOfATape) {
    const std::vector<std::string> canaries = {"CANARY-arg-1f93a", "canary/env+2b71\"x",
                                               "Canary.parameter.88", "canary-known-0042"};
    Redactor by = redactor({}, true, std::string(32, 'k'));
    by.learn(canaries[3]);
    by.learn_environment({{"HOME", "/root"}, {"SERVICE_API_KEY", canaries[1]}});
    Head head = small_head();
    head.command = {"server",
                    "--token",
                    canaries[0],
                    "--root",
                    "/srv",
                    "--api-key=" + canaries[2],
                    "MY_SECRET=" + canaries[1]};
    head.endpoint = "http://ada:" + canaries[3] + "@host/";
    head.attributes = {{"password", canaries[0]}, {"note", "with " + canaries[3]}};
    by.redact(head);
    EXPECT_EQ(head.command[3], "--root");
    EXPECT_EQ(head.command[4], "/srv");
    std::string text;
    Writer writer = Writer::create(sink_to(text), head, {.compression = GetParam()}).value();
    const auto record = [&](Record given) {
        by.redact(given);
        EXPECT_TRUE(by.scan(given).empty());
        ASSERT_TRUE(writer.append(given));
    };
    for (const std::string& canary : canaries) {
        for (std::size_t before = 0; before < 3; ++before) {
            const std::string inside = std::string(before, '.') + canary + "..";
            record(
                frame_of(Direction::server_to_client, {}, R"({"a":")" + to_base64(inside) + "\"}"));
            record(frame_of(Direction::server_to_client, {}, to_base64(inside, Base64::url)));
            record(frame_of(Direction::server_to_client, {}, "it is" + inside + "\xFF"));
        }
        std::string quoted;
        for (const char c : canary) {
            quoted += c == '"' ? "\\\"" : c == '/' ? "\\/" : std::string(1, c);
        }
        record(frame_of(
            Direction::client_to_server, {},
            R"({"method":"tools/call","params":{"arguments":{"q":")" + quoted + "\"}}}\n"));
        record(frame_of(Direction::server_aside, {}, "error: " + canary + " is wrong\n"));
        record(Http{{}, 1, 0, "open", "GET", "/?q=" + canary, 0, {{"x-other", canary}}, ""});
        record(Life{{}, "error", 1, "because of " + canary, 0, ""});
        record(Note{{}, canary, 0, ""});
        record(Gap{{}, 1, 1, canary, ""});
    }
    ASSERT_TRUE(writer.end({}));
    std::string plain;
    ASSERT_TRUE(convert(source_of(text), sink_to(plain), {}));
    for (const std::string& canary : canaries) {
        expect_nothing_of(canary, text);
        expect_nothing_of(canary, plain);
    }
    EXPECT_EQ(plain.find(std::string(32, 'k')), std::string::npos) << "the key";
}

INSTANTIATE_TEST_SUITE_P(Forms, Canary, testing::ValuesIn(forms()), name_of);

TEST(TapeRedactor, WhatARuleFoundIsLookedForEverywhereLater) {
    Redactor by = redactor();
    (void)by.redacted(R"({"password":"s3cret-value"})");
    EXPECT_EQ(by.redacted("you typed s3cret-value"), "you typed [redacted:known]");
    (void)by.redacted(R"({"password":"password"})");
    EXPECT_EQ(by.redacted("the password is"), "the password is") << "a plain word";
    RedactorOptions options;
    options.remember = false;
    Redactor forgets = Redactor::create(options).value();
    (void)forgets.redacted(R"({"password":"s3cret-value"})");
    EXPECT_EQ(forgets.redacted("you typed s3cret-value"), "you typed s3cret-value");
}

TEST(TapeRedactor, ScanSaysWhereAndNeverWhat) {
    Redactor by = redactor();
    const auto found = by.scan(frame_of(Direction::client_to_server, {}, R"({"token":"abc"})"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], (RedactFinding{"token", "payload", 10, 3}));
    Head head = small_head();
    head.command = {"server", "--token=abc1"};
    ASSERT_EQ(by.scan(head).size(), 1U);
    EXPECT_EQ(by.scan(head)[0], (RedactFinding{"argument", "command", 1, 1}));
}

TEST(TapeRedactor, ThePolicyNamesTheRulesAndNotTheKey) {
    const std::string first = redactor({}, true, std::string(16, 'a')).policy();
    EXPECT_EQ(first, redactor({}, true, std::string(16, 'b')).policy());
    EXPECT_TRUE(first.starts_with("default-"));
    EXPECT_NE(
        first,
        redactor({{"x", RedactWhere::key, "x", "", {}, ""}}, true, std::string(16, 'a')).policy());
}

}  // namespace
}  // namespace turntable::tape::test
