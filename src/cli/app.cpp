#include "cli/app.hpp"

#include <unistd.h>

#include <iostream>

#include "cli/blob_output.hpp"
#include "cli/serve_settings.hpp"
#include "turntable/blob/fs.hpp"
#include "turntable/blob/kv.hpp"
#include "turntable/blob/sqlite.hpp"
#include "turntable/core/clock.hpp"
#include "turntable/kv/http.hpp"
#include "turntable/kv/lmdb.hpp"
#include "turntable/kv/sqlite.hpp"
#include "turntable/tape/capture_folder.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/sqlite.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

ExitCode exit_code_for(const Error& error) {
    switch (error.code()) {
        case ErrorCode::not_found:
            return ExitCode::not_found;
        case ErrorCode::invalid_argument:
        case ErrorCode::serialization:
            return ExitCode::usage;
        case ErrorCode::condition_failed:
            return ExitCode::check_failed;
        case ErrorCode::invalid_config:
        case ErrorCode::unknown_provider:
            return ExitCode::cannot_open;
        default:
            return ExitCode::failed;
    }
}

App::App()
    : registry_(std::make_shared<turntable::kv::Registry>(
          turntable::kv::remote_or_sqlite(&turntable::kv::register_sqlite).value())),
      blobs_(turntable::blob::Registry::from_environment()),
      tapes_(turntable::tape::Registry::from_environment()) {
    turntable::kv::register_lmdb(*registry_).value();
    const auto environment = turntable::process_environment();
    const auto token = environment.find("DENO_KV_ACCESS_TOKEN");
    turntable::kv::register_http(*registry_, token == environment.end() ? "" : token->second)
        .value();
    turntable::blob::register_fs(blobs_).value();
    turntable::blob::register_sqlite(blobs_).value();
    turntable::blob::register_kv(blobs_, registry_).value();
    // `blobs_` outlives all that is opened with it.
    const std::shared_ptr<const turntable::blob::Registry> blobs(&blobs_, [](const auto*) {});
    turntable::tape::register_stock(tapes_, blobs, registry_).value();
    turntable::tape::register_captures(tapes_).value();
    turntable::tape::register_sqlite(tapes_).value();
    // Looked up when a name is used, so that a broken file does not hinder whoever needs none.
    registry_->set_named_stores([this](std::string_view name) { return named_store("kv", name); });
    blobs_.set_named_stores([this](std::string_view name) { return named_store("blob", name); });
    tapes_.set_named_stores([this](std::string_view name) { return named_store("tape", name); });
}

Result<turntable::ProviderConfig> App::named_store(std::string_view surface,
                                                   std::string_view name) {
    TURNTABLE_TRY(const turntable::Config* file, config());
    if (file == nullptr) {
        return Error(ErrorCode::not_found,
                     "there is no turntable.toml here that could name a store; pass "
                     "--config FILE or a URL");
    }
    return file->store(surface, name);
}

std::string App::config_path() const {
    if (!config_file.empty()) {
        return config_file;
    }
    const auto environment = turntable::process_environment();
    if (const auto found = environment.find("TURNTABLE_CONFIG"); found != environment.end()) {
        return found->second;
    }
    return ::access("turntable.toml", F_OK) == 0 ? "turntable.toml" : "";
}

Result<const turntable::Config*> App::config() {
    if (!config_.has_value()) {
        const std::string path = config_path();
        if (path.empty()) {
            return nullptr;
        }
        turntable::ConfigOptions options;
        options.variables = turntable::lookup_in(turntable::process_environment());
        options.backends["kv"] = [this](const turntable::ProviderConfig& wanted) {
            return registry_->backend_for(wanted);
        };
        options.layers["kv"] = [this](std::string_view item) -> Result<void> {
            TURNTABLE_CHECK(registry_->read_layer(item));
            return {};
        };
        options.mounts["kv"] = [this](std::string_view key, std::string_view url) -> Result<void> {
            TURNTABLE_CHECK(turntable::kv::parse_key(key));
            if (!url.starts_with('@')) {
                TURNTABLE_CHECK(registry_->backend_for(url));
            }
            return {};
        };
        options.backends["blob"] = [this](const turntable::ProviderConfig& wanted) {
            return blobs_.backend_for(wanted);
        };
        options.layers["blob"] = [](std::string_view /*item*/) -> Result<void> {
            return Error(ErrorCode::invalid_config, "there are no layers for stores of blobs");
        };
        options.mounts["blob"] = [](std::string_view /*key*/,
                                    std::string_view /*url*/) -> Result<void> {
            return Error(ErrorCode::invalid_config, "there are no mounts in stores of blobs");
        };
        options.backends["tape"] = [this](const turntable::ProviderConfig& wanted) {
            return tapes_.backend_for(wanted);
        };
        options.layers["tape"] = [this](std::string_view item) -> Result<void> {
            TURNTABLE_CHECK(tapes_.read_layer(item));
            return {};
        };
        options.mounts["tape"] = [](std::string_view /*key*/,
                                    std::string_view /*url*/) -> Result<void> {
            return Error(ErrorCode::invalid_config, "there are no mounts in libraries of tapes");
        };
        options.searches = [](std::string_view text) -> Result<void> {
            TURNTABLE_CHECK(
                turntable::tape::parse_query(text, turntable::Clock::system()->wall_now()));
            return {};
        };
        options.sections = config_sections();
        TURNTABLE_TRY(config_, turntable::Config::load(path, options));
    }
    return &*config_;
}

std::optional<turntable::kv::Database> App::open_store() { return open(store); }

std::optional<turntable::kv::Database> App::open(const std::string& url) {
    Result<turntable::kv::Database> opened = registry_->open(url);
    if (!opened) {
        std::cerr << "turntable: " << shown_text(opened.error().to_string()) << '\n';
        end_with(ExitCode::cannot_open);
        return std::nullopt;
    }
    return *std::move(opened);
}

Result<turntable::blob::Store> App::open_to_read(const std::string& url) const {
    const auto backend = blobs_.backend_for(url);
    auto config = blobs_.config_for(url);
    if (!backend || !config || backend->settings.find("create") == nullptr ||
        config->settings.contains("create")) {
        return blobs_.open(url);
    }
    config->settings["create"] = "false";
    return blobs_.open(*config);
}

std::optional<turntable::blob::Store> App::open_blobs(const std::string& url, bool only_read) {
    Result<turntable::blob::Store> opened = only_read ? open_to_read(url) : blobs_.open(url);
    if (!opened) {
        std::cerr << "turntable: " << shown_text(opened.error().to_string()) << '\n';
        end_with(ExitCode::cannot_open);
        return std::nullopt;
    }
    return *std::move(opened);
}

std::string App::default_blobs() const { return store.empty() ? blobs_.default_url() : store; }

void App::fail(const Error& error) {
    std::cerr << "turntable: " << shown_text(error.to_string()) << '\n';
    end_with(exit_code_for(error));
}

void App::fail(ExitCode code, const std::string& message) {
    std::cerr << "turntable: " << message << '\n';
    end_with(code);
}

}  // namespace turntable_cli
