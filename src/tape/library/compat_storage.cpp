#include <algorithm>
#include <iterator>
#include <utility>

#include "turntable/compat/tape_storage.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/tape/capture_folder.hpp"
#include "turntable/tape/query.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/stock.hpp"
#include "turntable/tape/writer.hpp"

// What is defined here is what others are warned of.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace turntable::inline v0::compat {

namespace {

/// Whether a record is one that a writer makes by itself.
bool is_made_again(const tape::Record& record) {
    return std::holds_alternative<tape::Head>(record) ||
           std::holds_alternative<tape::Check>(record) || std::holds_alternative<tape::End>(record);
}

Result<std::string> written_tape(const tape::Head& head, const std::vector<tape::Record>& records) {
    std::string text;
    TURNTABLE_TRY(tape::Writer writer,
                  tape::Writer::create(std::make_unique<tape::MemorySink>(text), head));
    tape::TapeTime time{};
    for (const tape::Record& record : records) {
        if (!is_made_again(record)) {
            TURNTABLE_CHECK(writer.append(record));
            time = std::max(time, time_of(record));
        }
    }
    TURNTABLE_CHECK(writer.end(time));
    return text;
}

}  // namespace

struct TapeStorage::State {
    std::string folder;
    std::shared_ptr<const kv::Registry> indexes;
    std::optional<tape::Library> library = {};

    Result<const tape::Library*> open() const {
        if (!library) {
            return Error(ErrorCode::closed, "call initialize() first").with("folder", folder);
        }
        return &*library;
    }
};

TapeStorage::TapeStorage(std::string folder, std::shared_ptr<const kv::Registry> indexes)
    : state_(std::make_unique<State>(State{std::move(folder), std::move(indexes)})) {}
TapeStorage::TapeStorage(TapeStorage&& other) noexcept = default;
TapeStorage& TapeStorage::operator=(TapeStorage&& other) noexcept = default;
TapeStorage::~TapeStorage() = default;

Result<void> TapeStorage::initialize() {
    tape::FolderBuilder builder;
    builder.root_path(state_->folder);
    kv::Registry in_memory;
    if (state_->indexes == nullptr) {
        TURNTABLE_CHECK(kv::register_memory(in_memory));
        builder.index_strategy(tape::IndexStrategy::memory);
    }
    TURNTABLE_TRY(tape::StockProvider provider,
                  builder.build(state_->indexes == nullptr ? in_memory : *state_->indexes));
    tape::Library library(tape::AnyProvider(std::move(provider)),
                          {.masked_url = "tape:" + state_->folder});
    TURNTABLE_CHECK(library.catch_up());
    state_->library = std::move(library);
    return {};
}

Result<std::uint64_t> TapeStorage::import_old() const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    const tape::Library old(tape::AnyProvider(tape::CaptureFolder::create(state_->folder)));
    TURNTABLE_TRY(const tape::CopyTapesReport report, old.copy_to(*library));
    return report.copied;
}

Result<std::string> TapeStorage::save(const Tape& tape) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    tape::Head head = tape.head;
    if (head.id.empty()) {
        head.id = tape::new_tape_id(library->runtime());
    }
    TURNTABLE_TRY(std::string text, written_tape(head, tape.records));
    auto content = std::make_unique<tape::MemorySource>(Bytes::take(std::move(text)));
    TURNTABLE_TRY(const tape::TapeMetadata saved,
                  library->save(std::move(content), {.labels = tape.labels, .replace = true}));
    return saved.id;
}

Result<Tape> TapeStorage::load(std::string_view id) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    TURNTABLE_TRY(tape::StoredTape stored, library->load(id));
    TURNTABLE_TRY(tape::Reader reader,
                  tape::Reader::open(std::make_unique<tape::MemorySource>(stored.content)));
    Tape tape{.head = reader.head(), .labels = std::move(stored.metadata.labels)};
    while (true) {
        TURNTABLE_TRY(auto record, reader.next());
        if (!record) {
            return tape;
        }
        if (!is_made_again(*record)) {
            tape.records.push_back(*std::move(record));
        }
    }
}

Result<void> TapeStorage::delete_tape(std::string_view id) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    return library->remove(id);
}

Result<bool> TapeStorage::exists(std::string_view id) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    const auto found = library->metadata(id);
    if (!found && found.error().code() != ErrorCode::not_found) {
        return found.error();
    }
    return found.has_value();
}

Result<std::vector<tape::TapeMetadata>> TapeStorage::list(
    const std::optional<tape::SearchCriteria>& criteria) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    std::vector<tape::TapeMetadata> out;
    tape::SearchCriteria next = criteria.value_or(tape::SearchCriteria());
    while (true) {
        TURNTABLE_TRY(tape::TapePage page, library->search(next));
        std::move(page.tapes.begin(), page.tapes.end(), std::back_inserter(out));
        if (page.next.empty()) {
            return out;
        }
        next.cursor = page.next;
    }
}

Result<std::vector<tape::TapeMetadata>> TapeStorage::search(std::string_view query) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    TURNTABLE_TRY(const tape::SearchCriteria criteria,
                  tape::parse_query(query, library->runtime().clock().wall_now()));
    return list(criteria);
}

Result<tape::LibraryStatistics> TapeStorage::stats() const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    return library->statistics();
}

StorageCapabilities TapeStorage::capabilities() const noexcept { return {}; }

Result<void> TapeStorage::validate_config(const SettingMap& settings) {
    TURNTABLE_TRY(const tape::FolderOptions options,
                  tape::folder_settings().from_config(ProviderConfig::from_map("tape", settings)));
    (void)options;
    return {};
}

Result<std::vector<tape::Frame>> TapeStorage::stream_frames(std::string_view id, std::uint64_t from,
                                                            std::uint64_t to) const {
    TURNTABLE_TRY(const tape::Library* library, state_->open());
    TURNTABLE_TRY(auto source, library->source(id));
    TURNTABLE_TRY(tape::Reader reader, tape::Reader::open(std::move(source)));
    std::vector<tape::Frame> out;
    while (true) {
        TURNTABLE_TRY(auto record, reader.next());
        auto* frame = record ? std::get_if<tape::Frame>(&*record) : nullptr;
        if (!record || (frame != nullptr && frame->number > to)) {
            return out;
        }
        if (frame != nullptr && frame->number >= from) {
            out.push_back(std::move(*frame));
        }
    }
}

Result<void> TapeStorage::append_frames(std::string_view id,
                                        const std::vector<tape::Frame>& frames) const {
    TURNTABLE_TRY(Tape tape, load(id));
    tape.records.insert(tape.records.end(), frames.begin(), frames.end());
    TURNTABLE_CHECK(save(tape));
    return {};
}

}  // namespace turntable::inline v0::compat

#pragma GCC diagnostic pop
