#include "kv/transfer/export_writer.hpp"

#include "kv/transfer/export_format.hpp"
#include "kv/transfer/hex.hpp"
#include "turntable/core/base64.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/key.hpp"

namespace turntable::inline v0::kv::transfer {

namespace {

constexpr std::size_t send_bytes = std::size_t{64} << 10U;

/// The value as JSON if that gives back exactly these bytes.
std::optional<std::string> exact_json(const EntryView& entry) {
    constexpr std::size_t json_bytes_max = line_bytes_max / 2;
    const Value value(Bytes::unowned(entry.data), entry.encoding);
    Result<std::string> json = to_json(value);
    if (!json || json->size() > json_bytes_max) {
        return std::nullopt;
    }
    // The forms of V8 are many; those of bytes and counters are one each.
    if (entry.encoding == ValueEncoding::v8) {
        const Result<Value> back = from_json(*json);
        if (!back || *back != value) {
            return std::nullopt;
        }
    }
    return *std::move(json);
}

std::string number_or_text(std::int64_t number) {
    const std::string digits = std::to_string(number);
    return number <= plain_integer_max ? digits : "\"" + digits + "\"";
}

}  // namespace

Result<void> ExportWriter::start(const ExportInfo& info) {
    text_ += "{\"turntable\":\"kv-export\",\"version\":" + std::to_string(export_version) +
             ",\"minor\":" + std::to_string(export_minor) +
             ",\"source\":" + json_quoted(info.source) +
             ",\"created_ms\":" + std::to_string(info.created_ms) + ",\"range\":[\"" +
             to_hex(info.range.start) + "\",\"" + to_hex(info.range.end) + "\"]}";
    return end_line();
}

Result<void> ExportWriter::add(const EntryView& entry) {
    if (decode_key(entry.key)) {
        text_ += "{\"key\":" + json_quoted(print_key(entry.key));
    } else {
        text_ += "{\"key_hex\":\"" + to_hex(entry.key) + '"';
    }
    if (const auto json = exact_json(entry)) {
        text_ += ",\"value\":" + *json;
    } else {
        text_ += ",\"raw\":[\"";
        text_ += to_string(entry.encoding);
        text_ += "\",\"" + to_base64(entry.data) + "\"]";
    }
    if (entry.expire_at_ms >= 0) {
        text_ += ",\"expires_ms\":" + number_or_text(entry.expire_at_ms);
    }
    text_ += '}';
    content_.add(entry);
    ++entries_;
    bytes_unchecked_ += text_.size() - line_start_ + 1;
    TURNTABLE_CHECK(end_line());
    if (entries_ - entries_checked_ == check_entries || bytes_unchecked_ > check_bytes) {
        entries_checked_ = entries_;
        bytes_unchecked_ = 0;
        const std::string sum = checksum_text(checksum());
        text_ +=
            "{\"check\":{\"entries\":" + std::to_string(entries_) + ",\"crc64\":\"" + sum + "\"}}";
        return end_line();
    }
    return {};
}

Result<void> ExportWriter::finish() {
    const std::string sum = checksum_text(checksum());
    text_ += "{\"end\":{\"entries\":" + std::to_string(entries_) + ",\"content\":\"" +
             checksum_text(content_.value()) + "\",\"crc64\":\"" + sum + "\"}}\n";
    return send();
}

Result<void> ExportWriter::end_line() {
    text_ += '\n';
    if (text_.size() - line_start_ > line_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     "an entry is too large for the export format, whose lines have up to " +
                         std::to_string(line_bytes_max) + " bytes");
    }
    line_start_ = text_.size();
    return text_.size() < send_bytes ? Result<void>() : send();
}

std::uint64_t ExportWriter::checksum() {
    crc_.add(ByteView(text_).substr(summed_));
    summed_ = text_.size();
    return crc_.value();
}

Result<void> ExportWriter::send() {
    (void)checksum();
    TURNTABLE_CHECK(sink_(text_));
    text_.clear();
    line_start_ = summed_ = 0;
    return {};
}

}  // namespace turntable::inline v0::kv::transfer
