#include "turntable/tape/registry.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/providers.hpp"
#include "support/recorded_tape.hpp"
#include "support/temp_folder.hpp"
#include "turntable/core/settings.hpp"
#include "turntable/tape/stock.hpp"

namespace turntable::tape {
namespace {

/// The class of a program of its own: tapes in a map, and no more calls than it must have.
class Shelf {
  public:
    explicit Shelf(std::string room) : room_(std::move(room)) {}

    Async<TapeMetadata> save_tape(const Context&, const SaveRequest& request) {
        const std::uint64_t size = request.content->size().value();
        std::string text(size, '\0');
        (void)request.content->read(0, text.data(), size).value();
        TapeMetadata tape =
            derive_metadata(std::make_unique<MemorySource>(Bytes::copy(text))).value();
        tape.labels = request.labels.value_or(tape.labels);
        tape.transport = room_;
        tapes_[tape.id] = {tape, Bytes::copy(text)};
        return tape;
    }
    Async<StoredTape> load_tape(const Context&, std::string_view id) {
        const auto found = tapes_.find(id);
        return found == tapes_.end() ? Async<StoredTape>(none()) : Async(Result(found->second));
    }
    Async<std::uint64_t> append(const Context&, std::string_view, std::uint64_t, ByteView) {
        return Error(ErrorCode::unsupported, "a shelf takes whole tapes");
    }
    Result<Stream<Bytes>> stream(const Context&, std::string_view, const ContentRange&) {
        return Error(ErrorCode::unsupported, "a shelf gives whole tapes");
    }
    Async<void> delete_tape(const Context&, std::string_view id) {
        return tapes_.erase(std::string(id)) == 1 ? Async<void>(Result<void>())
                                                  : Async<void>(none());
    }
    Async<TapePage> list_tapes(const Context&, const SearchCriteria& criteria) {
        std::vector<TapeMetadata> all;
        for (const auto& [id, tape] : tapes_) {
            all.push_back(tape.metadata);
        }
        return select_page(criteria, std::move(all),
                           [](const TapeMetadata&) { return SearchContent(); });
    }
    Async<TapeMetadata> get_metadata(const Context&, std::string_view id) {
        const auto found = tapes_.find(id);
        return found == tapes_.end() ? Async<TapeMetadata>(none())
                                     : Async<TapeMetadata>(found->second.metadata);
    }
    Async<TapeMetadata> update_metadata(const Context&, std::string_view, const LabelChange&) {
        return Error(ErrorCode::unsupported, "a shelf has no labels");
    }
    Async<void> close(const Context&) { return Result<void>(); }

  private:
    static Error none() { return Error(ErrorCode::not_found, "not on the shelf"); }

