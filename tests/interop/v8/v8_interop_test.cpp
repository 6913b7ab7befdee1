#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/child_process.hpp"
#include "support/npm_program.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/sha256.hpp"
#include "turntable/kv/json.hpp"

// The codec against the real V8, in Node: values that V8 wrote come back to V8 through our reader
// and writer, and through JSON, unchanged.
namespace turntable::test {
namespace {

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

class V8Interop : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::filesystem::exists(node_)) {
            GTEST_SKIP() << "node is not installed: npm install in tests/interop brings it";
        }
    }

    // Sends every value that Node writes through `change` and lets Node compare.
    template <class Change>
    void exchange(const Change& change) {
        const std::string script = INTEROP_FOLDER "/v8/exchange.mjs";
        const auto [status, values] = run_program({node_, script, "write"});
        ASSERT_EQ(status, 0) << values;
        std::istringstream lines(values);
        std::ofstream back(folder_.file("values"));
        for (std::string name, hex; lines >> name >> hex;) {
            SCOPED_TRACE(name);
            const Result<std::string> changed = change(from_hex(hex));
            ASSERT_TRUE(changed) << changed.error().to_string();
            back << name << ' ' << to_hex(*changed) << '\n';
        }
        back.close();
        const auto [equal, told] = run_program({node_, script, "check", folder_.file("values")});
        EXPECT_EQ(equal, 0) << told;
    }

    const std::string node_ = npm_program("node");
    TempFolder folder_;
};

TEST_F(V8Interop, ValuesOfV8ComeBackThroughReaderAndWriter) {
    exchange([](const std::string& bytes) -> Result<std::string> {
        TURNTABLE_TRY(const kv::JsValue value, kv::decode_v8(bytes));
        TURNTABLE_TRY(const Bytes encoded, kv::encode_v8(value));
        return encoded.to_string();
    });
}

TEST_F(V8Interop, ValuesOfV8ComeBackThroughJson) {
    exchange([](const std::string& bytes) -> Result<std::string> {
        TURNTABLE_TRY(const std::string json, kv::to_json(kv::Value::v8(Bytes::copy(bytes))));
        TURNTABLE_TRY(const kv::Value value, kv::from_json(json));
        return value.data().to_string();
    });
}

}  // namespace
}  // namespace turntable::test
