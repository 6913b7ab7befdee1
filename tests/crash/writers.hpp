#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "crash/content.hpp"
#include "crash/rounds.hpp"
#include "support/child_process.hpp"

/// \file
/// A process that writes is killed; the database is opened again and must hold every write that was
/// acknowledged, and of the others each one whole or not at all.
namespace turntable::test {

inline constexpr int writers = 3;
inline constexpr std::uint64_t seed = 1;

/// What a writer was told: the versionstamp of each write, by number.
using Acknowledged = std::map<int, std::vector<kv::Versionstamp>>;

inline std::vector<std::string> writer_command(const std::string& url, int first, int count,
                                               long kill_at_call) {
    return {CRASH_WRITER,          url,
            std::to_string(seed),  std::to_string(first),
            std::to_string(count), std::to_string(kill_at_call)};
}

inline void read_acknowledged(const std::string& line, Acknowledged& acknowledged) {
    std::istringstream words(line);
    int writer = 0;
    std::size_t number = 0;
    std::string stamp;
    words >> writer >> number >> stamp;
    const auto parsed = kv::Versionstamp::parse(stamp);
    ASSERT_TRUE(parsed) << line;
    ASSERT_EQ(acknowledged[writer].size(), number);
    acknowledged[writer].push_back(*parsed);
}

/// One writer's part of a database that was opened again. Gives how many of its writes are there.
class WriterCheck {
  public:
    WriterCheck(const kv::Database& db, int writer, std::vector<kv::Versionstamp> acknowledged)
        : db_(db), writer_(writer), acknowledged_(std::move(acknowledged)) {}

    int run() {
        int number = 0;
        kv::Versionstamp last;
        while (const auto stamp = stamp_of(number)) {
            EXPECT_GT(*stamp, last) << name(number);
            last = *stamp;
            ++number;
        }
        const int told = static_cast<int>(acknowledged_.size());
        EXPECT_GE(number, told) << "writer " << writer_ << " lost acknowledged writes";
        EXPECT_LE(number, told + 1) << "writer " << writer_;
        EXPECT_EQ(*db_.count(kv::prefix({"w", writer_})), parts_);
        const auto counter = db_.get(Written{seed, writer_, 0}.counter());
        EXPECT_TRUE(counter);
        EXPECT_EQ(counter && *counter ? *(*counter)->value.as_u64() : 0U,
                  static_cast<unsigned>(number));
        EXPECT_EQ(*db_.count(kv::prefix({"place", writer_})), number == 0 ? 0U : 1U);
        EXPECT_TRUE(number == 0 || *db_.get(Written{seed, writer_, number - 1}.place()));
        return number;
    }

  private:
    std::string name(int number) const {
        return "writer " + std::to_string(writer_) + " write " + std::to_string(number);
    }

    /// None: the write is not there.
    std::optional<kv::Versionstamp> stamp_of(int number) {
        const Written written{seed, writer_, number};
        std::optional<kv::Versionstamp> stamp;
        for (int part = 0; part < written.parts(); ++part) {
            const auto entry = db_.get(written.key(part));
            EXPECT_TRUE(entry) << entry.error().to_string();
            EXPECT_EQ(part == 0 || stamp.has_value(), part == 0 || (entry && *entry))
                << name(number) << " is there in parts";
            if (!entry || !*entry) {
                continue;
            }
            EXPECT_EQ(*(*entry)->value.as_text(), written.value(part)) << name(number);
            EXPECT_TRUE(!stamp || *stamp == (*entry)->versionstamp) << name(number);
            stamp = (*entry)->versionstamp;
            ++parts_;
        }
        const auto index = static_cast<std::size_t>(number);
        if (stamp && index < acknowledged_.size()) {
            EXPECT_EQ(*stamp, acknowledged_[index]) << name(number);
        }
        return stamp;
    }

    const kv::Database& db_;
    int writer_;
    std::vector<kv::Versionstamp> acknowledged_;
    std::uint64_t parts_ = 0;
};

/// Lets writers write until something kills them, from outside or from within.
inline void run_writers(const std::string& url, int first, std::uint64_t random,
                        Acknowledged& acknowledged) {
    const bool from_within = random % 2 == 1;
    const long call = from_within ? static_cast<long>(1 + random / 2 % 3000) : 0;
    const auto enough = static_cast<std::size_t>(1 + random / 2 % 150);
    ChildProcess child(writer_command(url, first, writers, call));
    std::size_t told = 0;
    for (int writer = first; writer < first + writers; ++writer) {
        acknowledged[writer];
    }
    while (const auto line = child.read_line()) {
        read_acknowledged(*line, acknowledged);
        ++told;
        if (!from_within && told == enough) {
            child.kill();
        }
    }
    EXPECT_EQ(child.wait(), -SIGKILL);
    std::cout << (from_within ? "killed itself at call " + std::to_string(call)
                              : "killed after " + std::to_string(enough))
              << ": " << told << " acknowledged\n";
}

/// Checks what all writers so far have written. Gives the messages that must wait in the queue.
inline std::set<std::string> check_writes(const kv::Database& db,
                                          const Acknowledged& acknowledged) {
    std::uint64_t total = 0;
    std::set<std::string> messages;
    for (const auto& [writer, stamps] : acknowledged) {
        const int count = WriterCheck(db, writer, stamps).run();
        total += static_cast<std::uint64_t>(count);
        for (int number = 0; number < count; ++number) {
            const Written written{seed, writer, number};
            if (written.has_message()) {
                messages.insert(written.message());
            }
        }
    }
    const auto counted = db.get("total");
    EXPECT_TRUE(counted);
    EXPECT_EQ(counted && *counted ? *(*counted)->value.as_u64() : 0U, total);
    return messages;
}

/// Later commits are later.
inline void check_next_write(const kv::Database& db, const Acknowledged& acknowledged) {
    const auto next = db.set("after", "x");
    ASSERT_TRUE(next) << next.error().to_string();
    for (const auto& [writer, stamps] : acknowledged) {
        EXPECT_TRUE(stamps.empty() || stamps.back() < *next);
    }
}

}  // namespace turntable::test
