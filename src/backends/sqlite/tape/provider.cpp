#include <string>
#include <utility>

#include "backends/sqlite/tape/state.hpp"
#include "tape/library/provider_calls.hpp"
#include "turntable/tape/registry.hpp"
#include "turntable/tape/sqlite.hpp"

namespace turntable::inline v0::tape {

namespace {

using detail::run;
using detail::run_for;

SettingsDescription<SqliteOptions> describe_settings() {
    using std::chrono::hours;
    using std::chrono::milliseconds;
    return SettingsDescription<SqliteOptions>("sqlite", "Tapes and their index in one SQLite file.")
        .field("path", &SqliteOptions::path, "The file.")
        .from_path()
        .required()
        .field("durability", &SqliteOptions::durability,
               "What an acknowledged change survives: a loss of power (full), the end of the "
               "program (normal), the same with a file that a loss of power may damage (off).")
        .choices({{"full", SqliteDurability::full},
                  {"normal", SqliteDurability::normal},
                  {"off", SqliteDurability::off}})
        .field("busy_timeout", &SqliteOptions::busy_timeout,
               "How long a call waits for a lock that another process holds.")
        .range(milliseconds(0), hours(1))
        .field("create", &SqliteOptions::create, "Make the file if it is not there.")
        .field("read_only", &SqliteOptions::read_only, "Never write to the file.")
        .example("tape+sqlite:tapes.db", "a file in the current folder")
        .check([](const SqliteOptions& options) -> Result<void> {
            if (options.path == ":memory:") {
                return Error(ErrorCode::invalid_config,
                             "tape+sqlite: keeps tapes in a file; memory: keeps them in memory");
            }
            if (options.path.find('\0') != std::string::npos) {
                return Error(ErrorCode::invalid_config, "the path holds a zero byte");
            }
            return {};
        });
}

}  // namespace

const SettingsDescription<SqliteOptions>& sqlite_settings() {
    static const SettingsDescription<SqliteOptions> description = describe_settings();
    return description;
}

Result<SqliteProvider> SqliteProvider::create(SqliteOptions options,
                                              std::shared_ptr<Runtime> runtime,
                                              AnalyzerFactory analyzer) {
    TURNTABLE_CHECK(sqlite_settings().validate(options));
    if (runtime == nullptr) {
        runtime = Runtime::shared();
    }
    return SqliteProvider(
        std::make_shared<State>(options, State::Options{std::move(runtime), std::move(analyzer)}));
}
SqliteProvider::SqliteProvider(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
SqliteProvider::SqliteProvider(SqliteProvider&& other) noexcept = default;
SqliteProvider& SqliteProvider::operator=(SqliteProvider&& other) noexcept = default;
SqliteProvider::~SqliteProvider() {
    if (state_ != nullptr) {
        state_->gate.close([] {});
        state_->gate.wait_empty();
    }
}

Async<TapeMetadata> SqliteProvider::save_tape(const Context& context, const SaveRequest& request) {
    return run<TapeMetadata>(state_, context, [request](State& state, const CallOptions&) {
        return state.save(request);
    });
}

Async<std::vector<Result<TapeMetadata>>> SqliteProvider::save_tapes(
    const Context& context, const std::vector<SaveRequest>& requests) {
    return run<std::vector<Result<TapeMetadata>>>(
        state_, context,
        [requests](State& state, const CallOptions&) { return state.save_all(requests); });
}

Async<StoredTape> SqliteProvider::load_tape(const Context& context, std::string_view id) {
    return run_for<StoredTape>(
        state_, context, id,
        [](State& state, const std::string& tape, const CallOptions&) { return state.load(tape); });
}

Async<std::uint64_t> SqliteProvider::append(const Context& context, std::string_view id,
                                            std::uint64_t offset, ByteView bytes) {
    Bytes kept = context.caller_waits ? Bytes::unowned(bytes) : Bytes::copy(bytes);
    return run_for<std::uint64_t>(state_, context, id,
                                  [offset, kept = std::move(kept)](
                                      State& state, const std::string& tape, const CallOptions&) {
                                      return state.append(tape, offset, kept.view());
                                  });
}

Result<Stream<Bytes>> SqliteProvider::stream(const Context&, std::string_view id,
                                             const ContentRange& range) {
    TURNTABLE_CHECK(check_tape_id(id));
    return Stream<Bytes>(std::make_unique<detail::ContentStream<State>>(state_, id, range));
}

Async<void> SqliteProvider::delete_tape(const Context& context, std::string_view id) {
    return run_for<void>(state_, context, id,
                         [](State& state, const std::string& tape, const CallOptions&) {
                             return state.remove(tape);
                         });
}

Async<TapePage> SqliteProvider::list_tapes(const Context& context, const SearchCriteria& criteria) {
    return run<TapePage>(state_, context, [criteria](State& state, const CallOptions& call) {
        return state.list(criteria, call);
    });
}

Async<TapeMetadata> SqliteProvider::get_metadata(const Context& context, std::string_view id) {
    return run_for<TapeMetadata>(state_, context, id,
                                 [](State& state, const std::string& tape, const CallOptions&) {
                                     return state.metadata(tape);
                                 });
}

Async<TapeMetadata> SqliteProvider::update_metadata(const Context& context, std::string_view id,
                                                    const LabelChange& change) {
    return run_for<TapeMetadata>(
        state_, context, id, [change](State& state, const std::string& tape, const CallOptions&) {
            return state.update(tape, change);
        });
}

Async<TapeMetadata> SqliteProvider::finish_tape(const Context& context, std::string_view id) {
    return run_for<TapeMetadata>(state_, context, id,
                                 [](State& state, const std::string& tape, const CallOptions&) {
                                     return state.finish(tape);
                                 });
}

Async<InspectReport> SqliteProvider::inspect(const Context& context,
                                             const InspectOptions& options) {
    return run<InspectReport>(state_, context, [options](State& state, const CallOptions& call) {
        return state.inspect(options, call);
    });
}

Async<Health> SqliteProvider::health_check(const Context& context) {
    return run<Health>(state_, context,
                       [](State& state, const CallOptions&) { return state.health(); });
}

Async<void> SqliteProvider::close(const Context&) {
    return close_gate(state_->options.runtime, state_->gate);
}

Result<void> register_sqlite(Registry& registry) {
    return registry.add(
        {.prefix = "tape+sqlite:",
         .name = "sqlite",
         .summary = "tapes and their index in one SQLite file",
         .settings = sqlite_settings().info()},
        [](const ProviderConfig& config, const OpenOptions& options) -> Result<AnyProvider> {
            TURNTABLE_TRY(SqliteOptions settings, sqlite_settings().from_config(config));
            TURNTABLE_TRY(
                SqliteProvider provider,
                SqliteProvider::create(std::move(settings), options.runtime, options.analyzer));
            return AnyProvider(std::move(provider));
        });
}

}  // namespace turntable::inline v0::tape
