#include "kv_connect/fields.hpp"
#include "kv_connect/messages.hpp"

namespace turntable::inline v0::kv::connect {

namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

/// An entry as it came, with views into the message.
struct WireEntry {
    ByteView key;
    ByteView data;
    ValueEncoding encoding = ValueEncoding::bytes;
    Versionstamp versionstamp;
};

Error wrong_answer(const std::string& what) {
    return {ErrorCode::serialization, "the server answered with " + what};
}

/// Numbers that nobody knows are as good as none.
ReadStatus read_status(std::int32_t number) {
    return number == 1 || number == 2 ? static_cast<ReadStatus>(number) : ReadStatus::unspecified;
}
WriteStatus write_status(std::int32_t number) {
    return number == 1 || number == 2 || number == 5 ? static_cast<WriteStatus>(number)
                                                     : WriteStatus::unspecified;
}

Result<Versionstamp> versionstamp_of(ByteView bytes) {
    auto stamp = Versionstamp::from_bytes(bytes);
    if (!stamp) {
        return wrong_answer("a versionstamp of " + std::to_string(bytes.size()) + " bytes");
    }
    return stamp;
}

Result<WireEntry> decode_entry(pbf_reader message) {
    WireEntry entry;
    std::int32_t encoding = 0;
    ByteView stamp;
    while (message.next()) {
        if (is_bytes(message, field::entry_key)) {
            entry.key = bytes_of(message);
        } else if (is_bytes(message, field::entry_value)) {
            entry.data = bytes_of(message);
        } else if (is_number(message, field::entry_encoding)) {
            encoding = message.get_enum();
        } else if (is_bytes(message, field::entry_versionstamp)) {
            stamp = bytes_of(message);
        } else {
            message.skip();
        }
    }
    TURNTABLE_TRY(entry.encoding, value_encoding_from(encoding));
    TURNTABLE_TRY(entry.versionstamp, versionstamp_of(stamp));
    return entry;
}

void encode_entry(pbf_writer message, ByteView key, ByteView data, ValueEncoding encoding,
                  const Versionstamp& versionstamp) {
    message.add_bytes(field::entry_key, key.data(), key.size());
    message.add_bytes(field::entry_value, data.data(), data.size());
    message.add_enum(field::entry_encoding, static_cast<std::int32_t>(encoding));
    message.add_bytes(field::entry_versionstamp, versionstamp.view().data(),
                      Versionstamp::size_bytes);
}

Result<EntryBatch> decode_batch(pbf_reader message) {
    EntryBatch batch;
    while (message.next()) {
        if (!is_bytes(message, field::range_output_values)) {
            message.skip();
            continue;
        }
        TURNTABLE_TRY(const WireEntry entry, decode_entry(message.get_message()));
        if (!batch.append(entry.key, entry.data, entry.encoding, entry.versionstamp)) {
            return wrong_answer("more than 4 GiB in one range");
        }
    }
    return batch;
}

Result<ReadReply> decode_read_reply(pbf_reader message) {
    ReadReply reply{.status = ReadStatus::unspecified, .strongly_consistent = false};
    bool disabled = false;
    bool has_status = false;
    while (message.next()) {
        if (is_bytes(message, field::read_output_ranges)) {
            TURNTABLE_TRY(EntryBatch batch, decode_batch(message.get_message()));
            reply.output.push_back(std::move(batch));
        } else if (is_number(message, field::read_output_disabled)) {
            disabled = message.get_bool();
        } else if (is_number(message, field::read_output_strong)) {
            reply.strongly_consistent = message.get_bool();
        } else if (is_number(message, field::read_output_status)) {
            has_status = true;
            reply.status = read_status(message.get_enum());
        } else {
            message.skip();
        }
    }
    // Before version 3 of the protocol there was no status.
    if (disabled) {
        reply.status = ReadStatus::read_disabled;
    } else if (!has_status) {
        reply.status = ReadStatus::success;
    }
    return reply;
}

Result<WriteReply> decode_write_reply(pbf_reader message) {
    WriteReply reply{.status = WriteStatus::unspecified};
    ByteView stamp;
    while (message.next()) {
        if (is_number(message, field::write_output_status)) {
            reply.status = write_status(message.get_enum());
        } else if (is_bytes(message, field::write_output_versionstamp)) {
            stamp = bytes_of(message);
        } else if (is_number(message, field::write_output_failed_checks)) {
            reply.failed_checks.push_back(message.get_uint32());
        } else if (is_bytes(message, field::write_output_failed_checks)) {
            for (const std::uint32_t index : message.get_packed_uint32()) {
                reply.failed_checks.push_back(index);
            }
        } else {
            message.skip();
        }
    }
    if (reply.status == WriteStatus::success) {
        TURNTABLE_TRY(reply.versionstamp, versionstamp_of(stamp));
    }
    return reply;
}

Result<WatchReply::Key> decode_watched(pbf_reader message) {
    WatchReply::Key key;
    while (message.next()) {
        if (is_number(message, field::watch_key_changed)) {
            key.changed = message.get_bool();
        } else if (is_bytes(message, field::watch_key_entry)) {
            TURNTABLE_TRY(const WireEntry entry, decode_entry(message.get_message()));
            key.entry = Entry{Value(Bytes::copy(entry.data), entry.encoding), entry.versionstamp};
        } else {
            message.skip();
        }
    }
    return key;
}

Result<WatchReply> decode_watch_reply(pbf_reader message) {
    WatchReply reply{.status = ReadStatus::unspecified};
    while (message.next()) {
        if (is_number(message, field::watch_output_status)) {
            reply.status = read_status(message.get_enum());
        } else if (is_bytes(message, field::watch_output_keys)) {
            TURNTABLE_TRY(WatchReply::Key key, decode_watched(message.get_message()));
            reply.keys.push_back(std::move(key));
        } else {
            message.skip();
        }
    }
    return reply;
}

}  // namespace

