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
/// Tapes of a small protocol of the tests' own: a client says `NAME ARGUMENT`, the server answers
/// each in turn with `ok` or `fail CODE`.
namespace turntable::test {

class WordsAnalyzer final : public tape::Analyzer {
  public:
    void take(const tape::Record& record, std::vector<tape::Call>& finished) override {
        const auto* frame = std::get_if<tape::Frame>(&record);
        if (frame == nullptr) {
            return;
        }
        const std::string_view text = frame->payload.text();
        facts_.protocol = "words";
        if (frame->direction == tape::Direction::client_to_server) {
            ++facts_.requests;
            waiting_.push_back({.request = frame->number,
                                .started = frame->time,
                                .method = "tools/call",
                                .subject = std::string(text.substr(0, text.find(' ')))});
        } else if (!waiting_.empty()) {
            tape::Call call = std::move(waiting_.front());
            waiting_.pop_front();
            call.response = frame->number;
            call.took = frame->time - call.started;
            if (text.starts_with("fail ")) {
                ++facts_.errors;
                call.error = std::string(text.substr(5));
            }
            finished.push_back(std::move(call));
        }
    }
    tape::Facts finish(std::vector<tape::Call>& unanswered) override {
        facts_.unanswered = waiting_.size();
        unanswered.insert(unanswered.end(), waiting_.begin(), waiting_.end());
        return facts_;
    }

  private:
    tape::Facts facts_;
    std::deque<tape::Call> waiting_;
};

inline tape::AnalyzerFactory words() {
    return [] { return std::make_unique<WordsAnalyzer>(); };
}

/// One call of a tape that a test makes.
struct SaidCall {
    std::string request;
    std::string answer = "ok";
    std::chrono::milliseconds took{10};
};

inline tape::Head head_of(std::string id, std::string name = {}) {
    tape::Head head;
    head.id = std::move(id);
    head.name = std::move(name);
    head.created = tape::WallNanoseconds(std::chrono::seconds(1'700'000'000));
    head.transport = "stdio";
    head.command = {"server", "--quiet"};
    return head;
}

/// The bytes of a whole tape; without an `end` it is interrupted.
inline std::string tape_text(const tape::Head& head, const std::vector<SaidCall>& calls,
                             std::string_view end = "complete",
                             const tape::WriterOptions& options = {}) {
    std::string text;
    auto writer =
        tape::Writer::create(std::make_unique<tape::MemorySink>(text), head, options).value();
    tape::TapeTime time{};
    for (const SaidCall& call : calls) {
        time += std::chrono::milliseconds(1);
        (void)writer.frame({.time = time, .payload = Bytes::copy(call.request)}).value();
        if (!call.answer.empty()) {
            time += call.took;
            (void)writer
                .frame({.time = time,
                        .direction = tape::Direction::server_to_client,
                        .payload = Bytes::copy(call.answer)})
                .value();
        }
    }
    if (!end.empty()) {
        (void)writer.end(time, end);
    }
    return text;
}

}  // namespace turntable::test
