#include "turntable/mcp/diff.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "mcp/frame_text.hpp"
#include "mcp/replay/compare.hpp"

namespace turntable::inline v0::mcp {

namespace {

/// A call of a client, with its answer.
struct SessionCall {
    std::uint64_t frame = 0;
    std::string method = {};
    std::string subject = {};
    Json request = {};
    /// Null where nobody answered.
    Json answer = {};
    bool paired = false;
};

Json comparable_answer(const Message& message, const IgnoredPlaces& ignored) {
    Json out;
    if (message.kind == MessageKind::error) {
        out["error"] = comparable_json(message.error);
    } else {
        out["result"] = comparable_json(message.result);
    }
    ignored.erase_from(out);
    return out;
}

std::string subject_in(const Message& message) {
    std::string name = json_text(json_at(message.params, {"name"}));
    return name.empty() ? json_text(json_at(message.params, {"uri"})) : name;
}

/// Reads what a client asked and was answered.
class SessionCalls {
  public:
    explicit SessionCalls(const IgnoredPlaces& ignored) : ignored_(ignored) {}

    void take(const tape::Frame& frame) {
        std::string room;
        const std::string_view text = frame_text(frame, room);
        const bool of_client = frame.direction == tape::Direction::client_to_server;
        for (const Message& message : read_messages(text)) {
            if (of_client && message.kind == MessageKind::request) {
                open_[std::string(message.id)] = calls_.size();
                calls_.push_back({frame.number,
                                  message.method,
                                  subject_in(message),
                                  comparable_request(message, ignored_),
                                  {},
                                  false});
            } else if (!of_client && message.is_answer()) {
                if (const auto asked = open_.find(std::string(message.id)); asked != open_.end()) {
                    calls_[asked->second].answer = comparable_answer(message, ignored_);
                    open_.erase(asked);
                }
            }
        }
    }
    std::vector<SessionCall> finish() { return std::move(calls_); }

  private:
    const IgnoredPlaces& ignored_;
    std::vector<SessionCall> calls_;
    std::unordered_map<std::string, std::size_t> open_;
};

Result<std::vector<SessionCall>> calls_of(tape::SegmentReader& reader,
                                          const IgnoredPlaces& ignored) {
    SessionCalls calls(ignored);
    while (true) {
        TURNTABLE_TRY(const auto record, reader.next());
        if (!record) {
            return calls.finish();
        }
        const auto* frame = std::get_if<tape::Frame>(&*record);
        if (frame != nullptr && frame->direction != tape::Direction::server_aside) {
            calls.take(*frame);
        }
    }
}

class SessionDiff {
  public:
    SessionDiff(std::vector<SessionCall> first, std::vector<SessionCall> second,
                const DiffOptions& options)
        : first_(std::move(first)), second_(std::move(second)), options_(options) {}

    DiffReport run() {
        pair([](const SessionCall& call) { return json_line(call.request); });
        pair([](const SessionCall& call) { return call.method + " " + call.subject; });
        for (const SessionCall& call : first_) {
            if (!call.paired) {
                add({DiffKind::missing, call.method, call.subject, call.frame, 0, {}});
            }
        }
        for (const SessionCall& call : second_) {
            if (!call.paired) {
                add({DiffKind::added, call.method, call.subject, 0, call.frame, {}});
            }
        }
        std::ranges::sort(report_.calls, {}, [](const DiffCall& call) {
            return std::tuple(std::max(call.first, call.second), call.first, call.subject);
        });
        return std::move(report_);
    }

  private:
    void add(DiffCall call) { report_.calls.push_back(std::move(call)); }
    /// Pairs calls for which `key` gives the same, in order.
    template <class Key>
    void pair(Key key) {
        std::map<std::string, std::vector<SessionCall*>> waiting;
        for (SessionCall& call : second_) {
            if (!call.paired) {
                waiting[key(call)].push_back(&call);
            }
        }
        for (auto& [text, calls] : waiting) {
            std::ranges::reverse(calls);
        }
        for (SessionCall& call : first_) {
            if (call.paired) {
                continue;
            }
            const auto found = waiting.find(key(call));
            if (found != waiting.end() && !found->second.empty()) {
                compare(call, *found->second.back());
                found->second.pop_back();
            }
        }
    }
    std::vector<DiffPlace> places(const Json& first, const Json& second) const {
        std::vector<DiffPlace> out;
        for (Difference& one :
             differences(first, second, "", options_.places_max, ListOrder::by_name)) {
            out.push_back({std::move(one.path), std::move(one.recorded), std::move(one.asked)});
        }
        return out;
    }
    void compare(SessionCall& first, SessionCall& second) {
        first.paired = second.paired = true;
        auto requests = places(first.request, second.request);
        if (!requests.empty()) {
            return add({DiffKind::request, first.method, first.subject, first.frame, second.frame,
                        std::move(requests)});
        }
        auto answers = places(first.answer, second.answer);
        if (answers.empty()) {
            ++report_.same;
        } else {
            add({DiffKind::answer, first.method, first.subject, first.frame, second.frame,
                 std::move(answers)});
        }
    }

    std::vector<SessionCall> first_;
    std::vector<SessionCall> second_;
    const DiffOptions& options_;
    DiffReport report_;
};

}  // namespace

std::string_view to_string(DiffKind kind) noexcept {
    static constexpr std::string_view names[] = {"missing", "added", "request", "answer"};
    return names[static_cast<std::size_t>(kind)];
}

Result<DiffReport> diff(tape::SegmentReader& first, tape::SegmentReader& second,
                        const DiffOptions& options) {
    TURNTABLE_TRY(const IgnoredPlaces ignored, IgnoredPlaces::parse(options.ignore));
    TURNTABLE_TRY(auto calls, calls_of(first, ignored));
    TURNTABLE_TRY(auto others, calls_of(second, ignored));
    return SessionDiff(std::move(calls), std::move(others), options).run();
}

}  // namespace turntable::inline v0::mcp
