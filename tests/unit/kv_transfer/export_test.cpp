#include "turntable/kv/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/temp_folder.hpp"
#include "unit/kv_transfer/support.hpp"

namespace turntable::test {
namespace {

using kv::Existing;
using testing::HasSubstr;

std::string exported(const kv::Database& db) {
    std::string text;
    const auto report = kv::export_entries(db, [&](std::string_view bytes) -> Result<void> {
        text += bytes;
        return {};
    });
    EXPECT_TRUE(report) << report.error().to_string();
    return text;
}

/// Gives at most `step` bytes at a time.
kv::ExportSource source_of(const std::string& text, std::size_t step = 4096) {
    return [&text, step, at = std::size_t{0}](char* buffer,
                                              std::size_t size) mutable -> Result<std::size_t> {
        const std::size_t given = text.copy(buffer, std::min(step, size), at);
        at += given;
        return given;
    };
}

Result<kv::TransferReport> imported(const std::string& text, const kv::Database& to,
                                    Existing existing = Existing::refuse) {
    kv::TransferOptions options;
    options.existing = existing;
    return kv::import_entries(source_of(text), to, options);
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}
std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// As docs/formats/export.md says it, bit by bit.
std::string crc64(std::string_view bytes) {
    std::uint64_t crc = UINT64_MAX;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc & 1U ? crc >> 1U ^ 0xC96C5795D7870F42U : crc >> 1U;
        }
    }
    return kv::checksum_text(~crc);
}

/// The text of an export without its last line, and a last line that fits.
std::string with_end(const std::string& lines, int entries, const std::string& content) {
    return lines + R"({"end":{"entries":)" + std::to_string(entries) + R"(,"content":")" + content +
           R"(","crc64":")" + crc64(lines) + "\"}}\n";
}

constexpr const char* header =
    R"({"turntable":"kv-export","version":1,"minor":0,"source":"x","created_ms":7,"range":["00","ff"]})"
    "\n";
/// The content of no entries.
const std::string nothing = crc64("");

TEST(Export, ComesBackExactlyIntoAnotherStore) {
    const kv::Database from = memory_database();
    fill_with_everything(from);
    const std::string text = exported(from);
    for (const std::size_t step : {1U, 7U, 100'000U}) {
        const kv::Database to = memory_database();
        const auto report = kv::import_entries(source_of(text, step), to);
        ASSERT_TRUE(report) << report.error().to_string();
        expect_equal(from, to);
        EXPECT_EQ(report->checksum, kv::verify(from, to)->first_checksum);
        EXPECT_FALSE(*to.get(kv::unfinished_transfer_key()));
    }
    const auto info = kv::check_export(source_of(text));
    ASSERT_TRUE(info) << info.error().to_string();
    EXPECT_EQ(info->entries, *from.count(kv::everything()));
    EXPECT_EQ(info->source, "memory:");
}

TEST(Export, IsWrittenAsDocumented) {
    const auto clock = std::make_shared<ManualClock>();
    RuntimeOptions options;
    options.clock = clock;
    const kv::Database db = memory_database(Runtime::create(options));
    const std::int64_t now = clock->wall_now().time_since_epoch().count();
    ASSERT_TRUE(db.set("greeting", "hello"));
    ASSERT_TRUE(db.set({"users", 42}, kv::from_json(R"({"name":"Ada"})").value(),
                       {.expire_in = std::chrono::seconds(1)}));
    ASSERT_TRUE(db.set("visits", kv::Value::u64(42)));
    put(db, kv::Key("x").encoded(), "\xff\x0f", kv::ValueEncoding::v8, INT64_MAX);
    const std::string lines =
        R"({"turntable":"kv-export","version":1,"minor":0,"source":"memory:","created_ms":)" +
        std::to_string(now) + R"(,"range":["00","ff"]})" + "\n" +
        R"({"key":"greeting","value":{"$text":"hello"}})" + "\n" +
        R"({"key":"users/42n","value":{"name":"Ada"},"expires_ms":)" + std::to_string(now + 1000) +
        "}\n" + R"({"key":"visits","value":{"$u64":"42"}})" + "\n" +
        R"({"key":"x","raw":["v8","/w8="],"expires_ms":"9223372036854775807"})" + "\n";
    const auto sum = [](std::uint64_t number, int bytes) {
        std::string out;
        for (int i = 0; i < bytes; ++i) {
            out += static_cast<char>(number >> (8 * i) & 0xFFU);
        }
        return out;
    };
    std::string content;
    for (const auto& range :
         *db.backend()
              .snapshot_read({}, std::array{kv::ReadRange{ByteView("\0", 1), "\xff", 10, false}},
                             {})
              .wait()) {
        for (std::size_t i = 0; i < range.size(); ++i) {
            const kv::EntryView entry = range[i];
            content += sum(entry.key.size(), 4) + sum(entry.data.size(), 4) +
                       sum(static_cast<std::uint64_t>(entry.expire_at_ms), 8) +
                       sum(static_cast<std::uint64_t>(entry.encoding), 1) + entry.key.to_string() +
                       entry.data.to_string();
        }
    }
    EXPECT_EQ(exported(db), with_end(lines, 4, crc64(content)));
    EXPECT_EQ(crc64("123456789"), "995dc9bbdf1939fa");
}

TEST(Export, HasACheckAfterAThousandEntriesOrAMebibyte) {
    const kv::Database db = memory_database();
    for (int i = 0; i < 2001; ++i) {
        ASSERT_TRUE(db.set({"n", i}, "x"));
    }
    const std::string big(std::size_t{3} << 18U, 'x');
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(db.set({"o", i}, big));
    }
    const std::string text = exported(db);
    std::string checks;
    for (std::size_t at = 0; (at = text.find("{\"check\":{\"entries\":", at)) != std::string::npos;
         ++at) {
        checks += text.substr(at + 20, text.find(',', at) - at - 20) + " ";
    }
    EXPECT_EQ(checks, "1000 2000 2003 ");
    const kv::Database to = memory_database();
    ASSERT_TRUE(imported(text, to));
    expect_equal(db, to);
}

