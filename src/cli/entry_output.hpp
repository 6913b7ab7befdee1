#pragma once

#include <iosfwd>

#include "turntable/kv/value.hpp"
#include "turntable/kv/versionstamp.hpp"

namespace turntable_cli {

/// How an entry is printed.
enum class EntryForm {
    value,  ///< the value alone, for people
    raw,  ///< the stored bytes and nothing else
    key,  ///< the key alone
    key_and_value,  ///< both, separated by a tab
    json,  ///< one JSON object with key, value, encoding and versionstamp
};

void print_entry(std::ostream& out, turntable::ByteView key, const turntable::kv::Value& value,
                 const turntable::kv::Versionstamp& versionstamp, EntryForm form);

/// The same object for a key that has no entry: value and versionstamp are null.
void print_absent(std::ostream& out, turntable::ByteView key, EntryForm form);

}  // namespace turntable_cli
