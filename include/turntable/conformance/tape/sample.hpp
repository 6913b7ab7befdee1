#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/tape/facts.hpp"
#include "turntable/tape/writer.hpp"

/// \file
/// Tapes to try a provider with, of a small protocol: a client says `NAME ARGUMENT`, the server
/// answers each in turn with `ok` or `fail CODE`.
/// Purpose: what the suite saves and searches for; for the other tests of a provider too.
/// Ownership: values. Threads: as each says. Errors: none.
namespace turntable::inline v0::tape::conformance {

/// Understands the protocol: a request is the call of a tool.
///
/// Purpose: see sample_analyzer. Ownership, threads, errors: as Analyzer.
class SampleAnalyzer final : public Analyzer {
  public:
    void take(const Record& record, std::vector<Call>& finished) override {
        const auto* frame = std::get_if<Frame>(&record);
        if (frame == nullptr) {
            return;
        }
        const std::string_view text = frame->payload.text();
        facts_.protocol = "words";
        if (frame->direction == Direction::client_to_server) {
            ++facts_.requests;
            waiting_.push_back({.request = frame->number,
                                .started = frame->time,
                                .method = "tools/call",
                                .subject = std::string(text.substr(0, text.find(' ')))});
        } else if (!waiting_.empty()) {
            Call call = std::move(waiting_.front());
            waiting_.pop_front();
            call.response = frame->number;
            call.took = frame->time - call.started;
            if (text.substr(0, 5) == "fail ") {
                ++facts_.errors;
                call.error = std::string(text.substr(5));
            }
            finished.push_back(std::move(call));
        }
    }
    Facts finish(std::vector<Call>& unanswered) override {
        facts_.unanswered = waiting_.size();
        unanswered.insert(unanswered.end(), waiting_.begin(), waiting_.end());
        return facts_;
    }

  private:
    Facts facts_;
    std::deque<Call> waiting_;
};

/// What OpenOptions::analyzer is in the suite.
inline AnalyzerFactory sample_analyzer() {
    return [] { return std::make_unique<SampleAnalyzer>(); };
}

/// One call of a sample: what is said, and what is answered; an empty answer is none.
struct SampleCall {
    std::string request;
    std::string answer = "ok";
    std::chrono::milliseconds took{10};
};

/// The head of a sample.
inline Head sample_head(std::string id, std::string name = {}) {
    Head head;
    head.id = std::move(id);
    head.name = std::move(name);
    head.created = WallNanoseconds(std::chrono::seconds(1'700'000'000));
    head.transport = "stdio";
    head.command = {"server", "--quiet"};
    return head;
}

/// The bytes of a whole tape; without an `end` it is interrupted.
inline std::string sample_tape(const Head& head, const std::vector<SampleCall>& calls,
                               std::string_view end = "complete",
                               const WriterOptions& options = {}) {
    std::string text;
    auto writer = Writer::create(std::make_unique<MemorySink>(text), head, options).value();
    TapeTime time{};
    for (const SampleCall& call : calls) {
        time += std::chrono::milliseconds(1);
        (void)writer.frame({.time = time, .payload = Bytes::copy(call.request)}).value();
        if (!call.answer.empty()) {
            time += call.took;
            (void)writer
                .frame({.time = time,
                        .direction = Direction::server_to_client,
                        .payload = Bytes::copy(call.answer)})
                .value();
        }
    }
    if (!end.empty()) {
        (void)writer.end(time, end);
    }
    return text;
}

}  // namespace turntable::inline v0::tape::conformance
