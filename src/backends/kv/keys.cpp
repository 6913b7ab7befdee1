#include <algorithm>
#include <array>
#include <utility>

#include "backends/kv/table.hpp"

namespace turntable::inline v0::blob::chunked {

namespace {

/// The start of all keys of a kind. Text that is no UTF-8 has no encoding and is taken as bytes.
std::string start_of(const std::string& prefix, const char* kind) {
    std::string out;
    if (!kv::encode_key(std::array<kv::KeyPart, 2>{prefix, kind}, out)) {
        (void)kv::encode_key(std::array<kv::KeyPart, 2>{kv::BytesPart{prefix}, kind}, out);
    }
    return out;
}

/// Bytes and integers always have an encoding.
std::string appended(std::string key, const kv::KeyPart& part) {
    (void)kv::encode_key(std::span(&part, 1), key);
    return key;
}

kv::BytesPart id_part(const ContentId& id) { return {std::string(id.data(), id.size())}; }

/// Greater than every key of bytes below `start`, which is how files and contents are named.
std::string end_of(std::string start) {
    start.push_back('\x02');
    return start;
}

/// The bytes that a key ends with.
Result<std::string> last_bytes(ByteView key) {
    TURNTABLE_TRY(const std::vector<kv::KeyPart> parts, kv::decode_key(key));
    const std::string* last = parts.empty() ? nullptr : parts.back().bytes();
    if (last == nullptr) {
        return Error(ErrorCode::corrupt,
                     "among the blobs of the database is a key of another form");
    }
    return *last;
}

}  // namespace

Keys::Keys(const std::string& prefix)
    : files_(start_of(prefix, "file")),
      files_end_(end_of(files_)),
      chunks_(start_of(prefix, "chunk")),
      pending_(start_of(prefix, "pending")) {}

std::string Keys::file(std::string_view path) const {
    return appended(files_, kv::BytesPart{std::string(path)});
}

Result<std::string> Keys::path_of(ByteView file_key) const { return last_bytes(file_key); }

std::string Keys::chunk(const ContentId& id, std::uint64_t number) const {
    return appended(appended(chunks_, id_part(id)), number);
}

std::string Keys::pending(const ContentId& id) const { return appended(pending_, id_part(id)); }

std::string Keys::pending_end() const { return end_of(pending_); }

Result<ContentId> Keys::pending_id(ByteView pending_key) const {
    TURNTABLE_TRY(const std::string bytes, last_bytes(pending_key));
    ContentId id{};
    if (bytes.size() != id.size()) {
        return Error(ErrorCode::corrupt, "a mark of unfinished content has a wrong name");
    }
    std::ranges::copy(bytes, id.begin());
    return id;
}

std::size_t Keys::overhead() const { return file("").size(); }

void Batch::check(std::string key, std::optional<kv::Versionstamp> versionstamp) {
    checks_.push_back({keep(std::move(key)), versionstamp});
}

void Batch::set(std::string key, std::string value) {
    const ByteView name = keep(std::move(key));
    mutations_.push_back({kv::MutationKind::set, name, keep(std::move(value))});
}

void Batch::remove(std::string key) {
    mutations_.push_back({kv::MutationKind::remove, keep(std::move(key))});
}

ByteView Batch::keep(std::string text) { return ByteView(texts_.emplace_back(std::move(text))); }

}  // namespace turntable::inline v0::blob::chunked
