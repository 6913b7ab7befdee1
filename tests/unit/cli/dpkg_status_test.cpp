#include "cli/tour/dpkg_status.hpp"

#include <gtest/gtest.h>

namespace turntable_cli {
namespace {

TEST(DpkgStatus, ReadsParagraphsFieldsAndContinuations) {
    const auto packages = parse_dpkg_status(
        "Package: apt\nSection: admin\nInstalled-Size: 4232\nArchitecture: amd64\n"
        "Description: package manager\n first line\n .\n second: line\n"
        "\n\n"
        "Package: zlib1g\n");
    ASSERT_TRUE(packages) << packages.error().to_string();
    ASSERT_EQ(packages->size(), 2U);
    const Package& apt = packages->front();
    EXPECT_EQ(apt.name, "apt");
    EXPECT_EQ(apt.section, "admin");
    EXPECT_EQ(apt.architecture, "amd64");
    EXPECT_EQ(apt.installed_kib, 4232U);
    ASSERT_EQ(apt.fields.size(), 5U);
    EXPECT_EQ(apt.fields.back().second, "package manager\nfirst line\n.\nsecond: line");
    EXPECT_EQ(packages->back().name, "zlib1g");
}

TEST(DpkgStatus, AnEmptyFileHasNoPackages) {
    EXPECT_TRUE(parse_dpkg_status("")->empty());
    EXPECT_TRUE(parse_dpkg_status("\n\n")->empty());
}

TEST(DpkgStatus, SaysInWhichLineItIsNoStatusFile) {
    const struct {
        std::string_view text;
        std::string line;
    } wrong[] = {
        {"Package: a\nthis is no field\n", "2"},
        {" continuation first\n", "1"},
        {": no name\n", "1"},
        {"Section: admin\n\nPackage: b\n", "2"},
    };
    for (const auto& [text, line] : wrong) {
        const auto packages = parse_dpkg_status(text);
        ASSERT_FALSE(packages) << text;
        EXPECT_EQ(packages.error().context().front().second, line) << text;
    }
}

}  // namespace
}  // namespace turntable_cli
