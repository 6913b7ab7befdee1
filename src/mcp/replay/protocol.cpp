#include <algorithm>
#include <map>

#include "mcp/replay/comparable.hpp"
#include "mcp/replay/compare.hpp"
#include "turntable/core/nearest_name.hpp"
#include "turntable/mcp/message.hpp"
#include "turntable/mcp/player_protocol.hpp"

namespace turntable::inline v0::mcp {

namespace {

using tape::MissAnswer;
using tape::MissCandidate;
using tape::MissReason;
using tape::Utterance;
using tape::UtteranceKind;

constexpr std::string_view subscription_id = "io.modelcontextprotocol/subscriptionId";
/// Of a miss: what is told, and what of a value is shown on one line.
constexpr std::size_t differences_max = 20;
constexpr std::size_t shown_bytes_max = 80;

std::string shown(const std::string& json) {
    if (json.empty()) {
        return "nothing";
    }
    return json.size() <= shown_bytes_max ? json : json.substr(0, shown_bytes_max) + "...";
}

/// Bytes with pieces of them replaced.
class Edits {
  public:
    explicit Edits(const Bytes& bytes) : text_(bytes.text()) {}
    /// `piece` is a view into the bytes; an empty one is none.
    void replace(std::string_view piece, std::string_view with) {
        if (!piece.empty() && piece != with) {
            pieces_[static_cast<std::size_t>(piece.data() - text_.data())] = {piece.size(), with};
        }
    }
    Bytes apply(const Bytes& bytes) const {
        if (pieces_.empty()) {
            return bytes;
        }
        std::string out;
        std::size_t at = 0;
        for (const auto& [offset, piece] : pieces_) {
            out += text_.substr(at, offset - at);
            out += piece.second;
            at = offset + piece.first;
        }
        out += text_.substr(at);
        return Bytes::take(std::move(out));
    }

  private:
    std::string_view text_;
    std::map<std::size_t, std::pair<std::size_t, std::string_view>> pieces_;
};

class McpPlayerProtocol final : public tape::PlayerProtocol {
  public:
    McpPlayerProtocol(IgnoredPlaces ignored, std::string key)

        : ignored_(std::move(ignored)), key_(std::move(key)) {}

    std::vector<Utterance> read(const tape::Frame& frame) override;
    std::optional<Bytes> rewrite(const Utterance& then, const Utterance* asked_then,
                                 const Utterance* asked_now) override;
    bool matches(const Utterance& then, const Utterance& now) override {
        return differences(key_json(then), key_json(now), key_, 1).empty();
    }
    std::optional<Bytes> answer_unrecorded(const Utterance& now) override;
    MissAnswer miss(const Utterance& now, MissReason reason,
                    const std::vector<MissCandidate>& candidates,
                    const std::vector<std::string>& groups) override;

  private:
    static Json key_json(const Utterance& said) { return Json::parse(said.key, nullptr, false); }

