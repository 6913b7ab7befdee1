#pragma once

#include <gtest/gtest.h>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.hpp"
#include "support/npm_program.hpp"
#include "support/open_sqlite.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temp_folder.hpp"

namespace turntable::test {

/// A test beside the real Deno, in a folder of its own; skipped where Deno is not installed.
class DenoTest : public testing::Test {
  protected:
    using Words = std::vector<std::string>;

    void SetUp() override {
        if (!std::filesystem::exists(deno())) {
            GTEST_SKIP() << "deno is not installed: npm install in tests/interop brings it";
        }
    }

    static std::string deno() { return npm_program("deno"); }
    Words command(const std::string& script, const Words& arguments) const {
        Words words = {deno(),      "run", "--quiet",       "--no-remote",
                       "--no-lock", "-A",  "--unstable-kv", INTEROP_FOLDER "/deno/" + script};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return words;
    }
    ChildProcess::Environment environment() const {
        return {{"DENO_DIR", folder_.file("deno_dir")},
                {"DENO_NO_UPDATE_CHECK", "1"},
                {"NO_COLOR", "1"}};
    }

    /// Runs a verb of peer.mjs on a file to its end; gives what it printed.
    std::string run_deno(const std::string& verb, const std::string& file,
                         const Words& more = {}) const {
        Words arguments = {verb, file};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto [status, output] = run_program(command("peer.mjs", arguments), environment());
        EXPECT_EQ(status, 0) << verb << ": " << output;
        return output;
    }
    /// Starts one to talk with.
    std::unique_ptr<ChildProcess> start_deno(const std::string& verb, const std::string& file,
                                             const Words& more = {}) const {
        Words arguments = {verb, file};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return std::make_unique<ChildProcess>(command("peer.mjs", arguments), environment());
    }

    std::string file(const std::string& name = "kv.sqlite3") const { return folder_.file(name); }

    TempFolder folder_;
};

/// Fails the test with the error; use as `auto db = must(open_sqlite(file()))`.
template <class T>
T must(Result<T> result) {
    if (!result) {
        ADD_FAILURE() << result.error().to_string();
        throw std::runtime_error(result.error().to_string());
    }
    return *std::move(result);
}

inline void must(const Result<void>& result) {
    if (!result) {
        ADD_FAILURE() << result.error().to_string();
    }
}

}  // namespace turntable::test
