#include "kv/transfer/export_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "kv/transfer/export_format.hpp"
#include "kv/transfer/hex.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::transfer {

namespace {

using codec::JsonArray;
using codec::JsonObject;
using codec::JsonTree;

const JsonTree* member(const JsonTree& tree, std::string_view name) {
    const auto* members = tree.as<JsonObject>();
    if (members == nullptr) {
        return nullptr;
    }
    const auto found = std::ranges::find(*members, name, &JsonObject::value_type::first);
    return found == members->end() ? nullptr : &found->second;
}

std::optional<std::string> text_member(const JsonTree& tree, std::string_view name) {
    const JsonTree* found = member(tree, name);
    const auto* text = found == nullptr ? nullptr : found->as<std::string>();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

/// A whole number from 0, written as one or, above what a double holds, as text.
std::optional<std::int64_t> whole_number(const JsonTree& tree) {
    if (const double* number = tree.as<double>()) {
        const bool fits =
            *number >= 0 && *number <= plain_integer_max && *number == std::trunc(*number);
        return fits ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
    }
    const auto* text = tree.as<std::string>();
    if (text == nullptr || text->empty() || text->front() == '-') {
        return std::nullopt;
    }
    std::int64_t number = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    return read.ec == std::errc() && read.ptr == text->data() + text->size() ? std::optional(number)
                                                                             : std::nullopt;
}

std::optional<std::int64_t> number_member(const JsonTree& tree, std::string_view name) {
    const JsonTree* found = member(tree, name);
    return found == nullptr ? std::nullopt : whole_number(*found);
}

/// A stored value in base64, with its encoding.
std::optional<Value> raw_value(const JsonTree& tree) {
    const auto* items = tree.as<JsonArray>();
    if (items == nullptr || items->size() != 2) {
        return std::nullopt;
    }
    const auto* name = (*items)[0].as<std::string>();
    const auto* text = (*items)[1].as<std::string>();
    if (name == nullptr || text == nullptr) {
        return std::nullopt;
    }
    auto bytes = from_base64(*text);
    for (const ValueEncoding encoding :
         {ValueEncoding::v8, ValueEncoding::le64, ValueEncoding::bytes}) {
        if (bytes && to_string(encoding) == *name) {
            return Value(Bytes::take(*std::move(bytes)), encoding);
        }
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<std::string_view>> LineReader::next() {
    constexpr std::size_t chunk = std::size_t{256} << 10U;
    while (true) {
        const std::size_t feed = buffer_.find('\n', searched_);
        if (feed != std::string::npos) {
            const std::string_view line(buffer_.data() + start_, feed - start_);
            start_ = searched_ = feed + 1;
            ++line_;
            return std::optional(line);
        }
        buffer_.erase(0, start_);
        start_ = 0;
        searched_ = buffer_.size();
        if (searched_ > line_bytes_max) {
            return Error(ErrorCode::corrupt,
                         "line " + std::to_string(line_ + 1) + " is longer than any line may be");
        }
        buffer_.resize(searched_ + chunk);
        Result<std::size_t> got = source_(buffer_.data() + searched_, chunk);
        buffer_.resize(searched_ + (got ? *got : 0));
        if (!got) {
            return std::move(got).error();
        }
        if (*got == 0 && !buffer_.empty()) {
            return Error(ErrorCode::corrupt,
                         "line " + std::to_string(line_ + 1) + " has no end: the file was torn");
        }
        if (*got == 0) {
            return std::optional<std::string_view>();
        }
    }
}

Error ExportReader::damaged(std::string_view what) const {
    return Error(ErrorCode::corrupt,
                 "line " + std::to_string(lines_.line()) + ": " + std::string(what))
        .with("line", std::to_string(lines_.line()));
}

Result<JsonTree> ExportReader::next_object() {
    TURNTABLE_TRY(const std::optional<std::string_view> line, lines_.next());
    if (!line) {
        return Error(ErrorCode::corrupt, "the file ends after line " +
                                             std::to_string(lines_.line()) +
                                             " without its last line: it was torn");
    }
    sum_above_ = crc_.value();
    crc_.add(*line);
    crc_.add(ByteView("\n"));
    line_bytes_ = line->size() + 1;
    Result<JsonTree> tree = codec::parse_json(*line, codec::max_json_depth + 1);
    if (!tree) {
        return damaged(tree.error().message());
    }
    return tree;
}

Result<void> ExportReader::start() {
    Result<JsonTree> tree = next_object();
    const bool is_ours = tree && text_member(*tree, "turntable") == "kv-export";
    if (!is_ours && (tree || tree.error().code() == ErrorCode::corrupt)) {
        return Error(ErrorCode::corrupt, "this is no export of a store: line 1 does not say so");
    }
    if (!tree) {
        return std::move(tree).error();
    }
    return read_header(*tree);
}

Result<void> ExportReader::read_header(const JsonTree& tree) {
    const auto version = number_member(tree, "version");
    if (!version || *version < 1) {
        return damaged("there is no version");
    }
    if (*version > export_version) {
        return Error(ErrorCode::unsupported, "the export has version " + std::to_string(*version) +
                                                 " of the format, and this program reads up to " +
                                                 std::to_string(export_version) +
                                                 "; use a newer turntable");
    }
    info_.version = static_cast<std::uint32_t>(*version);
    info_.minor = static_cast<std::uint32_t>(number_member(tree, "minor").value_or(0));
    info_.source = text_member(tree, "source").value_or("");
    info_.created_ms = number_member(tree, "created_ms").value_or(0);
    const JsonTree* range = member(tree, "range");
    const auto* bounds = range == nullptr ? nullptr : range->as<JsonArray>();
    if (bounds == nullptr || bounds->size() != 2) {
        return damaged("there is no range");
    }
    std::array<std::optional<std::string>, 2> keys;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto* text = (*bounds)[i].as<std::string>();
        keys[i] = text == nullptr ? std::nullopt : from_hex(*text);
    }
    if (!keys[0] || !keys[1] || *keys[0] > *keys[1] || ByteView(*keys[1]) > ByteView("\xFF", 1)) {
        return damaged("the range is none");
    }
    info_.range = {*std::move(keys[0]), *std::move(keys[1])};
    return {};
}

Result<EntryBatch> ExportReader::next() {
    EntryBatch block;
    std::uint64_t block_bytes = 0;
    while (!ended_) {
        TURNTABLE_TRY(const JsonTree tree, next_object());
        const auto* members = tree.as<JsonObject>();
        if (members == nullptr || members->empty()) {
            return damaged("neither an entry nor a check");
        }
        if (const JsonTree* check = member(tree, "check")) {
            if (block.empty()) {
                return damaged("a check without entries above it");
            }
            TURNTABLE_CHECK(read_check(*check, sum_above_));
            return block;
        }
        if (const JsonTree* end = member(tree, "end")) {
            TURNTABLE_CHECK(read_end(*end, sum_above_));
            return block;
        }
        if (block.size() == check_entries || block_bytes > check_bytes) {
            return damaged("a check should stand here");
        }
        TURNTABLE_CHECK(read_entry(*members, block));
        block_bytes += line_bytes_;
    }
    return block;
}

Result<void> ExportReader::read_entry(const JsonObject& members, EntryBatch& block) {
    std::optional<std::string> key;
    std::optional<Value> value;
    std::int64_t expires = never_expires;
    for (const auto& [name, tree] : members) {
        const auto* text = tree.as<std::string>();
        if (name == "key" && text != nullptr && !key) {
            const Result<Key> parsed = parse_key(*text);
            if (!parsed) {
                return damaged(parsed.error().message());
            }
            key = parsed->encoded().to_string();
        } else if (name == "key_hex" && text != nullptr && !key) {
            key = from_hex(*text);
        } else if (name == "value" && !value) {
            Result<Value> read = codec::stored_value(tree);
            if (!read) {
                return damaged(read.error().message());
            }
            value = *std::move(read);
        } else if (name == "raw" && !value) {
            value = raw_value(tree);
        } else if (name == "expires_ms" && whole_number(tree)) {
            expires = *whole_number(tree);
        } else {
            return damaged("the member \"" + name + "\" does not belong there");
        }
    }
    if (!key || !value || !check_user_key(*key)) {
        return damaged("the entry has no key or no value");
    }
    const bool inside = *key >= info_.range.start && *key < info_.range.end;
    if (!inside || (entries_ > 0 && *key <= last_key_)) {
        return damaged(inside ? "the key is not larger than the one above"
                              : "the key is outside "
                                "the range of line 1");
    }
    if (!block.append(*key, value->data(), value->encoding(), Versionstamp(), expires)) {
        return damaged("too many bytes without a check");
    }
    content_.add({*key, value->data(), value->encoding(), Versionstamp(), expires});
    last_key_ = *std::move(key);
    ++entries_;
    return {};
}

Result<void> ExportReader::read_check(const JsonTree& check, std::uint64_t sum) {
    const auto entries = number_member(check, "entries");
    const auto stated = text_member(check, "crc64");
    if (!entries || !stated) {
        return damaged("ill-formed check");
    }
    if (*stated != checksum_text(sum)) {
        return damaged("the checksum does not hold: something was changed between lines " +
                       std::to_string(line_checked_) + " and " + std::to_string(lines_.line() - 1));
    }
    if (static_cast<std::uint64_t>(*entries) != entries_) {
        return damaged("there are " + std::to_string(entries_) + " entries above, not " +
                       std::to_string(*entries));
    }
    line_checked_ = lines_.line();
    return {};
}

Result<void> ExportReader::read_end(const JsonTree& end, std::uint64_t sum) {
    TURNTABLE_CHECK(read_check(end, sum));
    const auto content = text_member(end, "content");
    if (content != checksum_text(content_.value())) {
        return damaged("the checksum of the content does not hold");
    }
    TURNTABLE_TRY(const std::optional<std::string_view> more, lines_.next());
    if (more) {
        return damaged("something stands after the end");
    }
    info_.entries = entries_;
    info_.checksum = content_.value();
    ended_ = true;
    return {};
}

}  // namespace turntable::inline v0::kv::transfer
