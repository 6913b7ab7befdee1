// Recorder and Player for a session that is not MCP: a shop that is spoken to in lines such as
// "price tea", which answers in the order of the questions. The session is recorded once, and the
// tape then stands in for the shop.

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "turntable/tape/player.hpp"
#include "turntable/tape/recorder.hpp"

using namespace turntable;

namespace {

/// What is recorded: any two parties that say something to each other.
std::string shop(const std::string& question) {
    static const std::map<std::string, std::string> prices = {{"tea", "3.50"}, {"milk", "1.20"}};
    const std::size_t begin = question.find(' ') + 1;
    const auto found = prices.find(question.substr(begin, question.find('\n') - begin));
    return found == prices.end() ? "- we have none\n" : "+ " + found->second + "\n";
}

/// The words of the protocol: a line that begins with `+` or `-` answers the oldest question that
/// is open. A line without questions or answers (`*`) is news.
class ShopProtocol final : public tape::PlayerProtocol {
  public:
    std::vector<tape::Utterance> read(const tape::Frame& frame) override {
        tape::Utterance said;
        said.bytes = frame.payload;
        const std::string_view line = frame.payload.text();
        if (frame.direction == tape::Direction::client_to_server) {
            said.kind = tape::UtteranceKind::ask;
            said.id = std::to_string(questions_++);
            said.key = std::string(line.substr(0, line.find('\n')));
            said.group = said.key.substr(0, said.key.find(' '));
        } else if (!line.starts_with('*')) {
            said.kind = tape::UtteranceKind::answer;
            said.id = std::to_string(answers_++);
        }
        return {said};
    }
    std::optional<Bytes> rewrite(const tape::Utterance& then, const tape::Utterance* /*then*/,
                                 const tape::Utterance* /*now*/) override {
        return then.bytes;  // nothing in a line belongs to one session only
    }
    tape::MissAnswer miss(const tape::Utterance& now, tape::MissReason /*reason*/,
                          const std::vector<tape::MissCandidate>& candidates,
                          const std::vector<std::string>& /*groups*/) override {
        std::string text = "nobody asked \"" + now.key + "\"";
        if (!candidates.empty()) {
            text += ", but \"" + candidates.front().recorded->key + "\"";
        }
        return {Bytes::copy("- " + text + "\n"), text};
    }

  private:
    int questions_ = 0;
    int answers_ = 0;
};

Result<std::string> record() {
    std::string text;
    tape::Head head;
    head.id = tape::new_tape_id(*Runtime::shared());
    head.transport = "shop";
    TURNTABLE_TRY(auto recorder,
                  tape::Recorder::create(std::make_unique<tape::MemorySink>(text), head));
    for (const std::string question : {"price tea\n", "price milk\n", "price tea\n"}) {
        recorder.frame(tape::Direction::client_to_server, question);
        recorder.frame(tape::Direction::server_to_client, shop(question));
        recorder.frame(tape::Direction::server_to_client, "* thank you\n");
    }
    TURNTABLE_CHECK(recorder.close());
    return text;
}

/// A client without a shop.
Result<bool> play(const std::string& text) {
    TURNTABLE_TRY(tape::Reader reader,
                  tape::Reader::open(std::make_unique<tape::MemorySource>(Bytes::copy(text))));
    TURNTABLE_TRY(auto player, tape::Player::load(reader, std::make_shared<ShopProtocol>()));
    const Instant now = Runtime::shared()->clock().steady_now();
    std::string heard;
    player.begin(now);
    for (const std::string question : {"price milk\n", "price tea\n", "price salt\n"}) {
        for (const tape::Miss& miss : player.hear(question, now)) {
            heard += miss.answer.bytes.text();
        }
        while (const auto bytes = player.next(now)) {
            heard += bytes->text();
        }
    }
    std::printf("%s", heard.c_str());
    const tape::PlayReport report = player.report();
    return heard ==
               "+ 1.20\n* thank you\n+ 3.50\n* thank you\n"
               "- nobody asked \"price salt\", but \"price tea\"\n" &&
           report.answered == 2 && report.missed == 1 && report.unused.size() == 1;
}

}  // namespace

int main() {
    const auto text = record();
    const auto done = text ? play(*text) : text.error();
    if (!done) {
        std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    }
    return done && *done ? 0 : 1;
}
