// tour [FILE]: the first-run experience, on real data and the embedded default.

#include <unistd.h>
#include <filesystem>
#include <iostream>

#include "cli/app.hpp"
#include "cli/text.hpp"
#include "cli/tour/steps.hpp"
#include "turntable/core/settings_info.hpp"

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

struct TourOptions {
    std::string file = status_file;
    bool keep = false;
    bool json = false;
};

/// Runs everything in stores below `folder`; the URL of the first store that it leaves.
std::string run_all(App& app, Narrator& tell, const std::string& folder,
                    const std::vector<Package>& packages) {
    std::string first = "sqlite:" + folder + "/tour.db";
    tell.heading("1. SQLite, the embedded default, in Deno KV's file format: " + first);
    run_steps(app, tell, first, packages);
    tell.heading("2. The same program on memory:, nothing changed but the URL");
    run_steps(app, tell, "memory:", packages);
    tell.heading("3. From one store to another");
    run_copy(app, tell, first, "sqlite:" + folder + "/copy.db");
    return first;
}

void print_json(const TourOptions& options, std::size_t packages, const Narrator& tell,
                const std::string& first) {
    const bool kept = options.keep && tell.all_held();
    std::cout << "{\"file\":" << turntable::json_quoted(options.file)
              << ",\"packages\":" << packages << ',' << tell.json_members()
              << ",\"kept\":" << (kept ? turntable::json_quoted(first) : "null") << "}\n";
}

void tour(App& app, const TourOptions& options) {
    const auto text = read_all(options.file);
    const auto packages =
        text ? parse_dpkg_status(*text) : Result<std::vector<Package>>(text.error());
    if (!packages || packages->empty()) {
        std::cerr << "turntable: the tour needs real input: a dpkg status file, such as "
                  << status_file << "\n";
        return packages ? app.fail(ExitCode::failed, options.file + " holds no package")
                        : app.fail(packages.error());
    }
    TemporaryFolder folder;
    Narrator tell(options.json);
    if (!options.json) {
        std::cout << "A tour of Turntable, with the " << print_count(packages->size())
                  << " packages of " << options.file << ".\n";
    }
    const std::string first = run_all(app, tell, folder.path(), *packages);
    if (options.json) {
        print_json(options, packages->size(), tell, first);
    }
    if (!tell.all_held()) {
        return app.fail(ExitCode::failed, "not everything that the tour showed held; see above");
    }
    if (options.keep) {
        folder.keep();
    }
    if (!options.json) {
        std::cout << (options.keep
                          ? "\nKept. Look around: turntable kv list packages --limit 3 -s " +
                                first + "\n"
                          : "\nEverything held. Next: turntable --help, or --keep to look "
                            "around.\n");
    }
}

}  // namespace

void add_tour(CLI::App& root, App& app) {
    auto options = std::make_shared<TourOptions>();
    auto* command = root.add_subcommand("tour", "See what it does, on this machine's packages");
    command->add_option("FILE", options->file, "A dpkg status file")->capture_default_str();
    command->add_flag("--keep", options->keep, "Leave the stores behind");
    command->add_flag("--json", options->json, "Print a JSON object at the end");
    command->callback([&app, options] { tour(app, *options); });
}

}  // namespace turntable_cli