TEST(Export, WithAnyByteChangedIsRefusedAndNothingIsWritten) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("a", "value 3"));
    ASSERT_TRUE(from.set({"b", 1.5}, kv::from_json("[1]").value()));
    put(from, kv::Key("c").encoded(), "raw", kv::ValueEncoding::v8, 7'000'000'000'000);
    const TempFolder folder;
    const std::string text = exported(from);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        const auto info = kv::check_export(source_of(changed));
        ASSERT_FALSE(info) << at << ": " << changed.substr(at < 20 ? 0 : at - 20, 40);
    }
    std::string changed = text;
    changed[text.find("value 3")] = 'w';
    write_file(folder.file("changed"), changed);
    const kv::Database to = memory_database();
    const auto refused = kv::import_file(folder.file("changed"), to);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::corrupt);
    EXPECT_THAT(refused.error().message(), HasSubstr("between lines 1 and "));
    EXPECT_EQ(*to.count(kv::everything()), 0U);
}

TEST(Export, ThatWasTornAnywhereIsRefused) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("a", "x"));
    ASSERT_TRUE(from.set("b", "y"));
    const std::string text = exported(from);
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto info = kv::check_export(source_of(text.substr(0, size)));
        ASSERT_FALSE(info) << size;
        EXPECT_EQ(info.error().code(), ErrorCode::corrupt) << info.error().to_string();
    }
}

struct Bad {
    const char* what;
    std::string text;
    ErrorCode code;
    const char* says;
};

