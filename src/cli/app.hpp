#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/signals.hpp"
#include "turntable/blob/registry.hpp"
#include "turntable/config.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/kv.hpp"
#include "turntable/kv/registry.hpp"
#include "turntable/tape/registry.hpp"

namespace turntable_cli {

/// What all verbs share: the backends, the configuration, where to stop.
///
/// Purpose: the only place that reads the environment and files unasked.
/// Ownership: made by main, outlives every verb.
/// Threads: the main thread; `stop` is requested from the signal thread.
/// Errors: printed by `fail`, which also picks the exit code.
class App {
  public:
    App();

    turntable::kv::Registry& registry() noexcept { return *registry_; }
    const turntable::blob::Registry& blobs() const noexcept { return blobs_; }
    const turntable::tape::Registry& tapes() const noexcept { return tapes_; }
    std::stop_source& stop() noexcept { return stop_; }
    const std::stop_source& stop() const noexcept { return stop_; }

    /// Opens what --store names, or the default. Prints why not.
    std::optional<turntable::kv::Database> open_store();
    /// The same for any URL.
    std::optional<turntable::kv::Database> open(const std::string& url);
    /// Opens a store of blobs. To `only_read` it, it is not made where it is not there, unless the
    /// URL says so itself. Prints why not.
    std::optional<turntable::blob::Store> open_blobs(const std::string& url, bool only_read);
    /// What --store or TURNTABLE_BLOB names; empty when there is neither.
    std::string default_blobs() const;
    /// Reads the configuration file, once: --config, $TURNTABLE_CONFIG, or ./turntable.toml if it
    /// is there. Null when there is none.
    turntable::Result<const turntable::Config*> config();
    /// Where config() would read from; empty when there is no file.
    std::string config_path() const;

    /// Prints an error on one line and remembers the exit code.
    void fail(const turntable::Error& error);
    void fail(ExitCode code, const std::string& message);
    void end_with(ExitCode code) noexcept { exit_code_ = code; }
    ExitCode exit_code() const noexcept { return exit_code_; }

    /// Set by the options of the root command.
    std::string store;
    std::string config_file;
    /// Of the verbs that work on a library of tapes.
    std::string library;
    /// What stands behind `--`, as it is, of a verb that takes a command to run.
    std::vector<std::string> command;
    /// Whoever takes signals; outlives the verbs.
    SignalStop* signals = nullptr;

  private:
    turntable::Result<turntable::ProviderConfig> named_store(std::string_view surface,
                                                             std::string_view name);

    turntable::Result<turntable::blob::Store> open_to_read(const std::string& url) const;

    std::shared_ptr<turntable::kv::Registry> registry_;  // shared with stores of blobs over kv
    turntable::blob::Registry blobs_;
    turntable::tape::Registry tapes_;
    std::stop_source stop_;
    std::optional<turntable::Config> config_;
    ExitCode exit_code_ = ExitCode::ok;
};

/// Each adds a verb group to the command line.
void add_kv(CLI::App& root, App& app);
void add_blob(CLI::App& root, App& app);
void add_tape(CLI::App& root, App& app);
void add_replay(CLI::App& root, App& app);
void add_backends(CLI::App& root, App& app);
void add_layers(CLI::App& root, App& app);
void add_check(CLI::App& root, App& app);
void add_config(CLI::App& root, App& app);
void add_conform(CLI::App& root, App& app);
void add_help(CLI::App& root, App& app);
void add_completion(CLI::App& root, App& app);
void add_tour(CLI::App& root, App& app);
void add_man(CLI::App& root, App& app);
void add_record(CLI::App& root, App& app);
void add_serve(CLI::App& root, App& app);
void add_version(CLI::App& root, App& app);
void add_wrap(CLI::App& root, App& app);

/// `config explain`, in a file of its own.
void add_config_explain(CLI::App& config, App& app);

/// The verbs of `kv`, in their files.
void add_kv_read(CLI::App& kv, App& app);
void add_kv_write(CLI::App& kv, App& app);
void add_kv_atomic(CLI::App& kv, App& app);
void add_kv_follow(CLI::App& kv, App& app);
void add_kv_copy(CLI::App& kv, App& app);
void add_kv_export(CLI::App& kv, App& app);
void add_kv_backup(CLI::App& kv, App& app);
void add_kv_bench(CLI::App& kv, App& app);

/// The verbs of `blob`, in their files.
void add_blob_read(CLI::App& blob, App& app);
void add_blob_tree(CLI::App& blob, App& app);
void add_blob_write(CLI::App& blob, App& app);
void add_blob_copy(CLI::App& blob, App& app);
void add_blob_remove(CLI::App& blob, App& app);
void add_blob_sync(CLI::App& blob, App& app);

/// The verbs of `tape`, in their files.
void add_tape_show(CLI::App& tape, App& app);
void add_tape_cat(CLI::App& tape, App& app);
void add_tape_verify(CLI::App& tape, App& app);
void add_tape_repair(CLI::App& tape, App& app);
void add_tape_diff(CLI::App& tape, App& app);
void add_tape_export(CLI::App& tape, App& app);
void add_tape_redact(CLI::App& tape, App& app);
void add_tape_list(CLI::App& tape, App& app);
void add_tape_label(CLI::App& tape, App& app);
void add_tape_remove(CLI::App& tape, App& app);
void add_tape_import(CLI::App& tape, App& app);
void add_tape_move(CLI::App& tape, App& app);

}  // namespace turntable_cli
