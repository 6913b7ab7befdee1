#include "turntable/tape/capture_folder.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "tape/capture/files.hpp"
#include "tape/library/frame_text.hpp"
#include "tape/library/provider_calls.hpp"
#include "turntable/core/blocking.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape {

namespace detail {

/// Captures of a folder by the ids of their tapes.
struct CaptureFolderState {
    struct File {
        std::uint64_t size = 0;
        std::int64_t stamp = 0;
        /// None: no capture, or one that cannot be read.
        std::optional<TapeMetadata> tape = {};
        std::vector<std::string> problems = {};
    };
    struct Content {
        std::string id;
        Bytes tape;
    };

    std::string folder;
    CaptureFolderOptions options;
    Gate gate;
    std::mutex mutex;
    /// Below, by the names of files. All is guarded by the mutex.
    std::map<std::string, File> files = {};
    std::map<std::string, std::string, std::less<>> names = {};
    /// The last used first.
    std::deque<Content> cache = {};
    /// What index.json says, and when it was changed.
    std::optional<capture::Beside> beside = {};
    std::int64_t index_stamp = 0;

    Result<void> refresh();
    Result<std::string> name_of(std::string_view id);
    Result<TapeMetadata> metadata(std::string_view id);
    Result<Bytes> content(std::string_view id);
    /// The content of a stream.
    using Held = std::optional<Bytes>;
    Result<Bytes> read(std::string_view id, const ContentRange& range, Held& held,
                       const CallOptions& call);
    Result<TapePage> list(const SearchCriteria& criteria);
    Result<InspectReport> inspect();
    SearchContent search_content(const std::string& id);