TEST(Export, OfAnotherFormIsRefusedByLine) {
    const std::string h = header;
    const std::string a = "{\"key\":\"a\",\"value\":1}\n";
    const std::string newer = R"({"turntable":"kv-export","version":2})"
                              "\n";
    const Bad table[] = {
        {"nothing", "", ErrorCode::corrupt, "no export"},
        {"another file", "hello\n", ErrorCode::corrupt, "no export"},
        {"a newer version", newer, ErrorCode::unsupported, "newer turntable"},
        {"no range",
         R"({"turntable":"kv-export","version":1})"
         "\n",
         ErrorCode::corrupt, "range"},
        {"a range beyond ours",
         R"({"turntable":"kv-export","version":1,"range":["00","ffff"]})"
         "\n",
         ErrorCode::corrupt, "range"},
        {"no JSON", h + "{\n", ErrorCode::corrupt, "line 2: "},
        {"no object", h + "1\n", ErrorCode::corrupt, "line 2: "},
        {"no value", h + "{\"key\":\"a\"}\n", ErrorCode::corrupt, "line 2: the entry has no"},
        {"a key of no parts", h + "{\"key\":\"\",\"value\":1}\n", ErrorCode::corrupt, "line 2: "},
        {"a reserved key", h + "{\"key_hex\":\"ff00\",\"value\":1}\n", ErrorCode::corrupt,
         "line 2"},
        {"no key text", h + "{\"key\":\"\\\"a\",\"value\":1}\n", ErrorCode::corrupt, "line 2: key"},
        {"an unknown member", h + "{\"key\":\"a\",\"value\":1,\"x\":1}\n", ErrorCode::corrupt,
         "\"x\" does not belong"},
        {"two values", h + "{\"key\":\"a\",\"value\":1,\"raw\":[\"v8\",\"\"]}\n",
         ErrorCode::corrupt, "\"raw\" does not belong"},
        {"an unknown encoding", h + "{\"key\":\"a\",\"raw\":[\"v9\",\"\"]}\n", ErrorCode::corrupt,
         "no value"},
        {"an expiry below zero", h + "{\"key\":\"a\",\"value\":1,\"expires_ms\":-1}\n",
         ErrorCode::corrupt, "expires_ms"},
        {"the same key again", h + a + a, ErrorCode::corrupt, "line 3: the key is not larger"},
        {"a check of nothing", h + R"({"check":{"entries":0,"crc64":")" + crc64(h) + "\"}}\n",
         ErrorCode::corrupt, "without entries"},
        {"a wrong count", with_end(h + a, 2, nothing), ErrorCode::corrupt, "1 entries above"},
        {"a wrong content", with_end(h + a, 1, nothing), ErrorCode::corrupt, "content"},
        {"a line too many", with_end(h, 0, nothing) + "\n", ErrorCode::corrupt, "after the end"},
    };
    for (const Bad& row : table) {
        SCOPED_TRACE(row.what);
        const auto info = kv::check_export(source_of(row.text));
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code(), row.code) << info.error().to_string();
        EXPECT_THAT(info.error().message(), HasSubstr(row.says));
    }
    std::string crowded = h;
    for (int i = 1000; i < 2001; ++i) {
        crowded += "{\"key\":\"k" + std::to_string(i) + "\",\"value\":1}\n";
    }
    EXPECT_THAT(kv::check_export(source_of(crowded)).error().message(),
                HasSubstr("line 1002: a check should stand here"));
}

TEST(Export, OfANewerMinorVersionIsRead) {
    const std::string lines =
        R"({"turntable":"kv-export","version":1,"minor":3,"mood":"good","range":["00","ff"]})"
        "\n";
    const auto info = kv::check_export(source_of(with_end(lines, 0, nothing)));
    ASSERT_TRUE(info) << info.error().to_string();
    EXPECT_EQ(info->minor, 3U);
}

TEST(Import, OverExistingDataIsRefusedWithoutDamageUnlessAsked) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("a", "new"));
    const std::string text = exported(from);
    const kv::Database to = memory_database();
    ASSERT_TRUE(to.set("a", "old"));
    ASSERT_TRUE(to.set("b", "old"));
    EXPECT_EQ(imported(text, to).error().code(), ErrorCode::already_exists);
    EXPECT_EQ((*to.get("a"))->value, kv::Value("old"));
    ASSERT_TRUE(imported(text, to, Existing::merge));
    EXPECT_EQ((*to.get("a"))->value, kv::Value("new"));
    EXPECT_TRUE(*to.get("b"));
    ASSERT_TRUE(imported(text, to, Existing::replace));
    EXPECT_FALSE(*to.get("b"));
    expect_equal(from, to);
}

