// conform URL: certifies a backend.

#include <iostream>

#include "cli/app.hpp"
#include "turntable/conformance/command.hpp"

namespace turntable_cli {

namespace conformance = turntable::kv::conformance;

void add_conform(CLI::App& root, App& app) {
    struct Options {
        std::string url;
        conformance::CommandOptions command;
    };
    auto options = std::make_shared<Options>();
    auto* command = root.add_subcommand("conform", "Certify a backend: every promise is tried");
    command->add_option("URL", options->url, "A store that may be emptied");
    command->add_flag("--json", options->command.json,
                      "Print one JSON object, or with --list an array");
    command->add_flag("--list", options->command.list, "Only list the cases");
    command->add_flag("--erase", options->command.erase, "Empty a store that holds something");
    command->add_option("--filter", options->command.run.filter,
                        "Only cases with this in the name");
    command->add_option("--seed", options->command.run.seed, "Seed of the random operations");
    command->add_option("--rounds", options->command.run.model_rounds,
                        "Random histories that are tried against the model");
    command->callback([&app, options] {
        const std::string url = options->url.empty() ? app.store : options->url;
        const auto open = [&app, &url](const std::shared_ptr<turntable::Runtime>& runtime)
            -> turntable::Result<turntable::kv::AnyBackend> {
            turntable::kv::OpenOptions open_options;
            open_options.runtime = runtime;
            TURNTABLE_TRY(const auto database, app.registry().open(url, open_options));
            return std::move(database.backend());
        };
        std::string json;
        const int status = conformance::conform(turntable::mask_url(url), open, options->command,
                                                [&](std::string_view text) {
                                                    if (options->command.json) {
                                                        json += text;
                                                    } else {
                                                        std::cout << text;
                                                    }
                                                });
        // A reason why nothing was tried is no report.
        (status == conformance::exit_unusable ? std::cerr : std::cout) << json;
        if (status == conformance::exit_failed) {
            app.end_with(ExitCode::unwell);
        } else if (status == conformance::exit_unusable) {
            app.end_with(ExitCode::cannot_open);
        }
    });
}

}  // namespace turntable_cli
