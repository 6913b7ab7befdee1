// tape tag, note, rename, pin.

#include "cli/app.hpp"
#include "cli/tape_library.hpp"

namespace turntable_cli {

namespace tape = turntable::tape;

namespace {

struct LabelArguments {
    std::string tape;
    std::vector<std::string> tags;
    std::vector<std::string> remove;
    std::string text;
    bool off = false;
    bool json = false;
};

void change(App& app, const LabelArguments& options, const tape::LabelChange& change) {
    const auto tapes = open_library(app);
    const auto found = tapes ? find_in_library(app, *tapes, options.tape) : std::nullopt;
    if (found) {
        print_changed(app, tapes->update(found->id, change, {app.stop().get_token()}),
                      options.json);
    }
}

void tag(App& app, const LabelArguments& options) {
    if (options.tags.empty() && options.remove.empty()) {
        return app.fail(ExitCode::usage, "name a tag to add, or one to --remove");
    }
    change(app, options, {.add_tags = options.tags, .remove_tags = options.remove});
}

std::shared_ptr<LabelArguments> add_common(CLI::App& command, App& app) {
    auto options = std::make_shared<LabelArguments>();
    command.add_option("TAPE", options->tape, "Its id, the beginning of it, its name, or @last")
        ->required();
    command.add_flag("--json", options->json, "Print a JSON object");
    add_library_option(command, app);
    return options;
}

}  // namespace

void add_tape_label(CLI::App& tape, App& app) {
    auto* tags = tape.add_subcommand("tag", "Add tags to a tape, or remove some");
    auto tag_options = add_common(*tags, app);
    tags->add_option("TAG", tag_options->tags, "A word without white space");
    tags->add_option("--remove", tag_options->remove, "A tag to take off; again for more")
        ->allow_extra_args(false);
    tags->callback([&app, tag_options] { tag(app, *tag_options); });

    auto* note = tape.add_subcommand("note", "Write a note on a tape");
    auto note_options = add_common(*note, app);
    note->add_option("TEXT", note_options->text, "What to note")->required();
    note->callback(
        [&app, note_options] { change(app, *note_options, {.add_notes = {note_options->text}}); });

    auto* rename = tape.add_subcommand("rename", "Give a tape another name");
    auto rename_options = add_common(*rename, app);
    rename->add_option("NAME", rename_options->text, "Empty: that which it was recorded with")
        ->required();
    rename->callback(
        [&app, rename_options] { change(app, *rename_options, {.name = rename_options->text}); });

    auto* pin = tape.add_subcommand("pin", "Keep a tape, whatever prune is told");
    auto pin_options = add_common(*pin, app);
    pin->add_flag("--off", pin_options->off, "No longer");
    pin->callback(
        [&app, pin_options] { change(app, *pin_options, {.pinned = !pin_options->off}); });
}

}  // namespace turntable_cli
