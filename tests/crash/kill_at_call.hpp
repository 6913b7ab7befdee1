#pragma once

/// \file
/// A process that kills itself at a call of SQLite into the system that changes a file.
/// Purpose: programs that crash tests start. Ownership: none. Threads: once, before others.
/// Errors: none.

#include <signal.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>

namespace turntable::test {

namespace detail {

inline std::atomic<long> calls_left{0};

inline void count_call() {
    if (calls_left.fetch_sub(1) == 1) {
        ::kill(::getpid(), SIGKILL);
    }
}

template <class... Arguments>
using SystemCall = int (*)(Arguments...);

inline ssize_t (*real_pwrite)(int, const void*, size_t, off_t);
inline SystemCall<int, off_t> real_ftruncate;
inline SystemCall<const char*> real_unlink;

inline ssize_t counted_pwrite(int file, const void* from, size_t size, off_t at) {
    count_call();
    const ssize_t result = real_pwrite(file, from, size, at);
    count_call();
    return result;
}
inline int counted_ftruncate(int file, off_t size) {
    count_call();
    const int result = real_ftruncate(file, size);
    count_call();
    return result;
}
inline int counted_unlink(const char* path) {
    count_call();
    const int result = real_unlink(path);
    count_call();
    return result;
}

template <class Function>
void replace(const char* name, Function& real, Function counted) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    real = reinterpret_cast<Function>(vfs->xGetSystemCall(vfs, name));
    if (real != nullptr) {
        vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(counted));
    }
}

}  // namespace detail

/// Each such call counts twice: once before it is made and once after.
inline void kill_at_call(long call) {
    using namespace detail;
    calls_left = call;
    replace("pwrite", real_pwrite, counted_pwrite);
    // Which of the two there is depends on how SQLite was built; only one is used.
    decltype(real_pwrite) real_pwrite64 = nullptr;
    replace("pwrite64", real_pwrite64, counted_pwrite);
    if (real_pwrite64 != nullptr) {
        real_pwrite = real_pwrite64;
    }
    replace("ftruncate", real_ftruncate, counted_ftruncate);
    replace("unlink", real_unlink, counted_unlink);
}

}  // namespace turntable::test
