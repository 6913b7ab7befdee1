#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "support/temp_folder.hpp"
#include "turntable/kv.hpp"

/// \file
/// A disk that is really full.
namespace turntable::test {

inline bool write_text(const char* path, const std::string& text) {
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

/// Enters a mount namespace of its own, so that nothing is left mounted whatever happens: as root,
/// else as root of a user namespace. Gives why it could not.
inline std::string enter_own_namespace() {
    const std::string user = std::to_string(::getuid());
    const std::string group = std::to_string(::getgid());
    if (::unshare(CLONE_NEWNS) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return std::string("no mount namespace: ") + std::strerror(errno);
        }
        if (!write_text("/proc/self/setgroups", "deny") ||
            !write_text("/proc/self/uid_map", "0 " + user + " 1") ||
            !write_text("/proc/self/gid_map", "0 " + group + " 1")) {
            return "no root in a user namespace";
        }
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return std::string("no private mounts: ") + std::strerror(errno);
    }
    return "";
}

/// A file system of 2 MiB in memory.
class SmallDisk : public testing::Test {
  protected:
    static constexpr std::size_t ballast_bytes = 512 * 1024;

    void SetUp() override {
        static const std::string no_namespace = enter_own_namespace();
        if (!no_namespace.empty()) {
            GTEST_SKIP() << "cannot mount a small disk: " << no_namespace;
        }
        disk_ = folder_.file("disk");
        ASSERT_EQ(::mkdir(disk_.c_str(), 0755), 0);
        if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=2m,mode=755") != 0) {
            GTEST_SKIP() << "cannot mount a small disk: " << std::strerror(errno);
        }
        mounted_ = true;
        fill_ballast();
    }
    void TearDown() override {
        if (mounted_) {
            EXPECT_EQ(::umount2(disk_.c_str(), MNT_DETACH), 0);
        }
    }

    /// Space that a test frees later.
    void fill_ballast() const {
        std::ofstream(disk_ + "/ballast") << std::string(ballast_bytes, 'b');
    }
    void free_ballast() const { ASSERT_EQ(::unlink((disk_ + "/ballast").c_str()), 0); }
    std::string file(const std::string& name) const { return disk_ + "/" + name; }

    static std::string value_of(int number) {
        return std::to_string(number) + std::string(5000, static_cast<char>('a' + number % 26));
    }
    /// Writes until it fails; gives how many writes were acknowledged.
    static int write_until_full(const kv::Database& db, int first = 0) {
        constexpr int writes_max = 5000;
        for (int number = first; number < writes_max; ++number) {
            auto write = db.atomic();
            write.set({"n", number}, value_of(number)).set({"m", number}, "other part");
            const auto result = write.commit();
            if (!result) {
                EXPECT_EQ(result.error().code(), ErrorCode::no_space) << result.error().to_string();
                return number;
            }
        }
        ADD_FAILURE() << "the disk did not fill up";
        return writes_max;
    }
    /// Exactly the first `count` writes are there, each one whole.
    static void expect_entries(const kv::Database& db, int count) {
        for (int number = 0; number < count; ++number) {
            const auto entry = db.get({"n", number});
            ASSERT_TRUE(entry && *entry) << number;
            ASSERT_EQ(*(*entry)->value.as_text(), value_of(number));
        }
        EXPECT_EQ(*db.count(kv::prefix("n")), static_cast<unsigned>(count));
        EXPECT_EQ(*db.count(kv::prefix("m")), static_cast<unsigned>(count));
    }

    TempFolder folder_;
    std::string disk_;
    bool mounted_ = false;
};

}  // namespace turntable::test
