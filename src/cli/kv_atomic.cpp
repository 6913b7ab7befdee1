// kv atomic: several changes that happen together, written as lines.

#include <charconv>
#include <iostream>
#include <sstream>

#include "cli/app.hpp"
#include "cli/text.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

namespace {

using Atomic = kv::Database::Atomic;
using Words = std::vector<std::string>;

constexpr const char* atomic_help =
    "Changes that happen together or not at all. Each -e, or each line of the\n"
    "standard input without -e, is one step; words may be quoted:\n"
    "  check KEY VERSIONSTAMP|absent   commit only if the key is still so\n"
    "  set KEY VALUE [EXPIRE_IN]       plain text; set:u64, set:hex likewise\n"
    "  set:json KEY JSON               the rest of the line\n"
    "  remove KEY\n"
    "  sum|min|max KEY NUMBER          a counter\n"
    "  expire KEY IN|never             change when an entry expires\n"
    "  append KEY VALUE                under KEY and the versionstamp of the commit\n"
    "  enqueue VALUE                   put a message into the queue";

Error wrong_step(const std::string& expected) {
    return {ErrorCode::invalid_argument, "expected: " + expected};
}

Result<ValueType> type_of_step(std::string_view verb) {
    const std::size_t colon = verb.find(':');
    const std::string_view type = colon == verb.npos ? "text" : verb.substr(colon + 1);
    if (type == "text") {
        return ValueType::text;
    }
    if (type == "json") {
        return ValueType::json;
    }
    if (type == "u64") {
        return ValueType::u64;
    }
    if (type == "hex") {
        return ValueType::hex;
    }
    return Error(ErrorCode::invalid_argument, "a value is text, json, u64 or hex")
        .with("step", std::string(verb));
}

Result<void> add_check(Atomic& write, const kv::Key& key, const Words& words) {
    if (words.size() != 3) {
        return wrong_step("check KEY VERSIONSTAMP|absent");
    }
    if (words[2] == "absent") {
        write.check(key, kv::absent);
        return {};
    }
    TURNTABLE_TRY(const auto versionstamp, kv::Versionstamp::parse(words[2]));
    write.check(key, versionstamp);
    return {};
}

Result<void> add_value(Atomic& write, std::string_view verb, const kv::Key& key,
                       const Words& words) {
    if (words.size() < 3 || words.size() > 4) {
        return wrong_step(std::string(verb) + " KEY VALUE [EXPIRE_IN]");
    }
    TURNTABLE_TRY(const ValueType type, type_of_step(words[0]));
    TURNTABLE_TRY(const kv::Value value, parse_value(words[2], type));
    kv::SetOptions options;
    if (words.size() == 4) {
        TURNTABLE_TRY(options.expire_in, parse_duration("EXPIRE_IN", words[3]));
    }
    if (verb == "set") {
        write.set(key, value, options);
    } else {
        write.set_versionstamped(key, value, options);
    }
    return {};
}

Result<void> add_number(Atomic& write, std::string_view verb, const kv::Key& key,
                        const Words& words) {
    if (words.size() != 3) {
        return wrong_step(std::string(verb) + " KEY NUMBER");
    }
    TURNTABLE_TRY(const kv::Value value, parse_value(words[2], ValueType::u64));
    TURNTABLE_TRY(const std::uint64_t number, value.as_u64());
    if (verb == "sum") {
        write.sum(key, number);
    } else if (verb == "min") {
        write.min(key, number);
    } else {
        write.max(key, number);
    }
    return {};
}

Result<void> add_expiry(Atomic& write, const kv::Key& key, const Words& words) {
    if (words.size() != 3) {
        return wrong_step("expire KEY IN|never");
    }
    if (words[2] == "never") {
        write.set_expiry(key, std::nullopt);
        return {};
    }
    TURNTABLE_TRY(const auto in, parse_duration("IN", words[2]));
    write.set_expiry(key, in);
    return {};
}

Result<void> add_step(Atomic& write, const Words& words) {
    const std::string verb = words[0].substr(0, words[0].find(':'));
    if (verb == "enqueue") {
        if (words.size() != 2) {
            return wrong_step("enqueue VALUE");
        }
        TURNTABLE_TRY(const ValueType type, type_of_step(words[0]));
        TURNTABLE_TRY(const kv::Value value, parse_value(words[1], type));
        write.enqueue(value);
        return {};
    }
    if (words.size() < 2) {
        return wrong_step("a verb and a key; see turntable kv atomic --help");
    }
    TURNTABLE_TRY(const kv::Key key, kv::parse_key(words[1]));
    if (verb == "check") {
        return add_check(write, key, words);
    }
    if (verb == "set" || verb == "append") {
        return add_value(write, verb, key, words);
    }
    if (verb == "sum" || verb == "min" || verb == "max") {
        return add_number(write, verb, key, words);
    }
    if (verb == "expire") {
        return add_expiry(write, key, words);
    }
    if (verb == "remove" && words.size() == 2) {
        write.remove(key);
        return {};
    }
    return wrong_step("check, set, remove, sum, min, max, expire, append or enqueue");
}

Result<std::vector<std::string>> lines_of_input() {
    TURNTABLE_TRY(const std::string all, read_all("-"));
    std::vector<std::string> lines;
    std::istringstream in(all);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// The words of a step. JSON needs its quotes: it is the rest of its line, taken as it is.
Result<Words> split_step(std::string_view line) {
    std::string_view rest = line;
    TURNTABLE_TRY(const auto verb, take_word(rest));
    if (!verb || !verb->ends_with(":json")) {
        return split_words(line);
    }
    Words words{*verb};
    if (*verb != "enqueue:json") {
        TURNTABLE_TRY(const auto key, take_word(rest));
        if (!key) {
            return words;
        }
        words.push_back(*key);
    }
    const std::size_t value = rest.find_first_not_of(" \t");
    if (value != rest.npos) {
        words.emplace_back(rest.substr(value));
    }
    return words;
}

Result<void> add_steps(Atomic& write, const std::vector<std::string>& lines) {
    for (std::size_t at = 0; at < lines.size(); ++at) {
        Result<Words> words = split_step(lines[at]);
        Result<void> added = !words           ? Result<void>(words.error())
                             : words->empty() ? Result<void>()
                                              : add_step(write, *words);
        if (!added) {
            return std::move(added)
                .error()
                .with("step", std::to_string(at + 1))
                .with("line", lines[at]);
        }
    }
    return {};
}

void print_commit(App& app, const kv::CommitResult& commit, bool json) {
    if (!commit.committed) {
        app.end_with(ExitCode::check_failed);
    }
    if (json) {
        std::cout << "{\"committed\":" << (commit.committed ? "true" : "false");
        if (commit.committed) {
            std::cout << ",\"versionstamp\":\"" << commit.versionstamp.to_string() << '"';
        }
        std::cout << ",\"failed_checks\":[";
        for (std::size_t at = 0; at < commit.failed_checks.size(); ++at) {
            std::cout << (at == 0 ? "" : ",") << commit.failed_checks[at];
        }
        std::cout << "]}\n";
    } else if (commit.committed) {
        std::cout << commit.versionstamp.to_string() << '\n';
    } else {
        for (const std::uint32_t index : commit.failed_checks) {
            std::cerr << "turntable: check " << index + 1 << " failed; nothing was written\n";
        }
    }
}

}  // namespace

void add_kv_atomic(CLI::App& kv, App& app) {
    auto* command = kv.add_subcommand("atomic", atomic_help);
    auto steps = std::make_shared<std::vector<std::string>>();
    auto json = std::make_shared<bool>(false);
    command->add_option("-e,--step", *steps, "One step; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([&app, steps, json] {
        const auto lines =
            steps->empty() ? lines_of_input() : Result<std::vector<std::string>>(*steps);
        if (!lines) {
            return app.fail(lines.error());
        }
        const auto database = app.open_store();
        if (!database) {
            return;
        }
        Atomic write = database->atomic();
        if (const auto added = add_steps(write, *lines); !added) {
            return app.fail(added.error());
        }
        const auto commit = write.commit();
        if (!commit) {
            return app.fail(commit.error());
        }
        print_commit(app, *commit, *json);
    });
}

}  // namespace turntable_cli
