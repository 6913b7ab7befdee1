#include "cli/value_options.hpp"

#include <map>

namespace turntable_cli {

void ValueOptions::add_to(CLI::App& command) {
    static const std::map<std::string, ValueType> types = {{"text", ValueType::text},
                                                           {"json", ValueType::json},
                                                           {"u64", ValueType::u64},
                                                           {"hex", ValueType::hex}};
    auto* value = command.add_option("VALUE", text, "The value; without it, see --file");
    command.add_option("--file", file, "Read the value from a file; - is the standard input")
        ->excludes(value);
    command
        .add_option("--type", type,
                    "How VALUE is written: text (plain bytes), json (a JavaScript value), "
                    "u64 (a counter), hex (plain bytes)")
        ->transform(CLI::CheckedTransformer(types, CLI::ignore_case))
        ->type_name("text|json|u64|hex");
}

turntable::Result<turntable::kv::Value> ValueOptions::read() const {
    if (text.has_value()) {
        return parse_value(*text, type);
    }
    if (file.empty()) {
        return turntable::Error(turntable::ErrorCode::invalid_argument,
                                "there is no value: give VALUE, --file FILE, or --file - for the "
                                "standard input");
    }
    TURNTABLE_TRY(const std::string content, read_all(file));
    return parse_value(content, type);
}

}  // namespace turntable_cli
