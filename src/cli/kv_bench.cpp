// kv bench: how fast a store is, measured on the store itself.

#include <algorithm>
#include <deque>
#include <functional>
#include <iomanip>
#include <iostream>
#include <random>

#include "cli/app.hpp"
#include "cli/text.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::Async;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;
namespace kv = turntable::kv;

namespace {

constexpr const char* scratch_part = "$turntable.bench";

struct BenchOptions {
    std::string url;
    std::uint64_t entries = 10'000;
    std::size_t value_bytes = 100;
    double seconds = 1;
    bool json = false;
};

struct Measured {
    const char* what;
    std::uint64_t operations = 0;
    double seconds = 0;

    double rate() const { return seconds > 0 ? static_cast<double>(operations) / seconds : 0; }
};

/// The measurements, in keys of its own that go with the object.
class Bench {
  public:
    Bench(App& app, const kv::Database& db, const BenchOptions& options)
        : app_(app), db_(db), options_(options), random_(db.runtime().random().next()) {
        scratch_ = kv::Key{scratch_part, random_()};
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench() {
        if (const auto removed = db_.remove_range(kv::prefix(scratch_)); !removed) {
            app_.fail(removed.error());
            std::cerr << "turntable: what the measurement wrote is still below "
                      << kv::print_key(scratch_.encoded()) << '\n';
        }
    }

    Result<std::vector<Measured>> run() {
        std::vector<Measured> out;
        const auto add = [&](const char* what, auto&& work) -> Result<void> {
            TURNTABLE_TRY(Measured measured, timed(what, work));
            out.push_back(measured);
            return {};
        };
        TURNTABLE_CHECK(fill());
        TURNTABLE_CHECK(add("get", [this] { return get(); }));
        TURNTABLE_CHECK(add("scan, rows", [this] { return scan(); }));
        TURNTABLE_CHECK(add("set, one a commit", [this] { return set(); }));
        TURNTABLE_CHECK(add("set, 100 in flight", [this] { return set_in_flight(); }));
        TURNTABLE_CHECK(add("set, 100 a commit", [this] { return set_together(); }));
        return out;
    }

  private:
    kv::Key key(std::uint64_t number) const { return scratch_.child(number); }
    kv::Key any_key() { return key(random_() % options_.entries); }
    /// Another one each time: an engine may skip a write that changes nothing.
    std::string value() {
        std::string text = std::to_string(++written_);
        text.resize(options_.value_bytes, 'x');
        return text;
    }

    Result<void> fill() {
        constexpr std::uint64_t entries_a_commit = 500;
        for (std::uint64_t i = 0; i < options_.entries;) {
            TURNTABLE_CHECK(check_stopped());
            auto write = db_.atomic();
            for (std::uint64_t n = 0; n < entries_a_commit && i < options_.entries; ++n, ++i) {
                write.set(key(i), value());
            }
            TURNTABLE_CHECK(write.commit());
        }
        return {};
    }
    Result<std::uint64_t> get() {
        TURNTABLE_TRY(const auto entry, db_.get(any_key()));
        return entry ? Result<std::uint64_t>(std::uint64_t{1})
                     : Error(ErrorCode::conflict, "somebody removed entries of the measurement");
    }
    Result<std::uint64_t> scan() {
        std::uint64_t rows = 0;
        auto list = db_.list(kv::prefix(scratch_), {.batch = 1000});
        while (true) {
            TURNTABLE_TRY(const auto entry, list.next_view());
            if (!entry) {
                return rows;
            }
            ++rows;
        }
    }
    Result<std::uint64_t> set() {
        TURNTABLE_CHECK(db_.set(any_key(), value()));
        return std::uint64_t{1};
    }
    Result<std::uint64_t> set_together() {
        constexpr std::uint64_t together = 100;
        auto write = db_.atomic();
        for (std::uint64_t i = 0; i < together; ++i) {
            write.set(any_key(), value());
        }
        TURNTABLE_CHECK(write.commit());
        return together;
    }
    Result<std::uint64_t> set_in_flight() {
        constexpr std::size_t in_flight = 100;
        std::deque<Async<kv::CommitResult>> pending;
        for (std::size_t i = 0; i < in_flight; ++i) {
            const kv::Key name = any_key();
            const std::string text = value();
            const kv::Mutation set{kv::MutationKind::set, name.encoded(), text,
                                   kv::ValueEncoding::bytes};
            pending.push_back(db_.backend().atomic_write({}, {.mutations = std::span(&set, 1)}));
        }
        for (auto& one : pending) {
            TURNTABLE_CHECK(std::move(one).wait());
        }
        return in_flight;
    }

    Result<void> check_stopped() const {
        return app_.stop().stop_requested() ? Error(ErrorCode::cancelled, "stopped before the end")
                                            : Result<void>();
    }
    /// Repeats a piece of work until its time is over.
    template <class F>
    Result<Measured> timed(const char* what, F&& work) {
        using Seconds = std::chrono::duration<double>;
        Measured out{what};
        const auto start = std::chrono::steady_clock::now();
        do {
            TURNTABLE_CHECK(check_stopped());
            TURNTABLE_TRY(const std::uint64_t done, work());
            out.operations += done;
            out.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
        } while (out.seconds < options_.seconds);
        return out;
    }

    App& app_;
    const kv::Database& db_;
    const BenchOptions& options_;
    std::mt19937_64 random_;
    kv::Key scratch_;
    std::uint64_t written_ = 0;
};

void print(const kv::Database& db, const std::vector<Measured>& all, const BenchOptions& options) {
    const std::string survives(turntable::to_string(db.capabilities().durability));
    if (!options.json) {
        std::cout << db.url() << ", " << print_count(options.entries) << " entries of "
                  << options.value_bytes << " bytes; a commit survives: " << survives << '\n';
        for (const Measured& one : all) {
            std::cout << "    " << std::left << std::setw(20) << one.what << ' ' << std::right
                      << std::setw(12) << print_count(static_cast<std::uint64_t>(one.rate()))
                      << " /s\n";
        }
        return;
    }
    std::cout << "{\"store\":" << turntable::json_quoted(db.url())
              << ",\"entries\":" << options.entries << ",\"value_bytes\":" << options.value_bytes
              << ",\"durability\":\"" << survives << "\",\"per_second\":{";
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::cout << (i == 0 ? "\"" : ",\"") << all[i].what
                  << "\":" << static_cast<std::uint64_t>(all[i].rate());
    }
    std::cout << "}}\n";
}

void bench(App& app, const BenchOptions& options) {
    const auto db = options.url.empty() ? app.open_store() : app.open(options.url);
    if (!db) {
        return;
    }
    Result<std::vector<Measured>> measured = Bench(app, *db, options).run();
    if (!measured) {
        app.fail(measured.error());
        if (measured.error().code() == ErrorCode::cancelled) {
            app.end_with(ExitCode::interrupted);
        }
        return;
    }
    print(*db, *measured, options);
}

}  // namespace

void add_kv_bench(CLI::App& kv, App& app) {
    auto options = std::make_shared<BenchOptions>();
    auto* command = kv.add_subcommand(
        "bench", "Measure a store, with entries of its own that are removed at the end");
    command->add_option("URL", options->url, "The store; none: --store, or the default");
    command->add_option("--entries", options->entries, "How many there are to read")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    command->add_option("--value-bytes", options->value_bytes, "How large their values are")
        ->capture_default_str();
    command->add_option("--seconds", options->seconds, "How long each measurement takes")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] { bench(app, *options); });
}

}  // namespace turntable_cli
