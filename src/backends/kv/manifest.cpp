#include "backends/kv/manifest.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "turntable/core/crc32c.hpp"

namespace turntable::inline v0::blob::chunked {

namespace {

constexpr char form_mark = 'B';
constexpr char form_version = 1;
constexpr std::uint8_t directory_flag = 1;
constexpr std::size_t checksum_bytes = 4;
/// Ample for every limit of a store: what claims more is damage.
constexpr std::uint32_t text_bytes_max = std::uint32_t{1} << 20U;

template <class T>
void put_number(std::string& out, T number) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i)));
    }
}

void put_text(std::string& out, std::string_view text) {
    put_number(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

void put_checksum(std::string& out) { put_number(out, crc32c(0, ByteView(out))); }

Error damaged(std::string_view what) {
    return Error(ErrorCode::corrupt, std::string(what) + " is damaged");
}

/// Takes values off the front; after the first that is not there, all are zero and `ok` is false.
struct Front {
    std::string_view rest;
    bool ok = true;

    std::string_view bytes(std::size_t size) {
        ok = ok && size <= rest.size();
        const std::string_view out = ok ? rest.substr(0, size) : std::string_view();
        rest.remove_prefix(out.size());
        return out;
    }
    template <class T>
    T number() {
        std::uint64_t out = 0;
        const std::string_view from = bytes(sizeof(T));
        for (std::size_t i = 0; i < from.size(); ++i) {
            out |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
        }
        return static_cast<T>(out);
    }
    std::string text() {
        const auto size = number<std::uint32_t>();
        ok = ok && size <= text_bytes_max;
        return std::string(ok ? bytes(size) : std::string_view());
    }
};

/// What is before a checksum that fits; else nothing.
std::optional<std::string_view> checked(std::string_view sealed) {
    if (sealed.size() < checksum_bytes) {
        return std::nullopt;
    }
    const std::string_view body = sealed.substr(0, sealed.size() - checksum_bytes);
    Front tail{sealed.substr(body.size())};
    return tail.number<std::uint32_t>() == crc32c(0, ByteView(body)) ? std::optional(body)
                                                                     : std::nullopt;
}

std::string etag_text(std::uint64_t version) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) {
        out.push_back(digits[(version >> static_cast<unsigned>(shift)) & 0xFU]);
    }
    return out;
}

std::uint64_t etag_number(std::string_view etag) {
    std::uint64_t out = 0;
    for (const char digit : etag) {
        out =
            (out << 4U) | static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return out;
}

void take_parts(Front& front, Manifest& manifest) {
    const auto count = front.number<std::uint32_t>();
    front.ok = front.ok && count <= parts_max;
    for (std::uint32_t i = 0; front.ok && i < count; ++i) {
        Part part;
        const std::string_view id = front.bytes(part.id.size());
        std::ranges::copy(id, part.id.begin());
        part.size = front.number<std::uint64_t>();
        part.chunk_bytes = front.number<std::uint32_t>();
        manifest.metadata.size_bytes += part.size;
        front.ok = front.ok && part.size != 0 && part.size <= manifest.metadata.size_bytes &&
                   part.chunk_bytes >= chunk_bytes_min && part.chunk_bytes <= chunk_bytes_max;
        manifest.parts.push_back(part);
    }
}

void take_user(Front& front, UserMetadata& user) {
    const auto count = front.number<std::uint32_t>();
    for (std::uint32_t i = 0; front.ok && i < count; ++i) {
        std::string name = front.text();
        user.emplace_back(std::move(name), front.text());
    }
}

}  // namespace

ContentId new_content_id(Random& random) {
    ContentId id;
    for (std::size_t half = 0; half < id.size(); half += sizeof(std::uint64_t)) {
        const std::uint64_t number = random.next();
        std::memcpy(id.data() + half, &number, sizeof(number));
    }
    return id;
}

std::string new_etag(Random& random) { return etag_text(random.next()); }

std::string encode(const Manifest& manifest) {
    const Metadata& metadata = manifest.metadata;
    const bool directory = metadata.kind == EntryKind::directory;
    std::string out{form_mark, form_version};
    put_number(out, static_cast<std::uint8_t>(directory ? directory_flag : 0));
    put_number(out, etag_number(metadata.etag));
    put_number(out, metadata.modified_ms);
    put_text(out, metadata.content_type);
    put_number(out, static_cast<std::uint32_t>(metadata.user.size()));
    for (const auto& [name, value] : metadata.user) {
        put_text(out, name);
        put_text(out, value);
    }
    put_number(out, static_cast<std::uint32_t>(manifest.parts.size()));
    for (const Part& part : manifest.parts) {
        out.append(part.id.data(), part.id.size());
        put_number(out, part.size);
        put_number(out, part.chunk_bytes);
    }
    put_checksum(out);
    return out;
}

Result<Manifest> decode_manifest(ByteView value) {
    constexpr std::string_view what = "the entry of a blob";
    const auto body = checked(value.text());
    if (!body) {
        return damaged(what);
    }
    Front front{*body};
    if (front.number<char>() != form_mark) {
        return damaged(what);
    }
    if (front.number<char>() != form_version) {
        return Error(ErrorCode::unsupported, "this blob was written by a later version");
    }
    Manifest manifest;
    const auto flags = front.number<std::uint8_t>();
    manifest.metadata.kind = (flags & directory_flag) != 0 ? EntryKind::directory : EntryKind::file;
    const auto version = front.number<std::uint64_t>();
    if (manifest.metadata.kind == EntryKind::file) {
        manifest.metadata.etag = etag_text(version);
    }
    manifest.metadata.modified_ms = front.number<std::int64_t>();
    manifest.metadata.content_type = front.text();
    take_user(front, manifest.metadata.user);
    take_parts(front, manifest);
    if (!front.ok || !front.rest.empty()) {
        return damaged(what);
    }
    return manifest;
}

std::string seal_chunk(std::string_view bytes) {
    std::string out(bytes);
    put_checksum(out);
    return out;
}

Result<ByteView> open_chunk(ByteView value) {
    const auto body = checked(value.text());
    if (!body) {
        return damaged("a chunk of the blob");
    }
    return ByteView(*body);
}

std::string encode(const Pending& pending) {
    std::string out{form_mark, form_version};
    put_number(out, pending.since_ms);
    put_number(out, pending.chunks);
    put_checksum(out);
    return out;
}

Result<Pending> decode_pending(ByteView value) {
    const auto body = checked(value.text());
    Front front{body.value_or(std::string_view())};
    if (front.number<char>() != form_mark || front.number<char>() != form_version) {
        return damaged("a mark of unfinished content");
    }
    Pending out;
    out.since_ms = front.number<std::int64_t>();
    out.chunks = front.number<std::uint64_t>();
    if (!front.ok || !front.rest.empty()) {
        return damaged("a mark of unfinished content");
    }
    return out;
}

}  // namespace turntable::inline v0::blob::chunked