    std::string room_;
    std::map<std::string, StoredTape, std::less<>> tapes_;
};

struct ShelfSettings {
    std::string room{};
};

const SettingsDescription<ShelfSettings>& shelf_settings() {
    static const SettingsDescription<ShelfSettings> description =
        SettingsDescription<ShelfSettings>("shelf", "Tapes on a shelf.")
            .field("room", &ShelfSettings::room, "Where it stands.")
            .from_path()
            .required();
    return description;
}

Result<AnyProvider> open_shelf(const ProviderConfig& config, const OpenOptions&) {
    TURNTABLE_TRY(ShelfSettings settings, shelf_settings().from_config(config));
    return AnyProvider(Shelf(settings.room));
}

BackendInfo shelf_info() {
    return {.prefix = "shelf:",
            .name = "shelf",
            .summary = "on a shelf",
            .settings = shelf_settings().info()};
}

TEST(TapeRegistry, AClassOfOnesOwnWorksByRegistrationAlone) {
    Registry registry = test::provider_registry();
    ASSERT_TRUE(registry.add(shelf_info(), open_shelf));
    const Library library = registry.open("shelf:attic").value();
    const std::string text = test::tape_text(test::head_of("t1", "mine"), {{"a"}});
    ASSERT_TRUE(library.save(std::make_unique<MemorySource>(Bytes::copy(text))));
    EXPECT_EQ(library.metadata("t1").value().transport, "attic");
    EXPECT_EQ(library.find("mine").value().id, "t1");
    EXPECT_EQ(library.load("t1").value().content.view(), ByteView(text));
    // What it does not have, the wrapper says for it.
    EXPECT_EQ(library.health().value().state, Health::State::healthy);
    EXPECT_TRUE(library.verify().value().problems.empty());
    EXPECT_EQ(library.note("t1", "x").error().code(), ErrorCode::unsupported);
    EXPECT_EQ(library.note("t1", "x").error().url(), "shelf:attic");
    EXPECT_NE(library.provider().get_if<Shelf>(), nullptr);
    EXPECT_EQ(library.provider().get_if<StockProvider>(), nullptr);
    // Its settings are described like all others.
    EXPECT_EQ(registry.backend_for("shelf:x").value().settings.name, "shelf");
    EXPECT_EQ(registry.open("shelf:x?rom=y").error().code(), ErrorCode::invalid_config);
}

TEST(TapeRegistry, RefusesWhatIsTakenAndNamesWhatIsNear) {
    Registry registry = test::provider_registry();
    BackendInfo taken = shelf_info();
    taken.prefix = "tape:";
    EXPECT_EQ(registry.add(taken, open_shelf).error().code(), ErrorCode::already_exists);
    EXPECT_EQ(registry.add(shelf_info(), ProviderFactory()).error().code(),
              ErrorCode::invalid_argument);
    const auto slip = registry.open("tapr:x");
    ASSERT_FALSE(slip);
    EXPECT_EQ(slip.error().code(), ErrorCode::unknown_provider);
    EXPECT_NE(slip.error().message().find("tape"), std::string::npos);
    EXPECT_FALSE(registry.open(""));
    EXPECT_EQ(register_stock(registry, nullptr, nullptr).error().code(),
              ErrorCode::invalid_argument);
}

TEST(TapeRegistry, AFactoryMayCallTheRegistry) {
    Registry registry = test::provider_registry();
    ASSERT_TRUE(registry.add(shelf_info(),
                             [&registry](const ProviderConfig& config, const OpenOptions& options) {
                                 EXPECT_TRUE(registry.open("memory:"));
                                 EXPECT_TRUE(registry.remove("shelf:"));
                                 return open_shelf(config, options);
                             }));
    EXPECT_TRUE(registry.open("shelf:attic"));
    EXPECT_FALSE(registry.open("shelf:attic"));
}

TEST(TapeRegistry, TheDefaultComesFromTheEnvironment) {
    Registry registry = Registry::from_environment([](std::string_view name) {
        return name == "TURNTABLE_TAPE" ? std::optional<std::string>("shelf:attic") : std::nullopt;
    });
    ASSERT_TRUE(registry.add(shelf_info(), open_shelf));
    EXPECT_EQ(registry.open("").value().url(), "shelf:attic");
}

TEST(TapeRegistry, NamedMemoryIsOneLibrary) {
    // One pair of engines: names are shared within the process.
    const Registry registry = test::provider_registry();
    const Library one = registry.open("memory:shared-tapes").value();
    const Library same = registry.open("memory:shared-tapes").value();
    const Library other = registry.open("memory:").value();
    const std::string text = test::tape_text(test::head_of("t1"), {{"a"}});
    ASSERT_TRUE(one.save(std::make_unique<MemorySource>(Bytes::copy(text))));
    EXPECT_TRUE(same.metadata("t1"));
    EXPECT_FALSE(other.metadata("t1"));
}

TEST(FolderBuilder, ChecksItsSettings) {
    kv::Registry indexes;
    ASSERT_TRUE(kv::register_memory(indexes));
    const test::TempFolder folder;
    EXPECT_EQ(FolderBuilder().build(indexes).error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(FolderBuilder().root_path(folder.file("t")).build(indexes).error().code(),
              ErrorCode::unknown_provider);
    EXPECT_TRUE(FolderBuilder()
                    .root_path(folder.file("t"))
                    .index_strategy(IndexStrategy::memory)
                    .build(indexes));
    ASSERT_TRUE(kv::register_sqlite(indexes));
    EXPECT_TRUE(FolderBuilder().root_path(folder.file("t")).build(indexes));
    const auto zstd =
        FolderBuilder().root_path(folder.file("t")).compression(Compression::zstd).build(indexes);
#ifdef TURNTABLE_TEST_ZSTD
    EXPECT_TRUE(zstd);
#else
    EXPECT_EQ(zstd.error().code(), ErrorCode::unsupported);
#endif
    const Registry registry = test::provider_registry();
    for (const char* url : {"tape:", "tape:x?compression=gzip", "tape:x?index_strategy=none",
                            "tape:x?root=y", "tape+pair:?blobs=memory:"}) {
        const auto refused = registry.open(url);
        ASSERT_FALSE(refused) << url;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_config) << url;
    }
}

}  // namespace
}  // namespace turntable::tape
