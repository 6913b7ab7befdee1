#include "turntable/mcp/facts.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>

#include "mcp/frame_text.hpp"
#include "tape/json_scan.hpp"
#include "turntable/mcp/message.hpp"
#include "turntable/tape/limits.hpp"

namespace turntable::inline v0::mcp {

namespace {

using tape::Call;
using tape::Direction;
using tape::Facts;
using tape::Party;

constexpr std::size_t error_text_bytes_max = 500;
/// Calls that asked for input, and wait to be sent again.
constexpr std::size_t asked_max = 1000;

/// Not longer than a line of a list should be, and whole characters only.
std::string shortened(std::string text) {
    if (text.size() > error_text_bytes_max) {
        std::size_t end = error_text_bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        text.resize(end);
    }
    return text;
}

std::string subject_of(std::string_view params) {
    std::string name = json_text(json_at(params, {"name"}));
    return name.empty() ? json_text(json_at(params, {"uri"})) : name;
}

/// What a tool says when it fails: its first text.
std::string first_text(std::string_view result) {
    const std::string_view content = json_at(result, {"content"});
    if (content.starts_with('[')) {
        tape::JsonWalk walk(content, tape::limits::json_depth_max);
        while (walk.next()) {
            std::string text = json_text(json_at(walk.value(), {"text"}));
            if (!text.empty()) {
                return text;
            }
        }
    }
    return {};
}

/// The names of the members of an object, in order.
std::vector<std::string> names_in(std::string_view object) {
    std::vector<std::string> out;
    if (object.starts_with('{')) {
        tape::JsonWalk walk(object, tape::limits::json_depth_max);
        while (walk.next()) {
            out.emplace_back(walk.name());
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

/// A call that waits for its answer.
struct Waiting {
    Call call;
    bool cancelled = false;
};

/// A call that was answered with a question: what goes on with it is known by this.
struct Asked {
    std::uint64_t request = 0;
    std::string method = {};
    std::string subject = {};
    std::string state = {};
    std::vector<std::string> names = {};
};

class McpAnalyzer final : public tape::Analyzer {
  public:
    void take(const tape::Record& record, std::vector<Call>& finished) override;
    Facts finish(std::vector<Call>& unanswered) override;

  private:
    /// The requests of one party, by their ids.
    using Table = std::unordered_map<std::string, Waiting>;

    Table& asked_by(Direction direction) noexcept {
        return tables_[direction == Direction::client_to_server ? 0 : 1];
    }
    void take_message(const Message& message, const tape::Frame& frame,
                      std::vector<Call>& finished);
    void take_request(const Message& message, const tape::Frame& frame,
                      std::vector<Call>& finished);
    void take_notification(const Message& message, const tape::Frame& frame,
                           std::vector<Call>& finished);
    void take_answer(const Message& message, const tape::Frame& frame, std::vector<Call>& finished);
    void learn_from_request(const Message& message);
    void learn_from_result(const Call& call, std::string_view result);
    void add_version(std::string_view json);
    std::uint64_t continued_by(const Call& call, std::string_view params);
    void give_up(Waiting waiting, std::vector<Call>& out);

    Facts facts_;
    std::array<Table, 2> tables_;
    std::deque<Asked> asked_;
};

void learn(Party& party, std::string_view json) {
    if (json.starts_with('{')) {
        party = {json_text(json_at(json, {"name"})), json_text(json_at(json, {"version"}))};
    }
}

void McpAnalyzer::add_version(std::string_view json) {
    std::string version = json_text(json);
    if (!version.empty() && std::find(facts_.versions.begin(), facts_.versions.end(), version) ==
                                facts_.versions.end()) {
        facts_.versions.push_back(std::move(version));
    }
}

void McpAnalyzer::learn_from_request(const Message& message) {
    if (message.method == "initialize") {
        learn(facts_.client, json_at(message.params, {"clientInfo"}));
        return;
    }
    const std::string_view meta = json_at(message.params, {"_meta"});
    if (!meta.empty()) {
        add_version(json_at(meta, {"io.modelcontextprotocol/protocolVersion"}));
        learn(facts_.client, json_at(meta, {"io.modelcontextprotocol/clientInfo"}));
    }
}

void McpAnalyzer::learn_from_result(const Call& call, std::string_view result) {
    if (call.method == "initialize") {
        add_version(json_at(result, {"protocolVersion"}));  // what the server chose
        learn(facts_.server, json_at(result, {"serverInfo"}));
        return;
    }
    learn(facts_.server, json_at(result, {"_meta", "io.modelcontextprotocol/serverInfo"}));
}

/// The call that this one sends again with the input that was asked for.
std::uint64_t McpAnalyzer::continued_by(const Call& call, std::string_view params) {
    const std::string_view responses = json_at(params, {"inputResponses"});
    const std::string_view state = json_at(params, {"requestState"});
    if (asked_.empty() || (responses.empty() && state.empty())) {
        return 0;
    }
    auto found = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& asked) {
        return !state.empty() && asked.state == state;
    });
    if (found == asked_.end() && state.empty()) {
        const std::vector<std::string> names = names_in(responses);
        found = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& asked) {
            return asked.state.empty() && asked.method == call.method &&
                   asked.subject == call.subject && asked.names == names;
        });
    }
    if (found == asked_.end()) {
        return 0;
    }
    const std::uint64_t request = found->request;
    asked_.erase(found);
    return request;
}

void McpAnalyzer::give_up(Waiting waiting, std::vector<Call>& out) {
    if (waiting.cancelled) {
        waiting.call.error = "cancelled";
    } else if (!waiting.call.lasting) {
        ++facts_.unanswered;
    }
    out.push_back(std::move(waiting.call));
}

void McpAnalyzer::take_request(const Message& message, const tape::Frame& frame,
                               std::vector<Call>& finished) {
    ++facts_.requests;
    Waiting waiting;
    Call& call = waiting.call;
    call.request = frame.number;
    call.direction = frame.direction;
    call.started = frame.time;
    call.method = message.method;
    call.subject = subject_of(message.params);
    call.lasting = message.method == "subscriptions/listen";
    call.continues = continued_by(call, message.params);
    learn_from_request(message);
    Table& table = asked_by(frame.direction);
    const std::string id(message.id);
    if (const auto old = table.find(id); old != table.end()) {  // nobody can answer that one now
        give_up(std::move(old->second), finished);
        table.erase(old);
    }
    table.emplace(id, std::move(waiting));
}

void McpAnalyzer::take_notification(const Message& message, const tape::Frame& frame,
                                    std::vector<Call>& finished) {
    ++facts_.notifications;
    if (message.method == "notifications/cancelled") {
        Table& table = asked_by(frame.direction);
        const auto found = table.find(std::string(json_at(message.params, {"requestId"})));
        if (found != table.end()) {
            found->second.cancelled = true;
        }
    }
    Call call;
    call.request = frame.number;
    call.direction = frame.direction;
    call.started = frame.time;
    call.method = message.method;
    call.subject = subject_of(message.params);
    call.notification = true;
    finished.push_back(std::move(call));
}

void McpAnalyzer::take_answer(const Message& message, const tape::Frame& frame,
                              std::vector<Call>& finished) {
    Table& table =
        asked_by(frame.direction == Direction::client_to_server ? Direction::server_to_client
                                                                : Direction::client_to_server);
    const auto found = table.find(std::string(message.id));
    if (found == table.end()) {
        facts_.errors += message.kind == MessageKind::error ? 1 : 0;
        return;
    }
    Call call = std::move(found->second.call);
    table.erase(found);
    call.response = frame.number;
    call.took = frame.time - call.started;
    if (message.kind == MessageKind::error) {
        call.error = std::string(json_at(message.error, {"code"}));
        if (call.error.empty()) {
            call.error = "error";
        }
        call.error_text = shortened(json_text(json_at(message.error, {"message"})));
    } else if (json_at(message.result, {"isError"}) == "true") {
        call.error = "tool";
        call.error_text = shortened(first_text(message.result));
    }
    facts_.errors += call.error.empty() ? 0 : 1;
    learn_from_result(call, message.result);
    if (json_text(json_at(message.result, {"resultType"})) == "input_required") {
        if (asked_.size() == asked_max) {
            asked_.pop_front();
        }
        asked_.push_back({call.request, call.method, call.subject,
                          std::string(json_at(message.result, {"requestState"})),
                          names_in(json_at(message.result, {"inputRequests"}))});
    }
    finished.push_back(std::move(call));
}

void McpAnalyzer::take_message(const Message& message, const tape::Frame& frame,
                               std::vector<Call>& finished) {
    switch (message.kind) {
        case MessageKind::request:
            return take_request(message, frame, finished);
        case MessageKind::notification:
            return take_notification(message, frame, finished);
        case MessageKind::result:
        case MessageKind::error:
            return take_answer(message, frame, finished);
        case MessageKind::none:
            return;
    }
}

void McpAnalyzer::take(const tape::Record& record, std::vector<Call>& finished) {
    const auto* frame = std::get_if<tape::Frame>(&record);
    if (frame == nullptr || frame->direction == Direction::server_aside) {
        return;
    }
    std::string room;
    const std::vector<Message> messages = read_messages(frame_text(*frame, room));
    bool understood = false;
    for (const Message& message : messages) {
        understood |= message.kind != MessageKind::none;
        take_message(message, *frame, finished);
    }
    if (understood) {
        facts_.protocol = "mcp";
    } else if (!messages.empty()) {
        ++facts_.noise;
    }
}

Facts McpAnalyzer::finish(std::vector<Call>& unanswered) {
    std::vector<Waiting*> left;
    for (Table& table : tables_) {
        for (auto& [id, waiting] : table) {
            left.push_back(&waiting);
        }
    }
    std::sort(left.begin(), left.end(), [](const Waiting* one, const Waiting* other) {
        return one->call.request < other->call.request;
    });
    for (Waiting* waiting : left) {
        give_up(std::move(*waiting), unanswered);
    }
    for (Table& table : tables_) {
        table.clear();
    }
    return std::move(facts_);
}

}  // namespace

tape::AnalyzerFactory facts() {
    return [] { return std::make_unique<McpAnalyzer>(); };
}

}  // namespace turntable::inline v0::mcp