TEST(Import, OfARangeReplacesNothingElse) {
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set({"users", 1}, "x"));
    ASSERT_TRUE(from.set({"zoo", 1}, "x"));
    std::string text;
    kv::TransferOptions options;
    options.selector = kv::prefix("users");
    ASSERT_TRUE(kv::export_entries(
        from,
        [&](std::string_view bytes) -> Result<void> {
            text += bytes;
            return {};
        },
        options));
    EXPECT_THAT(text, testing::Not(HasSubstr("zoo")));
    const kv::Database to = memory_database();
    ASSERT_TRUE(to.set({"users", 2}, "goes"));
    ASSERT_TRUE(to.set("other", "stays"));
    const auto report = imported(text, to, Existing::replace);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->removed, 1U);
    EXPECT_TRUE(*to.get("other"));
}

TEST(Import, ThatBrokeOffIsGoneOnWithAndDoublesNothing) {
    const kv::Database from = memory_database();
    for (int i = 0; i < 2500; ++i) {
        ASSERT_TRUE(from.set({"n", i}, std::to_string(i)));
    }
    const std::string text = exported(from);
    for (const int writes : {0, 1, 150, 357}) {
        const std::string name = "import-" + std::to_string(writes);
        const kv::Database to = breaking_database(name, INT_MAX);
        ASSERT_FALSE(imported(text, breaking_database(name, writes)));
        const auto report = imported(text, to);
        ASSERT_TRUE(report) << report.error().to_string();
        EXPECT_EQ(report->resumed, writes > 0);
        EXPECT_LE(report->written + static_cast<std::uint64_t>(7 * writes), 2507U);
        expect_equal(from, to);
    }
}

TEST(Import, OfADamagedStreamWritesNothingBelowTheLastCheckThatHeld) {
    const kv::Database from = memory_database();
    for (int i = 0; i < 2500; ++i) {
        ASSERT_TRUE(from.set({"n", i}, "x"));
    }
    std::string text = exported(from);
    text[text.find("n/1700n")] = 'm';
    const kv::Database to = memory_database();
    const auto refused = imported(text, to);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("line 1703"));
    EXPECT_EQ(*to.count(kv::prefix("n")), 1000U);
    EXPECT_TRUE(*to.get(kv::unfinished_transfer_key()));
}

TEST(ExportFile, IsThereWhenItIsWholeAndNotBefore) {
    const TempFolder folder;
    const std::string path = folder.file("out.jsonl");
    const kv::Database from = memory_database();
    for (int i = 0; i < 3000; ++i) {
        ASSERT_TRUE(from.set({"n", i}, "x"));
    }
    write_file(path + ".partial", "what a killed process left, longer than nothing");
    kv::TransferOptions options;
    options.on_progress = [&](const kv::TransferProgress&) {
        EXPECT_FALSE(std::filesystem::exists(path));
        // Nobody else makes the same file meanwhile.
        EXPECT_EQ(kv::export_file(from, path).error().code(), ErrorCode::busy);
    };
    const auto report = kv::export_file(from, path, options);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
    const kv::Database to = memory_database();
    ASSERT_TRUE(kv::import_file(path, to));
    expect_equal(from, to);
}

TEST(ExportFile, LeavesWhatIsThereUntilItIsReplaced) {
    const TempFolder folder;
    const std::string path = folder.file("out.jsonl");
    const kv::Database from = memory_database();
    ASSERT_TRUE(from.set("a", "x"));
    write_file(path, "precious");
    EXPECT_EQ(kv::export_file(from, path).error().code(), ErrorCode::already_exists);
    kv::TransferOptions options;
    options.existing = Existing::replace;
    std::stop_source stop;
    stop.request_stop();
    options.stop = stop.get_token();
    EXPECT_EQ(kv::export_file(from, path, options).error().code(), ErrorCode::cancelled);
    EXPECT_EQ(read_file(path), "precious");
    EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
    options.stop = {};
    ASSERT_TRUE(kv::export_file(from, path, options));
    ASSERT_TRUE(kv::import_file(path, memory_database()));
    EXPECT_EQ(kv::export_file(from, folder.file("no/folder")).error().code(), ErrorCode::not_found);
    EXPECT_EQ(kv::import_file(folder.file("none"), memory_database()).error().code(),
              ErrorCode::not_found);
}

}  // namespace
}  // namespace turntable::test
