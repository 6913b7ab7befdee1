#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "turntable/kv/json.hpp"

// The codec against the real V8, in node: values that V8 wrote come back to V8 through our reader
// and writer, and through JSON, unchanged.
namespace {

namespace kv = turntable::kv;

struct Output {
    int status;
    std::string text;
};

Output run(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return {-1, ""};
    }
    std::string text;
    std::array<char, 4096> buffer;
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        text.append(buffer.data(), n);
    }
    return {::pclose(pipe), text};
}

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::string to_hex(turntable::ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        hex += digits[bytes[i] >> 4U];
        hex += digits[bytes[i] & 15U];
    }
    return hex;
}

class V8Interop : public testing::Test {
  protected:
    void SetUp() override {
        if (run("node --version 2>/dev/null").status != 0) {
            GTEST_SKIP() << "node is not installed";
        }
        folder_ =
            std::filesystem::temp_directory_path() / ("turntable-v8-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // Sends every value that node writes through `change` and lets node compare.
    template <class Change>
    void exchange(const Change& change) {
        const std::string script = std::string("node '") + EXCHANGE_SCRIPT + "' ";
        const Output written = run(script + "write");
        ASSERT_EQ(written.status, 0);
        std::istringstream lines(written.text);
        const std::string file = (folder_ / "values").string();
        std::ofstream back(file);
        for (std::string name, hex; lines >> name >> hex;) {
            SCOPED_TRACE(name);
            const turntable::Result<std::string> changed = change(from_hex(hex));
            ASSERT_TRUE(changed) << changed.error().to_string();
            back << name << ' ' << to_hex(*changed) << '\n';
        }
        back.close();
        const Output checked = run(script + "check '" + file + "'");
        EXPECT_EQ(checked.status, 0) << checked.text;
    }

    std::filesystem::path folder_;
};

TEST_F(V8Interop, ValuesOfV8ComeBackThroughReaderAndWriter) {
    exchange([](const std::string& bytes) -> turntable::Result<std::string> {
        TURNTABLE_TRY(const kv::JsValue value, kv::decode_v8(bytes));
        TURNTABLE_TRY(const turntable::Bytes encoded, kv::encode_v8(value));
        return encoded.to_string();
    });
}

TEST_F(V8Interop, ValuesOfV8ComeBackThroughJson) {
    exchange([](const std::string& bytes) -> turntable::Result<std::string> {
        TURNTABLE_TRY(const std::string json,
                      kv::to_json(kv::Value::v8(turntable::Bytes::copy(bytes))));
        TURNTABLE_TRY(const kv::Value value, kv::from_json(json));
        return value.data().to_string();
    });
}

}  // namespace
