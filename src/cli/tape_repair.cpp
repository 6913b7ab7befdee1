// tape repair: what can still be read of a damaged tape, as a tape that is whole.

#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_output.hpp"
#include "cli/derived_tape.hpp"
#include "cli/text.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// What became of a damaged tape.
struct Repaired {
    std::uint64_t frames = 0;
    std::uint64_t lost_frames = 0;
    std::uint64_t damaged_lines = 0;
    std::uint64_t torn_bytes = 0;
};

/// Writes what a reader can read. Where frames are missing stands a gap.
class TapeRepair {
  public:
    TapeRepair(tape::Reader reader, tape::Writer writer)
        : reader_(std::move(reader)),
          writer_(std::move(writer)),
          next_(reader_.head().segment.frames_before + 1) {}

    Result<Repaired> run() {
        while (true) {
            const auto record = reader_.next();
            if (!record && record.error().code() == ErrorCode::corrupt) {
                ++done_.damaged_lines;
                continue;
            }
            if (!record) {
                return record.error();
            }
            if (!*record) {
                break;
            }
            TURNTABLE_CHECK(keep(**record));
        }
        TURNTABLE_TRY(const auto torn, reader_.torn());
        done_.torn_bytes = torn ? torn->bytes : 0;
        TURNTABLE_CHECK(writer_.end(time_, reason_));
        TURNTABLE_CHECK(writer_.sink().sync());
        return done_;
    }

  private:
    Result<void> keep(const tape::Record& record) {
        time_ = std::max(time_, time_of(record));
        if (const auto* end = std::get_if<tape::End>(&record)) {
            reason_ = end->reason;
            return {};
        }
        const auto* frame = std::get_if<tape::Frame>(&record);
        if (frame == nullptr) {
            return std::holds_alternative<tape::Check>(record) ? Result<void>()
                                                               : writer_.append(record);
        }
        if (frame->number > next_) {
            const std::uint64_t lost = frame->number - next_;
            TURNTABLE_CHECK(
                writer_.append(tape::Gap{.time = frame->time, .frames = lost, .why = "damaged"}));
            done_.lost_frames += lost;
        }
        next_ = frame->number + 1;
        ++done_.frames;
        TURNTABLE_CHECK(writer_.frame(*frame));
        return {};
    }

    tape::Reader reader_;
    tape::Writer writer_;
    std::uint64_t next_;
    tape::TapeTime time_{};
    std::string reason_ = "stopped";
    Repaired done_;
};

Result<Repaired> repair_tape(const std::string& from, const std::string& to) {
    TURNTABLE_TRY(tape::Reader reader, tape::Reader::open_file(from));
    tape::Head head = derived_head(reader.head(), "copy_of");
    return write_tape_file<Repaired>(to, head, [&](tape::Writer writer) {
        return TapeRepair(std::move(reader), std::move(writer)).run();
    });
}

}  // namespace

void add_tape_repair(CLI::App& tape, App& app) {
    auto* command = tape.add_subcommand(
        "repair", "Write what can be read of a damaged tape as a tape that is whole");
    auto from = std::make_shared<std::string>();
    auto to = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("TAPE", *from, "The tape, which stays as it is")->required();
    command->add_option("OUTPUT", *to, "The new tape, which must not be there yet")->required();
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([&app, from, to, json] {
        const auto done = repair_tape(*from, *to);
        if (!done) {
            return app.fail(done.error());
        }
        if (*json) {
            std::cout << "{\"frames\":" << done->frames << ",\"lost_frames\":" << done->lost_frames
                      << ",\"damaged_lines\":" << done->damaged_lines
                      << ",\"torn_bytes\":" << done->torn_bytes << "}\n";
            return;
        }
        std::cout << print_count(done->frames) << " frames kept, " << print_count(done->lost_frames)
                  << " lost; " << print_count(done->damaged_lines)
                  << " damaged lines and a torn end of " << print_bytes(done->torn_bytes)
                  << " left out\n";
    });
}

}  // namespace turntable_cli
