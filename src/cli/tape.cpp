#include "cli/app.hpp"

namespace turntable_cli {

void add_tape(CLI::App& root, App& app) {
    auto* tape = root.add_subcommand("tape", "Look at recorded sessions");
    tape->require_subcommand(1);
    tape->footer("A TAPE is a file: notes.tape, or notes.tape.zst.");
    add_tape_show(*tape, app);
    add_tape_cat(*tape, app);
    add_tape_verify(*tape, app);
    add_tape_repair(*tape, app);
    add_tape_diff(*tape, app);
}

}  // namespace turntable_cli
