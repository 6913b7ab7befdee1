// conform URL: certifies a backend.

#include <iostream>

#include "cli/app.hpp"
#include "turntable/conformance/blob/command.hpp"
#include "turntable/conformance/command.hpp"
#include "turntable/conformance/tape/command.hpp"

namespace turntable_cli {

namespace kv_suite = turntable::kv::conformance;
namespace blob_suite = turntable::blob::conformance;
namespace tape_suite = turntable::tape::conformance;
using turntable::Result;
using turntable::Runtime;

namespace {

struct ConformArguments {
    std::string url;
    std::string surface;
    kv_suite::CommandOptions kv;
};

/// The surface that is said, or else the first of which the URL is one.
std::string surface_of(App& app, const ConformArguments& arguments, const std::string& url) {
    if (!arguments.surface.empty()) {
        return arguments.surface;
    }
    if (!app.registry().backend_for(url)) {
        if (app.blobs().backend_for(url)) {
            return "blob";
        }
        if (app.tapes().backend_for(url)) {
            return "tape";
        }
    }
    return "kv";
}

/// The options of the suites that have no more than the common ones.
template <class CommandOptions>
CommandOptions common_options(const ConformArguments& arguments) {
    CommandOptions options;
    options.run.filter = arguments.kv.run.filter;
    options.run.seed = arguments.kv.run.seed;
    options.json = arguments.kv.json;
    options.list = arguments.kv.list;
    options.erase = arguments.kv.erase;
    return options;
}

int conform_kv(App& app, const ConformArguments& arguments, const std::string& url,
               const turntable::conformance::Output& output) {
    const auto open =
        [&app, &url](const std::shared_ptr<Runtime>& runtime) -> Result<turntable::kv::AnyBackend> {
        turntable::kv::OpenOptions options;
        options.runtime = runtime;
        TURNTABLE_TRY(const auto database, app.registry().open(url, options));
        // What a server can do is known exactly once it was asked.
        (void)database.health();
        return std::move(database.backend());
    };
    const auto backend = app.registry().backend_for(url);
    kv_suite::CommandOptions options = arguments.kv;
    // A server has a clock of its own.
    options.controllable_clock = !backend || !backend->name.starts_with("http");
    return kv_suite::conform(turntable::mask_url(url), open, options, output);
}

int conform_blobs(const App& app, const ConformArguments& arguments, const std::string& url,
                  const turntable::conformance::Output& output) {
    const auto open =
        [&app,
         &url](const std::shared_ptr<Runtime>& runtime) -> Result<turntable::blob::AnyBackend> {
        TURNTABLE_TRY(const auto store, app.blobs().open(url, {.runtime = runtime}));
        return std::move(store.backend());
    };
    return blob_suite::conform(turntable::mask_url(url), open,
                               common_options<blob_suite::CommandOptions>(arguments), output);
}

int conform_tapes(const App& app, const ConformArguments& arguments, const std::string& url,
                  const turntable::conformance::Output& output) {
    const auto open =
        [&app, &url](
            const turntable::tape::OpenOptions& options) -> Result<turntable::tape::AnyProvider> {
        TURNTABLE_TRY(const auto library, app.tapes().open(url, options));
        return std::move(library.provider());
    };
    return tape_suite::conform(turntable::mask_url(url), open,
                               common_options<tape_suite::CommandOptions>(arguments), output);
}

void conform(App& app, const ConformArguments& arguments) {
    const std::string url = arguments.url.empty() ? app.store : arguments.url;
    std::string json;
    const auto output = [&](std::string_view text) {
        if (arguments.kv.json) {
            json += text;
        } else {
            std::cout << text;
        }
    };
    const std::string surface = surface_of(app, arguments, url);
    const int status = surface == "blob"   ? conform_blobs(app, arguments, url, output)
                       : surface == "tape" ? conform_tapes(app, arguments, url, output)
                                           : conform_kv(app, arguments, url, output);
    // A reason why nothing was tried is no report.
    (status == turntable::conformance::exit_unusable ? std::cerr : std::cout) << json;
    if (status == turntable::conformance::exit_failed) {
        app.end_with(ExitCode::unwell);
    } else if (status == turntable::conformance::exit_unusable) {
        app.end_with(ExitCode::cannot_open);
    }
}

}  // namespace

void add_conform(CLI::App& root, App& app) {
    auto options = std::make_shared<ConformArguments>();
    auto* command = root.add_subcommand("conform", "Certify a backend: every promise is tried");
    command->add_option("URL", options->url, "A store that may be emptied");
    command
        ->add_option("--surface", options->surface,
                     "kv, blob or tape; without it the first of these of which the URL is one")
        ->check(CLI::IsMember({"kv", "blob", "tape"}));
    command->add_flag("--json", options->kv.json, "Print one JSON object, or with --list an array");
    command->add_flag("--list", options->kv.list, "Only list the cases");
    command->add_flag("--erase", options->kv.erase, "Empty a store that holds something");
    command->add_option("--filter", options->kv.run.filter, "Only cases with this in the name");
    command->add_option("--seed", options->kv.run.seed, "Seed of the random operations");
    command->add_option("--rounds", options->kv.run.model_rounds,
                        "Random histories that are tried against the model, of kv");
    command->callback([&app, options] { conform(app, *options); });
}

}  // namespace turntable_cli
