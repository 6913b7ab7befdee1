// Keeps tapes in memory, finds one by what is known of it, and lets the old ones go.
#include <turntable/tape/registry.hpp>
#include <turntable/tape/writer.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace turntable;

template <class T>
T must(Result<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
        std::exit(1);
    }
    return *std::move(result);
}

std::unique_ptr<tape::Source> greeting(const std::string& id, const std::string& text) {
    std::string bytes;
    tape::Head head;
    head.id = id;
    head.name = "greeting " + id;
    auto writer = must(tape::Writer::create(std::make_unique<tape::MemorySink>(bytes), head));
    must(writer.frame({.payload = Bytes::copy(text)}));
    if (!writer.end(std::chrono::milliseconds(5))) {
        std::exit(1);
    }
    return std::make_unique<tape::MemorySource>(Bytes::copy(bytes));
}

}  // namespace

int main() {
    auto blobs = std::make_shared<blob::Registry>();
    auto indexes = std::make_shared<kv::Registry>();
    tape::Registry registry;
    if (!blob::register_memory(*blobs) || !kv::register_memory(*indexes) ||
        !tape::register_stock(registry, blobs, indexes)) {
        return 1;
    }
    const tape::Library tapes = must(registry.open("memory:"));
    must(tapes.save(greeting("a1", "good morning"), {.labels = tape::Labels{.tags = {"day"}}}));
    must(tapes.save(greeting("b2", "good night"), {.labels = tape::Labels{.tags = {"night"}}}));

    const tape::TapePage page = must(tapes.search("tag:night or \"morning\""));
    std::printf("%zu tapes, answered by %s\n", page.tapes.size(),
                std::string(to_string(page.answered)).c_str());
    must(tapes.pin("a1"));
    const tape::RetentionReport gone = must(tapes.prune({.count = 1}));
    std::printf("removed %s, kept %s\n", gone.removed.at(0).id.c_str(),
                must(tapes.find("@last")).name().c_str());
    return page.tapes.size() == 2 && gone.removed.size() == 1 ? 0 : 1;
}
