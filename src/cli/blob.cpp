#include "cli/app.hpp"

namespace turntable_cli {

void add_blob(CLI::App& root, App& app) {
    auto* blob = root.add_subcommand("blob", "Read, write and copy files and objects");
    blob->require_subcommand(1);
    blob->footer(
        "A LOCATION is STORE::PATH, where STORE is a URL or @NAME of turntable.toml:\n"
        "fs:/srv/files::photos/a.jpg, @media::photos/. STORE alone is all of it. What begins with\n"
        "/, ./ or ../ is a path of this machine. Any other text is a path in the store of --store\n"
        "or $TURNTABLE_BLOB, as ::PATH is, and without such a store a path of this machine.\n"
        "A slash at the end: into that directory; of a source: what lies in it.");
    add_blob_read(*blob, app);
    add_blob_tree(*blob, app);
    add_blob_write(*blob, app);
    add_blob_copy(*blob, app);
    add_blob_remove(*blob, app);
    add_blob_sync(*blob, app);
}

}  // namespace turntable_cli
