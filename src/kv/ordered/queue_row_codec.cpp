#include "kv/ordered/queue_row_codec.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

constexpr char format = 1;

void append_number(std::string& out, std::size_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out.push_back(static_cast<char>((number >> shift) & 0xFFU));
    }
}

class Reader {
  public:
    explicit Reader(ByteView bytes) : bytes_(bytes) {}
    bool is_good() const noexcept { return good_; }
    ByteView take(std::size_t count) {
        if (count > bytes_.size()) {
            good_ = false;
            return {};
        }
        const ByteView taken = bytes_.substr(0, count);
        bytes_ = bytes_.substr(count);
        return taken;
    }
    std::uint32_t number() {
        const ByteView bytes = take(4);
        std::uint32_t value = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            value = value << 8U | bytes[i];
        }
        return value;
    }
    ByteView rest() const noexcept { return bytes_; }

  private:
    ByteView bytes_;
    bool good_ = true;
};

}  // namespace

Bytes encode_queue_row(const QueueRow& row) {
    std::string head(1, format);
    append_number(head, row.backoff_ms.size());
    for (const std::uint32_t step : row.backoff_ms) {
        append_number(head, step);
    }
    append_number(head, row.keys_if_undelivered.size());
    for (const std::string& key : row.keys_if_undelivered) {
        append_number(head, key.size());
        head += key;
    }
    return Bytes::joined(head, row.payload);
}

Result<QueueRow> decode_queue_row(std::int64_t time_ms, ByteView id, ByteView stored) {
    QueueRow row{time_ms, id.to_string(), {}, {}, {}};
    Reader reader(stored);
    bool good = reader.take(1) == ByteView(&format, 1);
    const std::uint32_t steps = reader.number();
    for (std::uint32_t i = 0; i < steps && reader.is_good(); ++i) {
        row.backoff_ms.push_back(reader.number());
    }
    const std::uint32_t keys = reader.number();
    for (std::uint32_t i = 0; i < keys && reader.is_good(); ++i) {
        row.keys_if_undelivered.push_back(reader.take(reader.number()).to_string());
    }
    good = good && reader.is_good();
    if (!good) {
        return Error(ErrorCode::corrupt, "a message of the queue does not decode")
            .with("id", row.id);
    }
    row.payload = Bytes::copy(reader.rest());
    return row;
}

}  // namespace turntable::inline v0::kv::detail
