#include "cli/entry_output.hpp"

#include <ostream>

#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/key.hpp"

namespace turntable_cli {

namespace kv = turntable::kv;
using turntable::json_quoted;

namespace {

void print_json(std::ostream& out, turntable::ByteView key, const kv::Value& value,
                const kv::Versionstamp& versionstamp) {
    const auto json = kv::to_json(value);
    out << "{\"key\":" << json_quoted(kv::print_key(key)) << ",\"value\":";
    if (json) {
        out << *json;
    } else {
        out << "null,\"error\":" << json_quoted(json.error().to_string());
    }
    out << ",\"encoding\":\"" << kv::to_string(value.encoding()) << "\",\"versionstamp\":\""
        << versionstamp.to_string() << "\"}\n";
}

}  // namespace

void print_entry(std::ostream& out, turntable::ByteView key, const kv::Value& value,
                 const kv::Versionstamp& versionstamp, EntryForm form) {
    switch (form) {
        case EntryForm::value:
            out << print_value(value) << '\n';
            return;
        case EntryForm::raw:
            out << value.data().text();
            return;
        case EntryForm::key:
            out << kv::print_key(key) << '\n';
            return;
        case EntryForm::key_and_value:
            out << kv::print_key(key) << '\t' << print_value(value) << '\n';
            return;
        case EntryForm::json:
            print_json(out, key, value, versionstamp);
            return;
    }
}

void print_absent(std::ostream& out, turntable::ByteView key, EntryForm form) {
    if (form == EntryForm::json) {
        out << "{\"key\":" << json_quoted(kv::print_key(key))
            << ",\"value\":null,\"versionstamp\":null}\n";
    } else {
        out << kv::print_key(key) << "\t(absent)\n";
    }
}

}  // namespace turntable_cli
