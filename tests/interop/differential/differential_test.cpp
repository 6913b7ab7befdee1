#include <gmock/gmock.h>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "interop/deno/peer.hpp"
#include "interop/differential/differences.hpp"
#include "interop/differential/generator.hpp"
#include "turntable/kv/js_value.hpp"
#include "turntable/kv/json.hpp"

// The same operations on Deno's store and on ours: every outcome and the files at the end.
namespace turntable::test {
namespace {

/// Numbers of commits by versionstamp, of one side.
using Names = std::map<std::uint64_t, std::size_t>;

struct Step {
    Operation operation;
    Outcome ours;
};

class Differential : public DenoTest {
  protected:
    void SetUp() override {
        DenoTest::SetUp();
        if (!IsSkipped()) {
            executor_.emplace(must(open_sqlite(file("ours"), "?profile=deno")), pool_);
        }
    }

    void execute(const Operation& operation) {
        steps_.push_back({operation, executor_->execute(operation, steps_.size())});
    }

    /// Deno applies the mutations before the one that fails; from then on the files differ. Such a
    /// write left nothing here, so it may as well not have been.
    bool would_be_half_applied() const {
        const Step& last = steps_.back();
        return last.operation.mutations.size() > 1 && last.ours.error &&
               *last.ours.error != ErrorCode::limit_exceeded;
    }

    std::vector<std::string> outcomes_of_deno() {
        std::ofstream operations(file("operations"));
        operations << pool_.json() << '\n';
        for (const Step& step : steps_) {
            operations << step.operation.json() << '\n';
        }
        operations.close();
        Words words =
            command("../differential/run.mjs", {file("deno"), file("operations"), file("commits")});
        auto [status, output] = run_program(words, environment());
        EXPECT_EQ(status, 0) << output;
        std::istringstream lines(output);
        std::vector<std::string> outcomes;
        for (std::string line; std::getline(lines, line);) {
            outcomes.push_back(line);
        }
        std::ifstream commits(file("commits"));
        std::size_t number = 0;
        for (std::string stamp; commits >> number >> stamp;) {
            deno_names_[must(kv::Versionstamp::parse(stamp)).version()] = number;
        }
        return outcomes;
    }

    void compare(const std::vector<std::string>& deno) {
        ASSERT_EQ(deno.size(), steps_.size());
        int failures = 0;
        for (std::size_t i = 0; i < steps_.size() && failures < 20; ++i) {
            failures += compare_step(i, deno[i]) ? 0 : 1;
        }
        for (const auto& [name, count] : differences_seen_) {
            std::cout << "intended difference, " << count << " times: " << name << '\n';
        }
    }

    bool compare_step(std::size_t number, const std::string& deno) {
        const auto& [operation, ours] = steps_[number];
        const bool both_fail = deno.starts_with("error ") && ours.error;
        if (both_fail ? code_of_deno(deno) == ours.error : deno == ours.text) {
            return true;
        }
        if (const auto name = intended_difference(operation, pool_, deno, ours)) {
            ++differences_seen_[*name];
            return true;
        }
        ADD_FAILURE() << "operation " << number << ": " << operation.json().substr(0, 600)
                      << "\n  deno: " << deno.substr(0, 1000)
                      << "\n  ours: " << ours.text.substr(0, 1000) << ' ' << ours.detail;
        return false;
    }

    /// The rows of a file in words that do not depend on which side wrote them.
    static std::vector<std::string> entries(const std::string& name, const Names& names) {
        std::vector<std::string> out;
        for (const SqliteRow& row :
             sqlite_rows(name,
                         "select k, v, v_encoding, version, seq, expiration_ms <> -1, "
                         "expiration_ms - 1000 * unixepoch() between 85000000 and 87000000 "
                         "from kv order by k")) {
            const auto encoding = must(kv::value_encoding_from(std::stoll(row[2])));
            const kv::Value value(Bytes::copy(row[1]), encoding);
            const auto commit = names.find(std::stoull(row[3]));
            out.push_back(kv::print_key(row[0]).substr(0, 100) + " = " + value_text(value) +
                          " by " + (commit == names.end() ? "?" : std::to_string(commit->second)) +
                          " seq " + row[4] + " expires " + row[5] + row[6]);
        }
        return out;
    }

    static std::vector<std::string> messages(const std::string& name) {
        std::vector<std::string> out;
        for (const SqliteRow& row :
             sqlite_rows(name,
                         "select data, backoff_schedule, keys_if_undelivered, "
                         "typeof(keys_if_undelivered), length(id), "
                         "(ts - 1000 * unixepoch()) / 86000000, id like '%-4%' from queue")) {
            const std::string payload = value_text(kv::Value::v8(Bytes::copy(row[0])));
            if (payload == "js:" + std::string(only_in_deno)) {
                continue;
            }
            out.push_back(payload + row[1] + row[2] + row[3] + row[4] + " in days " + row[5] +
                          row[6]);
        }
        std::ranges::sort(out);
        return out;
    }

