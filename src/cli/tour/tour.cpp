// tour [FILE]: the first-run experience, on real data and the embedded default.

#include <unistd.h>
#include <filesystem>
#include <iostream>

#include "cli/app.hpp"
#include "cli/text.hpp"
#include "cli/tour/steps.hpp"

namespace turntable_cli {

using turntable::Result;

namespace {

constexpr const char* status_file = "/var/lib/dpkg/status";

/// A folder that goes with its object.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "turntable-tour-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) {
            path_ = pattern;
        }
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        if (!path_.empty()) {
            std::error_code ignored;
            std::filesystem::remove_all(path_, ignored);
        }
    }
    const std::string& path() const noexcept { return path_; }
    void keep() noexcept { path_.clear(); }

  private:
    std::string path_;
};

void run_steps(App& app, Narrator& tell, const std::string& url,
               const std::vector<Package>& packages) {
    if (auto database = app.open(url)) {
        TourSteps steps{tell, *database};
        tell.require(steps.all(packages).has_value(), "the steps end");
        tell.require(database->close().has_value(), "the store closes");
    } else {
        tell.require(false, url + " opens");
    }
}

void run_copy(App& app, Narrator& tell, const std::string& from_url, const std::string& to_url) {
    const auto from = app.open(from_url);
    const auto to = app.open(to_url);
    if (!from || !to) {
        return tell.require(false, "both stores open");
    }
    tell.timed("copied every entry and compared them",
               [&] { return copy_store(tell, *from, *to); });
}

void tour(App& app, const std::string& file, bool keep) {
    const auto text = read_all(file);
    const auto packages =
        text ? parse_dpkg_status(*text) : Result<std::vector<Package>>(text.error());
    if (!packages || packages->empty()) {
        std::cerr << "turntable: the tour needs real input: a dpkg status file, such as "
                  << status_file << "\n";
        return packages ? app.fail(ExitCode::failed, file + " holds no package")
                        : app.fail(packages.error());
    }
    TemporaryFolder folder;
    const std::string first = "sqlite:" + folder.path() + "/tour.db";
    const std::string second = "sqlite:" + folder.path() + "/copy.db";
    Narrator tell(false);

    std::cout << "A tour of Turntable, with the " << print_count(packages->size())
              << " packages of " << file << ".\n";
    tell.heading("1. SQLite, the embedded default, in Deno KV's file format: " + first);
    run_steps(app, tell, first, *packages);
    tell.heading("2. The same program on memory:, nothing changed but the URL");
    run_steps(app, tell, "memory:", *packages);
    tell.heading("3. From one store to another");
    run_copy(app, tell, first, second);

    if (!tell.all_held()) {
        return app.fail(ExitCode::failed, "not everything that the tour showed held; see above");
    }
    if (keep) {
        std::cout << "\nKept. Look around: turntable kv list packages --limit 3 -s " << first
                  << '\n';
        folder.keep();
    } else {
        std::cout << "\nEverything held. Next: turntable --help, or --keep to look around.\n";
    }
}

}  // namespace

void add_tour(CLI::App& root, App& app) {
    auto file = std::make_shared<std::string>(status_file);
    auto keep = std::make_shared<bool>(false);
    auto* command = root.add_subcommand("tour", "See what it does, on this machine's packages");
    command->add_option("FILE", *file, "A dpkg status file")->capture_default_str();
    command->add_flag("--keep", *keep, "Leave the stores behind");
    command->callback([&app, file, keep] { tour(app, *file, *keep); });
}

}  // namespace turntable_cli