  private:
    File read(const capture::Candidate& candidate);
    void keep(std::string id, Bytes tape);
};

CaptureFolderState::File CaptureFolderState::read(const capture::Candidate& candidate) {
    File file{.size = candidate.size, .stamp = candidate.stamp};
    const std::string path = folder + "/" + candidate.name;
    const auto format = recognise_capture_file(path);
    if (format && !*format) {
        return file;  // something else
    }
    auto found = format ? capture::read_beside(path, *beside, {.format = *format})
                        : Result<Capture>(format.error());
    if (!found) {
        file.problems.push_back(found.error().to_string());
        return file;
    }
    auto tape = derive_metadata(std::make_unique<MemorySource>(found->tape), options.analyzer);
    if (!tape) {
        file.problems.push_back(tape.error().to_string());
        return file;
    }
    tape->labels = found->labels;
    for (const CaptureProblem& problem : found->problems) {
        file.problems.push_back(candidate.name + ":" + std::to_string(problem.line) + ": " +
                                problem.what);
    }

    file.tape = *std::move(tape);
    return file;
}

void CaptureFolderState::keep(std::string id, Bytes tape) {
    std::erase_if(cache, [&id](const Content& one) { return one.id == id; });
    cache.push_front({std::move(id), std::move(tape)});
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    for (const Content& one : cache) {
        bytes += one.tape.size();
        if (count > 0 && bytes > options.cache_bytes_max) {
            break;
        }
        ++count;
    }
    cache.resize(count);
}

Result<void> CaptureFolderState::refresh() {
    TURNTABLE_TRY(const auto candidates, capture::candidates(folder));
    const std::int64_t stamp = capture::stamp_of(folder + "/index.json");
    if (!beside || stamp != index_stamp) {
        beside.emplace(folder);
        index_stamp = stamp;
        files.clear();
        cache.clear();
    }
    std::map<std::string, File> now;
    for (const capture::Candidate& candidate : candidates) {
        const auto known = files.find(candidate.name);
        if (known != files.end() && known->second.size == candidate.size &&
            known->second.stamp == candidate.stamp) {
            now.insert(files.extract(known));
            continue;
        }
        if (known != files.end() && known->second.tape) {
            std::erase_if(cache,
                          [&](const Content& one) { return one.id == known->second.tape->id; });
        }
        now.emplace(candidate.name, read(candidate));
    }
    files = std::move(now);
    names.clear();
    for (const auto& [name, file] : files) {
        if (file.tape) {
            names.emplace(file.tape->id, name);
        }
    }
    return {};
}

Result<std::string> CaptureFolderState::name_of(std::string_view id) {
    TURNTABLE_CHECK(refresh());
    const auto found = names.find(id);
    if (found == names.end()) {
        return Error(ErrorCode::not_found, "there is no capture of this id")
            .with("id", std::string(id));
    }
    return found->second;
}

Result<TapeMetadata> CaptureFolderState::metadata(std::string_view id) {
    const std::lock_guard lock(mutex);
    TURNTABLE_TRY(const std::string name, name_of(id));
    return *files.at(name).tape;
}

Result<Bytes> CaptureFolderState::content(std::string_view id) {
    const std::lock_guard lock(mutex);
    // Whoever reads piece by piece reads one state, and looks at the folder once.
    const auto cached = std::ranges::find(cache, id, &Content::id);
    if (cached != cache.end()) {
        return cached->tape;
    }
    TURNTABLE_TRY(const std::string name, name_of(id));
    TURNTABLE_TRY(Capture found, capture::read_beside(folder + "/" + name, *beside, {}));
    keep(std::string(id), found.tape);
    return found.tape;
}

Result<Bytes> CaptureFolderState::read(std::string_view id, const ContentRange& range, Held& held,
                                       const CallOptions& /*call*/) {
    if (!held) {
        TURNTABLE_TRY(held, content(id));
    }
    const std::uint64_t from = std::min<std::uint64_t>(range.offset, held->size());
    return held->slice(from, std::min<std::uint64_t>(range.length, held->size() - from));
}

SearchContent CaptureFolderState::search_content(const std::string& id) {
    return {.calls = [this, id](const std::function<bool(const Call&)>& visit) -> Result<void> {
                TURNTABLE_TRY(const Bytes tape, content(id));
                bool wanted = true;
                const auto derived =
                    derive_metadata(std::make_unique<MemorySource>(tape), options.analyzer,
                                    [&](const Call& one) { wanted = wanted && visit(one); });
                return derived ? Result<void>() : derived.error();
            },
            .contains = [this, id](std::string_view text) -> Result<bool> {
                TURNTABLE_TRY(const Bytes tape, content(id));
                return any_frame_contains(std::make_unique<MemorySource>(tape), text);
            }};
}

Result<TapePage> CaptureFolderState::list(const SearchCriteria& criteria) {
    TURNTABLE_CHECK(check(criteria));
    std::vector<TapeMetadata> tapes;
    {
        const std::lock_guard lock(mutex);
        TURNTABLE_CHECK(refresh());
        for (const auto& [id, name] : names) {
            tapes.push_back(*files.at(name).tape);
        }
    }
    return select_page(criteria, std::move(tapes),
                       [this](const TapeMetadata& tape) { return search_content(tape.id); });
}

Result<InspectReport> CaptureFolderState::inspect() {
    const std::lock_guard lock(mutex);
    TURNTABLE_CHECK(refresh());
    InspectReport report{.tapes = names.size()};
    const auto say = [&report](const std::string& id, IndexProblem::Kind kind, std::string what) {
        report.problems.push_back({id, kind, std::move(what)});
    };
    for (const auto& [name, file] : files) {
        const std::string id = file.tape ? file.tape->id : std::string();
        for (const std::string& problem : file.problems) {
            say(id, IndexProblem::Kind::damaged, problem);
        }
        if (file.tape && names.at(id) != name) {
            say(id, IndexProblem::Kind::no_row, name + " has the id of " + names.at(id));
        }
    }
    return report;
}

}  // namespace detail

namespace {

using detail::CaptureFolderState;
using detail::run;
using detail::run_for;

Error only_read() {
    return Error(ErrorCode::unsupported,
                 "captures of other programs are only read; import them into a library of tapes");
}

struct CaptureFolderSettings {
    std::string path{};
};

const SettingsDescription<CaptureFolderSettings>& capture_folder_settings() {
    static const SettingsDescription<CaptureFolderSettings> description =
        SettingsDescription<CaptureFolderSettings>(
            "captures", "Recordings of other programs in a folder, which are only read.")
            .field("path", &CaptureFolderSettings::path, "The folder.")
            .from_path()
            .required()
            .example("captures:old/tapes", "tapes of shadowcat, where they are");
    return description;
}

}  // namespace

