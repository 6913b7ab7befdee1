#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/tape/record.hpp"

/// \file
/// What the frames of a tape mean, found by somebody who knows the protocol.
/// Purpose: a tape holds bytes alone; who called what, how long it took and what failed is derived,
/// kept in an index, and can be derived again at any time.
/// Ownership: values own their texts. Threads: values. Errors: none.
namespace turntable::inline v0::tape {

/// A request and, if there is one, its answer.
struct Call {
    /// Frame numbers; `response` is 0 for a call without an answer, and for a notification.
    std::uint64_t request = 0;
    std::uint64_t response = 0;
    /// Who asked.
    Direction direction = Direction::client_to_server;
    TapeTime started{};
    /// From the request to the answer; none without an answer.
    std::optional<TapeTime> took = {};
    /// Such as `tools/call`.
    std::string method = {};
    /// What the method was applied to: the name of a tool or prompt, the URI of a resource.
    std::string subject = {};
    /// Nothing is expected to answer it.
    bool notification = false;
    /// What failed: a JSON-RPC error code as text, `tool` for a tool that says so itself, or
    /// `cancelled` for a call that the asker gave up and nobody answered.
    std::string error = {};
    /// The message of the error.
    std::string error_text = {};
    /// Its answer stays out by its nature, such as that of a subscription: nobody waits for it.
    bool lasting = false;
    /// The request of the call that this one goes on with, with what that asked for; or 0.
    std::uint64_t continues = 0;
    friend bool operator==(const Call&, const Call&) = default;
};

/// The name and version that a party gives itself.
struct Party {
    std::string name = {};
    std::string version = {};
    friend bool operator==(const Party&, const Party&) = default;
};

/// What holds for a tape as a whole.
struct Facts {
    /// Such as `mcp`; empty if nothing in the tape was understood.
    std::string protocol = {};
    /// Each version that was spoken, in the order of its first use.
    std::vector<std::string> versions = {};
    Party client = {};
    Party server = {};
    /// Requests, notifications, answers with an error, requests without an answer that neither
    /// were cancelled nor last.
    std::uint64_t requests = 0;
    std::uint64_t notifications = 0;
    std::uint64_t errors = 0;
    std::uint64_t unanswered = 0;
    /// Frames of the two parties that are no messages of the protocol.
    std::uint64_t noise = 0;
    friend bool operator==(const Facts&, const Facts&) = default;
};

/// Derives facts from the records of one tape.
///
/// Purpose: a protocol implements it; `mcp::facts()` does for MCP. Memory is bounded by the calls
/// that wait for an answer, not by the tape.
/// Ownership: holds what waits; records are looked at during the call only.
/// Threads: one at a time. Errors: none: what it does not understand is noise.
class TURNTABLE_EXPORT Analyzer {
  public:
    Analyzer() = default;
    Analyzer(const Analyzer&) = delete;
    Analyzer& operator=(const Analyzer&) = delete;
    virtual ~Analyzer();

    /// Takes the next record and appends the calls that it completes.
    virtual void take(const Record& record, std::vector<Call>& finished) = 0;
    /// The tape is at its end: appends the calls that nobody answered, and gives the whole.
    virtual Facts finish(std::vector<Call>& unanswered) = 0;
};

/// Makes an analyzer for each tape.
using AnalyzerFactory = std::function<std::unique_ptr<Analyzer>()>;

}  // namespace turntable::inline v0::tape
