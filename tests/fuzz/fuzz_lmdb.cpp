// What an lmdb: folder may hold: entries, links of long keys, the header, meta pages and others.
// Any bytes give an answer or an error, and what is read is what was written.
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backends/lmdb/engine.hpp"
#include "backends/lmdb/file_check.hpp"
#include "backends/lmdb/format.hpp"
#include "backends/lmdb/page_walk.hpp"
#include "support/read_file.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/crc32c.hpp"

namespace {

namespace kv = turntable::kv;
namespace lmdb = turntable::kv::lmdb;
using turntable::Bytes;
using turntable::ByteView;
using turntable::test::TempFolder;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

/// The input, piece by piece; zeros behind its end.
class Input {
  public:
    explicit Input(std::string_view bytes) : left_(bytes) {}

    bool empty() const { return left_.empty(); }
    std::string_view rest() const { return left_; }
    std::uint8_t byte() {
        const std::string_view one = bytes(1);
        return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
    }
    std::size_t number() {
        const std::size_t high = byte();
        return high << 8U | byte();
    }
    std::string_view bytes(std::size_t size) {
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(taken.size());
        return taken;
    }
    /// Up to 2304 bytes from three: few different ones, so that keys meet.
    std::string key() {
        const std::size_t size = std::size_t{byte()} * 9;
        std::string key(size + 1, static_cast<char>('a' + byte() % 4));
        const std::size_t mark = byte() % 128U;  // what begins with FF is no key of a user
        key[mark % key.size()] = static_cast<char>(mark);
        return key;
    }

  private:
    std::string_view left_;
};

std::string with_checksum(ByteView key, std::string stored) {
    if (stored.size() >= 4) {
        const std::uint32_t crc =
            turntable::crc32c(turntable::crc32c(0, key), ByteView(stored).substr(4));
        for (unsigned i = 0; i < 4; ++i) {
            stored[i] = static_cast<char>(crc >> (8 * i) & 0xFFU);
        }
    }
    return stored;
}

/// The three bytes that a writer leaves zero and a reader does not look at.
std::string without_spare(std::string stored) {
    std::memset(stored.data() + 5, 0, 3);
    return stored;
}

void decode_entries(Input input) {
    const std::string_view key = input.bytes(input.byte());
    const std::string given(input.rest());
    kv::Record record;
    (void)lmdb::decode_entry(key, given, record);
    const std::string fitting = with_checksum(key, given);
    if (lmdb::decode_entry(key, fitting, record) != lmdb::Flaw::none) {
        return;
    }
    std::string again(lmdb::entry_header_bytes, '\0');
    again.append(record.data.data(), record.data.size());
    lmdb::seal_entry(key, record, again.data());
    require(again == with_checksum(key, without_spare(fitting)),
            "an entry is written as it is read");
    std::string flipped = fitting;
    const std::size_t bit = fitting.size() * 131 % (fitting.size() * 8);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    require(lmdb::decode_entry(key, flipped, record) == lmdb::Flaw::checksum,
            "a flipped bit is found");
}

void decode_links(Input input) {
    const std::string_view piece = input.bytes(input.number() % 1024);
    const std::string given(input.rest());
    (void)lmdb::decode_link(piece, given);
    (void)lmdb::decode_header(given);
    (void)lmdb::decode_header(with_checksum(lmdb::header_key, given));
    const std::string fitting = with_checksum(piece, given);
    const auto node = lmdb::decode_link(piece, fitting);
    if (!node) {
        return;
    }
    const auto again = lmdb::encode_link(piece, *node);
    require(std::string(again.data(), again.size()) == with_checksum(piece, without_spare(fitting)),
            "a link is written as it is read");
    require(lmdb::node_of(lmdb::node_prefix(*node) + std::string(piece)) == *node,
            "a node is found in the keys of its entries");
}

/// A folder with a database of ours, and the bytes of its file.
struct Sample {
    TempFolder folder;
    std::string path = folder.file("kv");
    std::string bytes;

