#include "cli/app.hpp"

namespace turntable_cli {

void add_tape(CLI::App& root, App& app) {
    auto* tape = root.add_subcommand("tape", "Look at recorded sessions, and keep libraries");
    tape->require_subcommand(1);
    tape->footer(
        "A TAPE is a file, notes.tape or notes.tape.zst, or one in the library: its id, the\n"
        "beginning of that, its name, or @last, the newest. The verbs that change a library take\n"
        "the latter only, repair only a file. The library is that of --library, or of\n"
        "$TURNTABLE_TAPE, or the folder of record, ~/.local/share/turntable/tapes. docs/query.md\n"
        "explains QUERY.");
    add_tape_show(*tape, app);
    add_tape_cat(*tape, app);
    add_tape_verify(*tape, app);
    add_tape_repair(*tape, app);
    add_tape_diff(*tape, app);
    add_tape_export(*tape, app);
    add_tape_redact(*tape, app);
    add_tape_list(*tape, app);
    add_tape_label(*tape, app);
    add_tape_remove(*tape, app);
    add_tape_import(*tape, app);
    add_tape_move(*tape, app);
}

}  // namespace turntable_cli
