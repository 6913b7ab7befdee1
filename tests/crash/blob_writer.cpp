// The program that blob_crash_test kills.
//   blob_writer URL FIRST DIE_AT
// Does step FIRST, the next, and so on without end, and says the number of each that is done.
// Unless DIE_AT is zero, it kills itself before the so-manyth piece that it writes.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "crash/blob_steps.hpp"
#include "crash/blob_url.hpp"

namespace {

using turntable::Result;
using turntable::test::BlobStep;
namespace blob = turntable::blob;

template <class T>
void must(const Result<T>& result) {
    if (!result) {
        std::fprintf(stderr, "blob_writer: %s\n", result.error().to_string().c_str());
        std::_Exit(3);
    }
}

Result<void> write(const blob::Store& store, const BlobStep& step, long& pieces_left) {
    auto writer = store.writer(step.path, {.append = step.kind == BlobStep::Kind::append});
    must(writer);
    constexpr std::size_t piece = 10'000;
    for (std::size_t at = 0; at < step.bytes.size(); at += piece) {
        if (pieces_left > 0 && --pieces_left == 0) {
            ::kill(::getpid(), SIGKILL);
        }
        must(writer->write(std::string_view(step.bytes).substr(at, piece)));
    }
    const auto made = writer->finish();
    return made ? Result<void>() : Result<void>(made.error());
}

Result<void> run(const blob::Store& store, const BlobStep& step, long& pieces_left) {
    switch (step.kind) {
        case BlobStep::Kind::write:
        case BlobStep::Kind::append:
            return write(store, step, pieces_left);
        case BlobStep::Kind::remove:
            return store.remove(step.path);
        case BlobStep::Kind::rename:
            break;
    }
    Result<void> renamed = store.rename(step.path, step.to);
    // There may be none; the model knows.
    return renamed || renamed.error().code() == turntable::ErrorCode::not_found ? Result<void>()
                                                                                : renamed;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const auto store = turntable::test::open_blobs(argv[1]);
    must(store);
    long pieces_left = std::strtol(argv[3], nullptr, 10);
    for (std::uint64_t number = std::strtoull(argv[2], nullptr, 10);; ++number) {
        must(run(*store, turntable::test::blob_step(number, store->capabilities().atomic_append),
                 pieces_left));
        const std::string line = std::to_string(number) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) {
            return 0;
        }
    }
}