CaptureFolder CaptureFolder::create(std::string folder, CaptureFolderOptions options) {
    if (options.runtime == nullptr) {
        options.runtime = Runtime::shared();
    }
    auto state = std::make_shared<CaptureFolderState>();
    state->folder = std::move(folder);
    state->options = std::move(options);
    return CaptureFolder(std::move(state));
}
CaptureFolder::CaptureFolder(std::shared_ptr<CaptureFolderState> state) noexcept
    : state_(std::move(state)) {}
CaptureFolder::CaptureFolder(CaptureFolder&& other) noexcept = default;
CaptureFolder& CaptureFolder::operator=(CaptureFolder&& other) noexcept = default;
CaptureFolder::~CaptureFolder() {
    if (state_ != nullptr) {
        state_->gate.close([] {});
        state_->gate.wait_empty();
    }
}

Async<TapeMetadata> CaptureFolder::save_tape(const Context&, const SaveRequest&) {
    return only_read();
}
Async<std::uint64_t> CaptureFolder::append(const Context&, std::string_view, std::uint64_t,
                                           ByteView) {
    return only_read();
}
Async<void> CaptureFolder::delete_tape(const Context&, std::string_view) { return only_read(); }
Async<TapeMetadata> CaptureFolder::update_metadata(const Context&, std::string_view,
                                                   const LabelChange&) {
    return only_read();
}

Async<StoredTape> CaptureFolder::load_tape(const Context& context, std::string_view id) {
    return run_for<StoredTape>(state_, context, id,
                               [](CaptureFolderState& state, const std::string& tape,
                                  const CallOptions&) -> Result<StoredTape> {
                                   StoredTape stored;
                                   TURNTABLE_TRY(stored.metadata, state.metadata(tape));
                                   TURNTABLE_TRY(stored.content, state.content(tape));
                                   return stored;
                               });
}

Result<Stream<Bytes>> CaptureFolder::stream(const Context&, std::string_view id,
                                            const ContentRange& range) {
    TURNTABLE_CHECK(check_tape_id(id));
    return Stream<Bytes>(
        std::make_unique<detail::ContentStream<CaptureFolderState>>(state_, id, range));
}

Async<TapePage> CaptureFolder::list_tapes(const Context& context, const SearchCriteria& criteria) {
    return run<TapePage>(
        state_, context,
        [criteria](CaptureFolderState& state, const CallOptions&) { return state.list(criteria); });
}

Async<TapeMetadata> CaptureFolder::get_metadata(const Context& context, std::string_view id) {
    return run_for<TapeMetadata>(state_, context, id,
                                 [](CaptureFolderState& state, const std::string& tape,
                                    const CallOptions&) { return state.metadata(tape); });
}

Async<InspectReport> CaptureFolder::inspect(const Context& context, const InspectOptions&) {
    return run<InspectReport>(state_, context, [](CaptureFolderState& state, const CallOptions&) {
        return state.inspect();
    });
}

Async<Health> CaptureFolder::health_check(const Context& context) {
    return run<Health>(state_, context,
                       [](CaptureFolderState& state, const CallOptions&) -> Result<Health> {
                           const auto found = capture::candidates(state.folder);
                           return found ? Health{}
                                        : Health{.state = Health::State::unhealthy,
                                                 .reason = found.error().message()};
                       });
}

Async<void> CaptureFolder::close(const Context&) {
    return close_gate(state_->options.runtime, state_->gate);
}

Result<void> register_captures(Registry& registry) {
    return registry.add(
        {.prefix = "captures:",
         .name = "captures",
         .summary = "recordings of other programs in a folder, only read",
         .settings = capture_folder_settings().info()},
        [](const ProviderConfig& config, const OpenOptions& options) -> Result<AnyProvider> {
            TURNTABLE_TRY(const CaptureFolderSettings settings,
                          capture_folder_settings().from_config(config));
            return AnyProvider(CaptureFolder::create(
                settings.path, {.runtime = options.runtime, .analyzer = options.analyzer}));
        });
}

}  // namespace turntable::inline v0::tape
