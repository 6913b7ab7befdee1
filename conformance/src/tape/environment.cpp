#include "tape/environment.hpp"

#include <algorithm>
#include <utility>

#include "turntable/tape/reader.hpp"

namespace turntable::inline v0::tape::conformance {

Environment::Environment(const Subject& subject, const Options& options)
    : subject_(subject), options_(options), random_(options.seed) {
    RuntimeOptions made;
    made.random = Random::seeded(options.seed);
    made.pool_threads = 2;
    runtime_ = Runtime::create(std::move(made));
    watch_ = std::make_shared<Watch>(runtime_, options.patience);
}

Tapes& Environment::open(const Subject::Open& open, std::string label) {
    Result<AnyProvider> provider = open({.runtime = runtime_, .analyzer = sample_analyzer()});
    watch_->trace().add(label + ": open -> " + (provider ? "fine" : provider.error().to_string()));
    if (!provider) {
        throw Failure{"the subject opens a provider", "success", provider.error().to_string(), ""};
    }
    open_.push_back(std::make_unique<Tapes>(*std::move(provider), watch_, std::move(label)));
    return *open_.back();
}

Tapes& Environment::tapes() {
    return open_.empty() ? open(subject_.open_fresh, "tapes") : *open_.front();
}

std::string Environment::tape(const std::string& id, std::size_t bytes) {
    std::vector<SampleCall> calls = {{"search x", "fail 7", std::chrono::seconds(3)},
                                     {"fetch y", "ok Answer"}};
    // Frames of all bytes, and of different sizes: one may take all that is asked for.
    for (std::size_t made = 0; made < bytes;) {
        std::string answer = "ok ";
        const std::size_t size = 1 + random_() % std::min<std::size_t>(bytes, 100'000);
        while (answer.size() < size) {
            const std::uint64_t chance = random_();
            answer.append(reinterpret_cast<const char*>(&chance), sizeof(chance));
        }
        made += answer.size();
        calls.push_back({"load z", std::move(answer)});
    }
    return sample_tape(sample_head(id, "the tape " + id), calls);
}

std::string plain_of(std::string_view content, const Location& where) {
    std::string plain;
    expect_ok(convert(std::make_unique<MemorySource>(Bytes::copy(content)),
                      std::make_unique<MemorySink>(plain), {}),
              "reading a content", where);
    return plain;
}

}  // namespace turntable::inline v0::tape::conformance