    void compare_files() {
        Names ours;
        for (const SqliteRow& row : sqlite_rows(file("ours"), "select distinct version from kv")) {
            const std::uint64_t version = std::stoull(row[0]);
            const std::string name = executor_->name_of(kv::Versionstamp::from_version(version));
            if (name != "?") {
                ours[version] = std::stoull(name);
            }
        }
        EXPECT_EQ(entries(file("ours"), ours), entries(file("deno"), deno_names_));
        EXPECT_EQ(messages(file("ours")), messages(file("deno")));
        EXPECT_EQ(sqlite_rows(file("ours"), "pragma integrity_check"),
                  std::vector<SqliteRow>{{"ok"}});
    }

    KeyPool pool_;
    std::optional<Executor> executor_;
    std::vector<Step> steps_;
    Names deno_names_;
    std::map<std::string, int> differences_seen_;
};

std::size_t operations_asked() {
    const char* text = std::getenv("TURNTABLE_DIFFERENTIAL_OPERATIONS");
    return text == nullptr ? 3000 : std::stoull(text);
}

std::uint64_t seed_asked() {
    const char* text = std::getenv("TURNTABLE_DIFFERENTIAL_SEED");
    return text == nullptr ? 20240131 : std::stoull(text);
}

TEST_F(Differential, RandomOperationsGiveTheSameInDeno) {
    const std::uint64_t seed = seed_asked();
    SCOPED_TRACE("TURNTABLE_DIFFERENTIAL_SEED=" + std::to_string(seed));
    Generator generator(seed, pool_, *executor_);
    while (steps_.size() < operations_asked()) {
        execute(generator.next(steps_.size()));
        if (would_be_half_applied()) {
            steps_.pop_back();
        } else if (steps_.back().operation.kind == OperationKind::list) {
            generator.saw_cursor(steps_.back().operation, steps_.back().ours.cursor);
        }
    }
    compare(outcomes_of_deno());
    compare_files();
}

TEST_F(Differential, BothSidesOfEveryLimitAndRuleGiveTheSameInDeno) {
    for (const Operation& operation : edge_operations(pool_)) {
        execute(operation);
    }
    compare(outcomes_of_deno());
    compare_files();
}

// What makes up for the outcomes that the random operations avoid: here the two differ on purpose.

TEST_F(Differential, DenoLeavesHalfAWriteThatFailsAndWeLeaveNothing) {
    const Datum text{Datum::Kind::js, "\"text\"", 0};
    const Datum one{Datum::Kind::u64, "1", 0};
    execute({.kind = OperationKind::set, .keys = {0}, .data = text});
    execute({.kind = OperationKind::atomic,
             .mutations = {{"set", 1, text, {}}, {"sum", 0, one, {}}, {"set", 2, text, {}}},
             .enqueues = {{.payload = text, .delay_ms = 86'400'000}}});
    execute({.kind = OperationKind::get_many, .keys = {0, 1, 2}});
    const std::vector<std::string> deno = outcomes_of_deno();
    ASSERT_EQ(deno.size(), 3U);
    EXPECT_EQ(code_of_deno(deno[1]), ErrorCode::type_mismatch);
    EXPECT_EQ(steps_[1].ours.error, ErrorCode::type_mismatch);
    EXPECT_EQ(deno[2], "js:\"text\"@0;js:\"text\"@?;none;");
    EXPECT_EQ(steps_[2].ours.text, "js:\"text\"@0;none;none;");
    EXPECT_TRUE(messages(file("ours")).empty());
}

TEST_F(Differential, DenoShowsWhatHasExpiredUntilItIsCollectedAndWeDoNot) {
    const Datum text{Datum::Kind::js, "\"text\"", 0};
    execute({.kind = OperationKind::set, .keys = {0}, .data = text, .expire_in_ms = 0});
    execute({.kind = OperationKind::get, .keys = {0}});
    const std::vector<std::string> deno = outcomes_of_deno();
    ASSERT_EQ(deno.size(), 2U);
    EXPECT_EQ(deno[1], "js:\"text\"@0");
    EXPECT_EQ(steps_[1].ours.text, "none");
}

TEST_F(Differential, DenoSaysThatAWriteWasRefusedAndWeSayByWhichChecks) {
    const Datum text{Datum::Kind::js, "\"text\"", 0};
    execute({.kind = OperationKind::set, .keys = {0}, .data = text});
    execute({.kind = OperationKind::atomic, .checks = {{0, 0}, {1, 0}, {2, {}}, {0, {}}}});
    EXPECT_EQ(outcomes_of_deno(), (std::vector<std::string>{"committed", "refused"}));
    EXPECT_EQ(steps_[1].ours.text, "refused");
    EXPECT_EQ(steps_[1].ours.detail, "checks 1 3");
}

}  // namespace
}  // namespace turntable::test
