#include "cli/app.hpp"

namespace turntable_cli {

void add_tape(CLI::App& root, App& app) {
    auto* tape = root.add_subcommand("tape", "Look at recorded sessions, and keep libraries");
    tape->require_subcommand(1);
    tape->footer(
        "A TAPE of show, cat, tail, play, verify, repair and diff is a file: notes.tape, or\n"
        "notes.tape.zst. For the other verbs it is the id of one in the library, the beginning of\n"
        "it, its name, or @last, the newest. The library is that of --library, or of\n"
        "$TURNTABLE_TAPE, or the folder of record, ~/.local/share/turntable/tapes. docs/query.md\n"
        "explains QUERY.");
    add_tape_show(*tape, app);
    add_tape_cat(*tape, app);
    add_tape_verify(*tape, app);
    add_tape_repair(*tape, app);
    add_tape_diff(*tape, app);
    add_tape_list(*tape, app);
    add_tape_label(*tape, app);
    add_tape_remove(*tape, app);
    add_tape_move(*tape, app);
}

}  // namespace turntable_cli