std::string encode_read_output(const ReadOutput& output) {
    std::string out;
    pbf_writer message(out);
    for (const EntryBatch& batch : output) {
        add_inner(out, message, field::read_output_ranges, [&](pbf_writer& range) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                const EntryView entry = batch[i];
                encode_entry(pbf_writer(range, field::range_output_values), entry.key, entry.data,
                             entry.encoding, entry.versionstamp);
            }
        });
    }
    message.add_bool(field::read_output_strong, true);
    message.add_enum(field::read_output_status, static_cast<std::int32_t>(ReadStatus::success));
    return out;
}

Result<ReadReply> decode_read_output(ByteView message) {
    return decode_message<ReadReply>(message, ErrorCode::serialization, "SnapshotReadOutput",
                                     decode_read_reply);
}

std::string encode_write_output(const CommitResult& result) {
    std::string out;
    pbf_writer message(out);
    message.add_enum(field::write_output_status,
                     static_cast<std::int32_t>(result.committed ? WriteStatus::success
                                                                : WriteStatus::check_failure));
    if (result.committed) {
        message.add_bytes(field::write_output_versionstamp, result.versionstamp.view().data(),
                          Versionstamp::size_bytes);
    }
    message.add_packed_uint32(field::write_output_failed_checks, result.failed_checks.begin(),
                              result.failed_checks.end());
    return out;
}

Result<WriteReply> decode_write_output(ByteView message) {
    return decode_message<WriteReply>(message, ErrorCode::serialization, "AtomicWriteOutput",
                                      decode_write_reply);
}

std::string encode_watch_output(const WatchOutput& output, std::size_t count) {
    std::vector<const WatchChange*> changes(count, nullptr);
    for (const WatchChange& change : output) {
        if (change.target < count) {
            changes[change.target] = &change;
        }
    }
    std::string out;
    pbf_writer message(out);
    message.add_enum(field::watch_output_status, static_cast<std::int32_t>(ReadStatus::success));
    for (const WatchChange* change : changes) {
        add_inner(out, message, field::watch_output_keys, [&](pbf_writer& key) {
            if (change == nullptr) {
                return;
            }
            key.add_bool(field::watch_key_changed, true);
            if (change->entry) {
                const Entry& entry = *change->entry;
                encode_entry(pbf_writer(key, field::watch_key_entry), change->key.view(),
                             entry.value.data().view(), entry.value.encoding(), entry.versionstamp);
            }
        });
    }
    return out;
}

Result<WatchReply> decode_watch_output(ByteView message) {
    return decode_message<WatchReply>(message, ErrorCode::serialization, "WatchOutput",
                                      decode_watch_reply);
}

}  // namespace turntable::inline v0::kv::connect
