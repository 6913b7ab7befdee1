#include "backends/lmdb/verify.hpp"

#include "backends/lmdb/format.hpp"
#include "backends/lmdb/lmdb_error.hpp"
#include "backends/lmdb/page_walk.hpp"
#include "backends/lmdb/tree.hpp"

namespace turntable::inline v0::kv::lmdb {

Result<void> verify_pages(MDB_env* environment, const std::string& path) {
    // While others commit, the newest commit may change between our two looks at it. Where a writer
    // was killed after its meta page and before it told the lock file, readers get the commit
    // before until somebody writes; so that one counts too.
    constexpr int rounds = 100;
    for (int round = 0; round < rounds; ++round) {
        MDB_txn* transaction = nullptr;
        const int code = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction);
        if (code == MDB_MAP_RESIZED) {
            mdb_env_set_mapsize(environment, 0);
            continue;
        }
        if (code != 0) {
            return engine_error(code, path, "checking the pages");
        }
        Result<FileFacts> facts = check_file(path, mdb_txn_id(transaction));
        const bool same = facts && facts->transaction == mdb_txn_id(transaction);
        Result<void> walked;
        if (same) {
            mdb_filehandle_t file = -1;
            mdb_env_get_fd(environment, &file);
            walked = PageWalk(file, *facts, path).run();
        }
        mdb_txn_abort(transaction);
        if (!facts) {
            return std::move(facts).error();
        }
        if (same) {
            return walked;
        }
    }
    return Error(ErrorCode::busy, path +
                                      " changes too fast to be checked; open it with "
                                      "verify=never, or when there is less to do");
}

Result<void> verify_entries(Environment& environment) {
    TURNTABLE_TRY(Reader * reader, environment.take_reader());
    Result<void> done;
    {
        const RemapGate::Pass pass(environment.gate());
        const Tree tree(reader->transaction, environment.database(), environment.map(),
                        environment.path());
        const auto visit = [](ByteView, const Record&) { return true; };
        // The header is no entry, and what is in the nodes is reached through the links.
        const std::string after_header = std::string(header_key) + '\0';
        const std::pair<ByteView, ByteView> ranges[] = {
            {"", header_key}, {after_header, node_space}, {after_nodes, "\xFF\xFF\xFF"}};
        for (const auto& [start, end] : ranges) {
            done = done
                       ? mdb_cursor_renew(reader->transaction, reader->cursor) == 0
                             ? tree.scan(reader->cursor, start, end, false, visit)
                             : engine_error(MDB_BAD_TXN, environment.path(), "checking the entries")
                       : std::move(done);
        }
    }
    environment.give_back(reader);
    return done;
}

}  // namespace turntable::inline v0::kv::lmdb
