#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kv_connect/server_facts.hpp"
#include "net/http/message.hpp"
#include "turntable/core/async.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/runtime.hpp"
#include "turntable/core/shared_promise.hpp"
#include "turntable/core/unique_function.hpp"

namespace turntable::inline v0::server {

/// How much a server remembers of the writes of one database.
struct WriteMemoryLimits {
    std::size_t keys = 50'000;
    std::chrono::milliseconds age{120'000};
};

/// What became of the writes that have a key, so that a write that is sent again is not made again.
///
/// Purpose: a client whose reply was lost sends the write once more and gets the reply. A key has
/// one outcome for ever: the first call that brings it is made, to its end, even if whoever asked
/// has gone; calls that come meanwhile wait for it; later ones are told the same. A key that may
/// have been forgotten is refused, since a key tells when it can have been sent first: those up to
/// the latest that was forgotten, and those older than `WriteMemoryLimits::age`.
/// Ownership: shared by its database and by the writes under way. Threads: any.
/// Errors: are answers: 400 for what is no key, 412 for one that may have been forgotten or is of
/// another run of the server, 503 while more writes are under way than can be remembered.
class TURNTABLE_EXPORT WriteMemory : public std::enable_shared_from_this<WriteMemory> {
  public:
    using Write = UniqueFunction<Async<net::http::Response>()>;

    explicit WriteMemory(std::shared_ptr<Runtime> runtime, WriteMemoryLimits limits = {});

    const kv::connect::Id128& instance() const noexcept { return instance_; }
    /// The steady clock, as keys tell it.
    std::uint64_t tick_ms() const;
    /// The answer to a write with this key of the holder of this token.
    Async<net::http::Response> answer(std::string_view key, std::string_view token, Write write,
                                      const Context& context);
    /// Keys that it remembers.
    std::size_t size() const;

  private:
    struct Name {
        std::uint64_t tick_ms;
        kv::connect::Id128 random;
        std::string token;
        friend auto operator<=>(const Name&, const Name&) = default;
    };
    struct Outcome {
        int status;
        net::http::Headers headers;
        Bytes body;
        net::http::Response response() const;
    };
    using Waiting = std::shared_ptr<SharedPromise<net::http::Response>>;
    /// Waiting for it, until there is an outcome.
    struct Fate {
        std::shared_ptr<const Outcome> outcome;
        std::vector<Waiting> waiting;
    };

    bool may_be_forgotten(std::uint64_t tick_ms, std::uint64_t now_ms) const noexcept;
    void forget_old(std::uint64_t now_ms);
    Async<net::http::Response> wait(Fate& fate, const Context& context);
    Async<net::http::Response> make(Name name, Write write, const Context& context);
    void settle(const Name& name, const std::shared_ptr<const Outcome>& outcome);

    std::shared_ptr<Runtime> runtime_;
    const WriteMemoryLimits limits_;
    const kv::connect::Id128 instance_;
    mutable std::mutex mutex_;
    /// The oldest first.
    std::map<Name, Fate> fates_;
    /// Keys up to this time may have been forgotten.
    std::uint64_t forgotten_ms_ = 0;
};

}  // namespace turntable::inline v0::server
