#pragma once

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace turntable::test {

/// Values by series, as in `name{a="1",b="2"}` with labels sorted by name.
using Samples = std::map<std::string, double>;

/// Reads the text exposition format 0.0.4 and is strict: each family has HELP and TYPE before its
/// samples, all of which stand together; names, labels and numbers are well formed; no series
/// occurs twice; buckets are cumulative, end with +Inf and agree with the count.
///
/// Purpose: says whether a scraper would take the text. Ownership: a value. Threads: one.
/// Errors: test failures.
inline Samples parse_prometheus(const std::string& text) {
    static const std::regex help_line(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))");
    static const std::regex type_line(
        R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
    static const std::regex sample_line(
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([^\n]*)\})? ([-+0-9.eE]+|\+Inf|NaN))");
    static const std::regex label(
        R"rx(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$))rx");
    Samples samples;
    std::map<std::string, std::string> types;
    std::map<std::string, double> last_bucket;
    std::string family;
    std::istringstream lines(text);
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line has no end";
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, help_line)) {
            EXPECT_FALSE(types.contains(match[1])) << "told twice: " << line;
            family = match[1];
        } else if (std::regex_match(line, match, type_line)) {
            EXPECT_EQ(match[1], family) << "TYPE without HELP: " << line;
            types[family] = match[2];
        } else if (std::regex_match(line, match, sample_line)) {
            const std::string name = match[1];
            std::string base = name;
            for (const char* end : {"_bucket", "_sum", "_count"}) {
                if (types[family] == "histogram" && name == family + end) {
                    base = family;
                }
            }
            EXPECT_EQ(base, family) << "outside of its family: " << line;
            std::map<std::string, std::string> labels;
            std::string rest = match[3];
            std::smatch one;
            while (std::regex_search(rest, one, label, std::regex_constants::match_continuous)) {
                EXPECT_TRUE(labels.emplace(one[1], one[2]).second) << "label twice: " << line;
                rest = one.suffix();
            }
            EXPECT_EQ(rest, "") << "labels: " << line;
            std::string series;
            std::string without_le;
            for (const auto& [key, value] : labels) {
                series += (series.empty() ? "" : ",") + key + "=\"" + value + '"';
                without_le += key == "le" ? "" : key + value;
            }
            series = name + (series.empty() ? "" : "{" + series + "}");
            const double value = std::stod(match[4]);
            EXPECT_TRUE(samples.emplace(series, value).second) << "series twice: " << line;
            if (name == family + "_bucket") {
                EXPECT_GE(value, last_bucket[without_le]) << "not cumulative: " << line;
                last_bucket[without_le] = value;
            } else if (name == family + "_count") {
                EXPECT_EQ(value, last_bucket[without_le]) << "not the last bucket: " << line;
                last_bucket.clear();
            }
        } else {
            ADD_FAILURE() << "no line of the format: " << line;
        }
    }
    return samples;
}

}  // namespace turntable::test
