#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "turntable/blob.hpp"

/// \file
/// What the writer that blob_crash_test kills does, step by step, and what it should leave.
namespace turntable::test {

struct BlobStep {
    enum class Kind : std::uint8_t { write, append, remove, rename };
    Kind kind;
    std::string path;
    std::string to;
    std::string bytes;
};

/// The step of a number is always the same one.
inline BlobStep blob_step(std::uint64_t number, bool with_append) {
    std::mt19937_64 random(number);
    const auto path = [&] { return "folder/b" + std::to_string(random() % 4); };
    BlobStep step{.kind = BlobStep::Kind::write, .path = path(), .to = path(), .bytes = {}};
    const std::uint64_t choice = random() % 10;
    if (choice >= 6) {
        step.kind = choice == 9   ? BlobStep::Kind::remove
                    : choice == 8 ? BlobStep::Kind::rename
                    : with_append ? BlobStep::Kind::append
                                  : BlobStep::Kind::write;
    }
    if (step.kind == BlobStep::Kind::rename && step.path == step.to) {
        step.kind = BlobStep::Kind::remove;
    }
    if (step.kind == BlobStep::Kind::write || step.kind == BlobStep::Kind::append) {
        step.bytes.resize(random() % 200'000);
        const auto base = static_cast<unsigned>(random());
        for (std::size_t i = 0; i < step.bytes.size(); ++i) {
            step.bytes[i] = static_cast<char>(base + i * 31 + i / 256);
        }
    }
    return step;
}

using BlobModel = std::map<std::string, std::string>;

inline void apply_step(BlobModel& model, const BlobStep& step) {
    switch (step.kind) {
        case BlobStep::Kind::write:
            model[step.path] = step.bytes;
            return;
        case BlobStep::Kind::append:
            model[step.path] += step.bytes;
            return;
        case BlobStep::Kind::remove:
            model.erase(step.path);
            return;
        case BlobStep::Kind::rename:
            if (const auto from = model.find(step.path); from != model.end()) {
                model[step.to] = std::move(from->second);
                model.erase(step.path);
            }
            return;
    }
}

}  // namespace turntable::test
