#include <utility>

#include "turntable/blob/fs.hpp"
#include "turntable/kv/memory.hpp"
#include "turntable/tape/stock.hpp"

namespace turntable::inline v0::tape {

namespace {

constexpr std::string_view index_file = "index.sqlite";

/// Whether this build can write a form: told before the first tape is lost.
Result<void> check_form(Compression form) {
    if (form == Compression::none) {
        return {};
    }
    std::string text;
    const auto writer =
        Writer::create(std::make_unique<MemorySink>(text), {.id = "check"}, {.compression = form});
    return writer ? Result<void>() : Result<void>(writer.error());
}

}  // namespace

const SettingsDescription<FolderOptions>& folder_settings() {
    static const SettingsDescription<FolderOptions> description =
        SettingsDescription<FolderOptions>("tape", "Tapes as files in a folder.")
            .field("root_path", &FolderOptions::root_path, "The folder; made if it is not there.")
            .from_path()
            .required()
            .field("compression", &FolderOptions::compression,
                   "The form of tapes that are saved; those that are recorded keep theirs.")
            .choices({{"none", Compression::none}, {"zstd", Compression::zstd}})
            .field("index_strategy", &FolderOptions::index_strategy,
                   "Where the index is: in a file of the folder, or in memory, made again by "
                   "reading all tapes at each opening.")
            .choices({{"sqlite", IndexStrategy::sqlite}, {"memory", IndexStrategy::memory}})
            .example("tape:recordings", "a folder below the current one")
            .example("tape:/srv/tapes?compression=zstd", "in zstd, about a tenth of the size");
    return description;
}

FolderBuilder& FolderBuilder::root_path(std::string path) {
    options_.root_path = std::move(path);
    return *this;
}
FolderBuilder& FolderBuilder::compression(Compression compression) {
    options_.compression = compression;
    return *this;
}
FolderBuilder& FolderBuilder::index_strategy(IndexStrategy strategy) {
    options_.index_strategy = strategy;
    return *this;
}
FolderBuilder& FolderBuilder::analyzer(AnalyzerFactory analyzer) {
    stock_.analyzer = std::move(analyzer);
    return *this;
}
FolderBuilder& FolderBuilder::runtime(std::shared_ptr<Runtime> runtime) {
    stock_.runtime = std::move(runtime);
    return *this;
}

Result<StockProvider> FolderBuilder::build(const kv::Registry& indexes) const {
    TURNTABLE_CHECK(folder_settings().validate(options_));
    TURNTABLE_CHECK(check_form(options_.compression));
    StockOptions stock = stock_;
    stock.compression = options_.compression;
    stock.runtime = stock.runtime == nullptr ? Runtime::shared() : stock.runtime;
    TURNTABLE_TRY(auto folder, blob::open_fs({.root = options_.root_path}, stock.runtime));
    blob::Store blobs(blob::AnyBackend(std::move(folder)), stock.runtime,
                      "fs:" + options_.root_path);
    const kv::OpenOptions open{.runtime = stock.runtime};
    if (options_.index_strategy == IndexStrategy::sqlite) {
        const std::string file = options_.root_path + "/" + std::string(index_file);
        TURNTABLE_TRY(kv::Database index,
                      indexes.open(ProviderConfig::from_map("sqlite", {{"path", file}}), open));
        return StockProvider::create(std::move(blobs), std::move(index), std::move(stock));
    }
    TURNTABLE_TRY(kv::Database index, indexes.open(ProviderConfig::from_map("memory", {}), open));
    StockProvider provider =
        StockProvider::create(std::move(blobs), std::move(index), std::move(stock));
    const Context context{.caller_waits = true};
    TURNTABLE_TRY(const InspectReport made, provider.inspect(context, {.repair = true}).wait());
    (void)made;
    return provider;
}

}  // namespace turntable::inline v0::tape
