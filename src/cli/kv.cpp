#include "cli/app.hpp"

namespace turntable_cli {

void add_kv(CLI::App& root, App& app) {
    auto* kv = root.add_subcommand("kv", "Read, write, watch and queue in a key-value store");
    kv->require_subcommand(1);
    kv->footer(
        "Keys: parts separated by /: users/42n is the text \"users\" and the bigint 42;\n"
        "42 is a number, true and false are booleans, 0x00ff bytes, \"a/b\" quoted text.\n"
        "The store: --store URL, @NAME from turntable.toml, or a path to a SQLite file;\n"
        "without it $TURNTABLE_KV, then $DENO_KV_PATH.");
    add_kv_read(*kv, app);
    add_kv_write(*kv, app);
    add_kv_atomic(*kv, app);
    add_kv_follow(*kv, app);
    add_kv_copy(*kv, app);
    add_kv_export(*kv, app);
    add_kv_backup(*kv, app);
    add_kv_bench(*kv, app);
}

}  // namespace turntable_cli