    Sample() {
        {
            lmdb::Engine engine(options());
            auto write = engine.begin_write();
            require(write.has_value(), "the sample is made");
            for (int i = 0; i < 60; ++i) {
                put(*write, "key" + std::to_string(i), std::string(100, 'v'));
            }
            put(*write, "large", std::string(9000, 'w'));
            put(*write, std::string(1500, 'l'), "behind links");
            require(write->commit().has_value(), "the sample is made");
        }
        const auto facts = lmdb::check_file(path);
        require(facts.has_value(), "the sample is whole");
        bytes = turntable::test::read_file(path + "/data.mdb");
        bytes.resize((facts->last_page + 1) * facts->page_bytes);
    }
    static void put(lmdb::WriteTransaction& write, const std::string& key,
                    const std::string& data) {
        const auto done =
            write.put(key, {Bytes::take(data), kv::ValueEncoding::bytes, 1, kv::never_expires});
        require(done.has_value(), "the sample is made");
    }
    kv::LmdbOptions options() const {
        kv::LmdbOptions options;
        options.path = path;
        options.durability = kv::LmdbDurability::off;
        options.map_size = {1U << 20U};
        return options;
    }
};

void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Meta pages of any content, and other bytes of the file changed; perhaps cut short.
void open_folder(Input input) {
    static const Sample sample;
    constexpr std::size_t meta_bytes = 152;
    std::string bytes = sample.bytes;
    for (const std::size_t page : {0U, 4096U}) {
        // Not there, or as a change of what is.
        const std::string_view meta = input.byte() % 2 == 0 ? "" : input.bytes(meta_bytes);
        for (std::size_t i = 0; i < meta.size(); ++i) {
            bytes[page + i] = static_cast<char>(bytes[page + i] ^ meta[i]);
        }
    }
    if (input.byte() == 1) {
        bytes.resize(input.number() % (bytes.size() + 1));
    }
    while (!input.empty() && !bytes.empty()) {
        const std::size_t page = input.byte();
        const std::size_t at = (page * 4096 + input.number() % 4096) % bytes.size();
        bytes[at] = static_cast<char>(input.byte());
    }
    write_file(sample.path + "/data.mdb", bytes);
    const auto facts = lmdb::check_file(sample.path);
    if (!facts || !facts->exists) {
        return;
    }
    const int file = ::open((sample.path + "/data.mdb").c_str(), O_RDONLY | O_CLOEXEC);
    const bool walked = lmdb::PageWalk(file, *facts, sample.path).run().has_value();
    ::close(file);
    if (!walked) {
        return;
    }
    kv::LmdbOptions options = sample.options();
    options.read_only = true;
    options.verify = kv::LmdbVerify::always;
    lmdb::Engine engine(options);
    auto read = engine.begin_read();
    if (!read) {
        return;
    }
    const auto visit = [](ByteView, const kv::Record&) { return true; };
    require(read->scan("", "\xFF", false, visit) && read->scan("", "\xFF", true, visit),
            "what was checked at opening can be read");
}

/// LMDB itself, with a transaction that is never committed.
class Scratch {
  public:
    Scratch() {
        require(mdb_env_create(&environment_) == 0, "an environment is made");
        mdb_env_set_mapsize(environment_, 64U << 20U);
        require(
            mdb_env_open(environment_, folder_.path().c_str(), MDB_NOSYNC | MDB_NOLOCK, 0600) == 0,
            "an environment is opened");
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { mdb_env_close(environment_); }

    MDB_txn* begin() {
        MDB_txn* transaction = nullptr;
        require(mdb_txn_begin(environment_, nullptr, 0, &transaction) == 0, "a write is begun");
        require(mdb_dbi_open(transaction, nullptr, 0, &database) == 0, "the database is opened");
        return transaction;
    }

    MDB_dbi database = 0;
    // Nothing is committed, so all that is read lies on the heap.
    lmdb::MapView map;
    std::string path = "scratch";

  private:
    TempFolder folder_;
    MDB_env* environment_ = nullptr;
};

void raw_put(MDB_txn* transaction, MDB_dbi database, std::string key, std::string value) {
    MDB_val raw_key{key.size(), key.data()};
    MDB_val raw_value{value.size(), value.data()};
    (void)mdb_put(transaction, database, &raw_key, &raw_value, 0);  // no key: refused
}

/// Reads everything both ways; nothing: an error said what is damaged.
std::optional<std::map<std::string, std::string>> read_all(const lmdb::Tree& tree, MDB_txn* inside,
                                                           MDB_dbi database) {
    std::map<std::string, std::string> seen[2];
    for (const bool reverse : {false, true}) {
        std::string last;
        bool any = false;
        const auto visit = [&](ByteView key, const kv::Record& record) {
            const std::string text = key.to_string();
            require(!any || (reverse ? text < last : last < text), "a walk is in order");
            any = true;
            last = text;
            seen[reverse ? 1 : 0].emplace(text, record.data.to_string());
            return true;
        };
        MDB_cursor* cursor = nullptr;
        require(mdb_cursor_open(inside, database, &cursor) == 0, "a cursor is opened");
        const auto done = tree.scan(cursor, "", "\xFF", reverse, visit);
        mdb_cursor_close(cursor);
        if (!done) {
            return std::nullopt;
        }
    }
    require(seen[0] == seen[1], "both ways meet the same entries");
    return seen[0];
}

/// Entries under keys of any length, put and removed among records that nobody of ours wrote.
void change_tree(Input input) {
    static Scratch scratch;
    MDB_txn* transaction = scratch.begin();
    lmdb::Tree tree(transaction, scratch.database, scratch.map, scratch.path);
    std::map<std::string, std::string> model;
    bool all_ours = true;
    while (!input.empty()) {
        const std::uint8_t what = input.byte() % 8;
        const std::string key = input.key();
        if (what < 4) {
            const std::string data(input.bytes(input.byte() % 16));
            const auto done =
                tree.put(key, {Bytes::take(data), kv::ValueEncoding::bytes, 1, kv::never_expires});
            require(done || !all_ours, "an entry is put");
            model[key] = data;
        } else if (what < 6) {
            require(tree.remove(key) || !all_ours, "an entry is removed");
            model.erase(key);
        } else if (what == 6) {
            all_ours = false;
            const std::string piece =
                (lmdb::node_prefix(input.byte() % 4) + key).substr(0, lmdb::piece_bytes);
            const auto link = lmdb::encode_link(piece, input.byte() % 4);
            raw_put(transaction, scratch.database, piece, {link.data(), link.size()});
        } else {
            all_ours = false;
            const std::string piece = key.substr(0, lmdb::piece_bytes);
            raw_put(transaction, scratch.database, piece,
                    with_checksum(piece, std::string(input.bytes(input.byte() % 64))));
        }
    }
    const auto seen = read_all(tree, transaction, scratch.database);
    if (all_ours) {
        require(seen == model, "what was put is there");
    }
    if (seen) {
        for (const auto& [key, data] : *seen) {
            const auto found = tree.get(key);
            require(found && *found && (*found)->data.to_string() == data,
                    "what a walk meets is found by its key");
        }
    }
    mdb_txn_abort(transaction);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(std::string_view(reinterpret_cast<const char*>(data), size));
    switch (input.byte()) {
        case 'e':
            decode_entries(input);
            break;
        case 'l':
            decode_links(input);
            break;
        case 'm':
            open_folder(input);
            break;
        default:
            change_tree(input);
            break;
    }
    return 0;
}
