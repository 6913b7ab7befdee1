// Tables of the docs that state facts of the library, compared with the library.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "turntable/core/error.hpp"
#include "turntable/kv/json.hpp"
#include "turntable/kv/key.hpp"
#include "turntable/kv/limits.hpp"
#include "turntable/tape/reader.hpp"

namespace {

using namespace turntable;

std::string page(const std::string& name) {
    std::ifstream file(std::string(DOCS_FOLDER) + "/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += i == 0 ? "" : " ";
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

/// The cells of every table row after `mark`, where each is code or a plain word.
std::vector<std::vector<std::string>> rows(const std::string& text, const std::string& mark) {
    std::vector<std::vector<std::string>> found;
    bool checked = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        checked = line == mark || (checked && !line.starts_with("#"));
        if (!checked || !line.starts_with("| `")) {
            continue;
        }
        std::vector<std::string>& row = found.emplace_back();
        std::istringstream cells(line.substr(2));
        for (std::string cell; std::getline(cells, cell, '|');) {
            cell = cell.substr(cell.find_first_not_of(" `"));
            row.push_back(cell.substr(0, cell.find_last_not_of(" `") + 1));
        }
    }
    return found;
}

TEST(DocPages, TheTapeOnThePageIsOne) {
    const std::string text = page("tape-format.md");
    const std::size_t begin = text.find("```json\n") + 8;
    const Bytes bytes = Bytes::copy(ByteView(text).substr(begin, text.find("```", begin) - begin));
    const auto report = tape::verify(std::make_unique<tape::MemorySource>(bytes));
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_TRUE(report->problems.empty()) << report->problems[0].what;
    EXPECT_EQ(report->summary.totals.frames, 3U);
    EXPECT_EQ(report->summary.end_reason, "complete");
}

TEST(DocPages, KeysHaveTheBytesThatThePageGives) {
    std::string order;
    for (const auto& row : rows(page("formats/kv-keys.md"), "<!-- checked: keys -->")) {
        ASSERT_EQ(row.size(), 2U);
        const Result<kv::Key> key = kv::parse_key(row[0]);
        ASSERT_TRUE(key) << row[0] << ": " << key.error().to_string();
        EXPECT_EQ(hex(key->encoded()), row[1]) << row[0];
        EXPECT_EQ(kv::print_key(key->encoded()), row[0]);
        order += row[0] + '\n';
    }
    EXPECT_THAT(order, ::testing::HasSubstr("users/42n"));
}

void check_values(const std::string& name) {
    const auto values = rows(page(name), "<!-- checked: values -->");
    EXPECT_GT(values.size(), 3U);
    for (const auto& row : values) {
        if (row.size() != 3) {
            continue;  // a table that explains
        }
        const Result<kv::Value> value = kv::from_json(row[0]);
        ASSERT_TRUE(value) << row[0] << ": " << value.error().to_string();
        EXPECT_EQ(kv::to_string(value->encoding()), row[1]) << row[0];
        EXPECT_EQ(hex(value->data()), row[2]) << row[0];
        EXPECT_EQ(kv::to_json(*value).value(), row[0]);
    }
}

TEST(DocPages, ValuesHaveTheBytesThatThePagesGive) {
    check_values("formats/v8-values.md");
    check_values("formats/json.md");
}

TEST(DocPages, TheLimitsAreThoseOfTheLibrary) {
    const std::string text = page("concepts.md");
    const kv::Limits ours;
    const kv::Limits deno = kv::deno_limits();
    const auto expect_row = [&](const std::string& name, auto a, auto b) {
        const std::string row =
            "| `" + name + "` | " + std::to_string(a) + " | " + std::to_string(b) + " |\n";
        EXPECT_THAT(text, ::testing::HasSubstr(row));
    };
    expect_row("key_bytes", ours.key_bytes, deno.key_bytes);
    expect_row("read_key_bytes", ours.read_key_bytes, deno.read_key_bytes);
    expect_row("value_bytes", ours.value_bytes, deno.value_bytes);
    expect_row("payload_bytes", ours.payload_bytes, deno.payload_bytes);
    expect_row("checks", ours.checks, deno.checks);
    expect_row("mutations", ours.mutations, deno.mutations);
    expect_row("write_bytes", ours.write_bytes, deno.write_bytes);
    expect_row("write_key_bytes", ours.write_key_bytes, deno.write_key_bytes);
    expect_row("ranges", ours.ranges, deno.ranges);
    expect_row("read_entries", ours.read_entries, deno.read_entries);
    expect_row("watched_keys", ours.watched_keys, deno.watched_keys);
    expect_row("backoff_steps", ours.backoff_steps, deno.backoff_steps);
    expect_row("backoff_step_ms", ours.backoff_step_ms, deno.backoff_step_ms);
    expect_row("keys_if_undelivered", ours.keys_if_undelivered, deno.keys_if_undelivered);
    expect_row("enqueue_delay_ms", ours.enqueue_delay_ms, deno.enqueue_delay_ms);
}

TEST(DocPages, EveryErrorCodeIsExplained) {
    const std::string text = page("concepts.md");
    for (unsigned code = 0; code <= static_cast<unsigned>(ErrorCode::backend); ++code) {
        const std::string name(to_string(static_cast<ErrorCode>(code)));
        EXPECT_THAT(text, ::testing::HasSubstr("| `" + name + "` | "));
    }
}

}  // namespace