    IgnoredPlaces ignored_;
    std::string key_;
};

/// What of a message a server refers to later, and what the message itself refers to.
void add_references(const Message& message, Utterance& out) {
    const std::string_view token = json_at(message.params, {"_meta", "progressToken"});
    if (message.kind == MessageKind::request) {
        if (!token.empty()) {
            out.names.push_back("progress " + std::string(token));
        }
        if (message.method == "subscriptions/listen") {
            out.names.push_back("subscription " + out.id);
            out.lasting = true;
        }
        return;
    }
    if (message.method == "notifications/progress") {
        out.belongs_to = "progress " + std::string(json_at(message.params, {"progressToken"}));
    } else if (message.method == "notifications/cancelled") {
        out.cancels = std::string(json_at(message.params, {"requestId"}));
        out.belongs_to = "subscription " + out.cancels;
    } else if (const auto id = json_at(message.params, {"_meta", subscription_id}); !id.empty()) {
        out.belongs_to = "subscription " + std::string(id);
    }
}

std::vector<Utterance> McpPlayerProtocol::read(const tape::Frame& frame) {
    std::vector<Utterance> out;
    const std::vector<Message> messages = read_messages(frame.payload);
    std::string room;
    std::vector<Message> compared;
    if (!frame.redacted.empty()) {
        room = with_placeholders(frame.payload.text(), frame.redacted);
        compared = read_messages(room);
    }
    const bool of_client = frame.direction == tape::Direction::client_to_server;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const Message& message = messages[i];
        Utterance said;
        said.bytes = messages.size() == 1 && frame.payload.text().ends_with('\n')
                         ? frame.payload
                         : Bytes::take(std::string(message.text) + "\n");
        said.id = std::string(message.id);
        if (message.is_answer()) {
            said.kind = UtteranceKind::answer;
        } else if (message.kind != MessageKind::none) {
            said.kind =
                message.kind == MessageKind::request ? UtteranceKind::ask : UtteranceKind::tell;
            said.group = message.method;
            add_references(message, said);
            if (of_client) {
                said.key = json_line(comparable_request(
                    compared.size() == messages.size() ? compared[i] : message, ignored_));
                said.open_key = has_placeholder(said.key);
            }
        }
        out.push_back(std::move(said));
    }
    return out;
}

std::optional<Bytes> McpPlayerProtocol::rewrite(const Utterance& then, const Utterance* asked_then,
                                                const Utterance* asked_now) {
    if (asked_now == nullptr || asked_then == nullptr) {
        return then.bytes;
    }
    const std::vector<Message> messages = read_messages(then.bytes);
    const Message& message = messages.at(0);
    Edits edits(then.bytes);
    if (message.is_answer()) {
        edits.replace(message.id, asked_now->id);
    }
    std::string token;
    if (message.method == "notifications/progress") {
        const std::vector<Message> now = read_messages(asked_now->bytes);
        token = std::string(json_at(now.at(0).params, {"_meta", "progressToken"}));
        if (token.empty()) {
            return std::nullopt;  // this client does not want to know
        }
        edits.replace(json_at(message.params, {"progressToken"}), token);
    }
    for (const std::string_view id :
         {json_at(message.params, {"_meta", subscription_id}),
          json_at(message.result, {"_meta", subscription_id}),
          message.method == "notifications/cancelled" ? json_at(message.params, {"requestId"})
                                                      : std::string_view()}) {
        if (id == asked_then->id) {
            edits.replace(id, asked_now->id);
        }
    }
    return edits.apply(then.bytes);
}

std::optional<Bytes> McpPlayerProtocol::answer_unrecorded(const Utterance& now) {
    if (now.group != "ping") {
        return std::nullopt;
    }
    return Bytes::take(R"({"jsonrpc":"2.0","id":)" + now.id + R"(,"result":{}})" + "\n");
}

/// What a request is about, for people: `tools/call echo`.
std::string title(const Json& request) {
    std::string out = request.value("method", "");
    if (const auto params = request.find("params");
        params != request.end() && params->is_object()) {
        for (const char* name : {"name", "uri"}) {
            if (const auto found = params->find(name);
                found != params->end() && found->is_string()) {
                return out + " " + shown(found->get<std::string>());
            }
        }
    }
    return out;
}

/// The candidate with the fewest differences.
struct Nearest {
    const MissCandidate* candidate = nullptr;
    std::vector<Difference> differences = {};
};

std::string describe(const Nearest& nearest) {
    std::string out = "frame " + std::to_string(nearest.candidate->frame) + " comes nearest";
    if (nearest.differences.empty()) {
        return out;
    }
    const Difference& first = nearest.differences.front();
    out += " and differs in " + first.path + ": " + shown(first.recorded) + " on the tape, " +
           shown(first.asked) + " asked";
    const std::size_t more = nearest.differences.size() - 1;
    return more == 0 ? out : out + ", and " + std::to_string(more) + " more";
}

std::string describe(MissReason reason, const Json& asked, const Nearest& nearest,
                     const std::vector<std::string>& methods) {
    const std::string what = title(asked);
    if (reason == MissReason::used_up) {
        return "each answer to " + what +
               " on the tape was given already; --repeat gives the last one again";
    }
    if (nearest.candidate == nullptr) {
        return "the tape has no answer to " + what + ", and nothing of this method" +
               did_you_mean(asked.value("method", ""), methods);
    }
    if (reason == MissReason::out_of_order) {
        const std::string next =
            title(Json::parse(nearest.candidate->recorded->key, nullptr, false));
        return what + " is not what comes next on the tape: frame " +
               std::to_string(nearest.candidate->frame) + ", " + next;
    }
    return "the tape has no answer to " + what + "; " + describe(nearest);
}

MissAnswer McpPlayerProtocol::miss(const Utterance& now, MissReason reason,
                                   const std::vector<MissCandidate>& candidates,
                                   const std::vector<std::string>& groups) {
    static constexpr const char* reasons[] = {"different", "used_up", "out_of_order"};
    const Json asked = key_json(now);
    Nearest nearest;
    for (const MissCandidate& candidate : candidates) {
        auto found = differences(key_json(*candidate.recorded), asked, key_, differences_max);
        if (nearest.candidate == nullptr || found.size() < nearest.differences.size()) {
            nearest = {&candidate, std::move(found)};
        }
    }
    Json data = {{"reason", reasons[static_cast<int>(reason)]}};
    if (nearest.candidate != nullptr) {
        data["nearest"] = {{"frame", nearest.candidate->frame},
                           {"request", key_json(*nearest.candidate->recorded)}};
        for (const Difference& one : nearest.differences) {
            Json row = {{"path", one.path}};
            row["recorded"] = one.recorded;
            row["asked"] = one.asked;
            data["differences"].push_back(std::move(row));
        }
    } else {
        data["methods"] = groups;
    }
    MissAnswer out;
    out.text = describe(reason, asked, nearest, groups);
    const Json error = {{"code", replay_miss_code}, {"message", out.text}, {"data", data}};
    out.bytes = Bytes::take(R"({"jsonrpc":"2.0","id":)" + now.id + R"(,"error":)" +
                            json_line(error) + "}\n");
    return out;
}

}  // namespace

Result<std::shared_ptr<tape::PlayerProtocol>> player_protocol(
    const PlayerProtocolOptions& options) {
    TURNTABLE_TRY(IgnoredPlaces ignored, IgnoredPlaces::parse(options.ignore));
    return std::shared_ptr<tape::PlayerProtocol>(
        std::make_shared<McpPlayerProtocol>(std::move(ignored), options.redaction_key));
}

}  // namespace turntable::inline v0::mcp
