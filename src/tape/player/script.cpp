#include "tape/player/script.hpp"

#include <algorithm>

namespace turntable::inline v0::tape {

Script::Script() { lines_.emplace_back(); }

namespace {

/// The ask of that id, which waits no longer.
std::size_t take_ask(std::map<std::string, std::size_t, std::less<>>& open, const std::string& id) {
    const auto found = open.find(id);
    if (found == open.end()) {
        return Script::none;
    }
    const std::size_t at = found->second;
    open.erase(found);
    return at;
}

/// Gives a frame its bytes. False: the tape does not hold all of them.
Result<bool> complete(Frame& frame, PayloadStore* payloads) {
    if (!frame.parts.empty()) {
        const bool elsewhere =
            std::any_of(frame.parts.begin(), frame.parts.end(),
                        [](const Part& part) { return part.stored.has_value(); });
        if (elsewhere && payloads == nullptr) {
            return Error(ErrorCode::not_found,
                         "the payload of a frame lies in a payload store, which was not given")
                .with("frame", std::to_string(frame.number));
        }
        if (elsewhere) {
            TURNTABLE_CHECK(load_payload(frame, *payloads));
        } else {
            std::string whole;
            for (const Part& part : frame.parts) {
                whole += part.bytes.text();
            }
            frame.payload = Bytes::take(std::move(whole));
            frame.parts.clear();
        }
    }
    return frame.truncated_from == 0;
}

}  // namespace

void Script::add_end(TapeTime time) {
    if (tape_ > 0) {
        latest_ = none;
    } else if (end_ == none) {
        end_ = lines_.size();
        latest_ = end_;
        lines_.emplace_back();
        lines_.back().time = time;
    }
}

void Script::finish() {
    add_end({});
    ++tape_;
    latest_ = none;
    client_ = {};
    server_ = {};
}

Result<void> Script::take(Record record, PlayerProtocol& protocol, PayloadStore* payloads) {
    if (const auto* life = std::get_if<Life>(&record)) {
        if (life->event == "eof" && life->text == to_string(Direction::client_to_server)) {
            add_end(life->time);
        }
        return {};
    }
    auto* frame = std::get_if<Frame>(&record);
    if (frame == nullptr || frame->direction == Direction::server_aside) {
        return {};
    }
    TURNTABLE_TRY(const bool whole, complete(*frame, payloads));
    if (!whole && frame->direction == Direction::server_to_client) {
        ++incomplete_;
        return {};
    }
    for (Utterance& said : protocol.read(*frame)) {
        add(std::move(said), *frame);
    }
    return {};
}

void Script::add(Utterance said, const Frame& frame) {
    const std::size_t at = lines_.size();
    lines_.push_back({.said = std::move(said),
                      .direction = frame.direction,
                      .frame = frame.number,
                      .time = frame.time,
                      .tape = tape_});
    if (frame.direction == Direction::client_to_server) {
        add_of_client(at);
    } else {
        add_of_server(at);
    }
}

void Script::add_of_client(std::size_t at) {
    const Utterance& said = lines_[at].said;
    if (said.kind == UtteranceKind::answer) {
        const std::size_t ask = take_ask(server_.by_id, said.id);
        if (ask == none) {
            return;  // nobody asked: nothing that the server says hangs on it
        }
        lines_[ask].partner = at;
    } else if (said.kind == UtteranceKind::ask) {
        asks_.push_back(at);
        client_.by_id[said.id] = at;
        for (const std::string& name : said.names) {
            client_.by_name[name] = at;
        }
    } else {
        tells_.push_back(at);
    }
    latest_ = at;
}

void Script::add_of_server(std::size_t at) {
    Line& line = lines_[at];
    std::size_t after = latest_;
    if (line.said.kind == UtteranceKind::answer) {
        line.partner = take_ask(client_.by_id, line.said.id);
        if (line.partner != none) {
            lines_[line.partner].partner = at;
        }
    } else if (line.said.kind == UtteranceKind::ask) {
        server_.by_id[line.said.id] = at;
    }
    if (line.said.kind == UtteranceKind::tell && !line.said.belongs_to.empty()) {
        const auto found = client_.by_name.find(line.said.belongs_to);
        line.partner = found == client_.by_name.end() ? none : found->second;
    }
    // What belongs to a lasting ask was caused by something else.
    if (line.partner != none && line.said.kind != UtteranceKind::ask &&
        !lines_[line.partner].said.lasting) {
        after = line.partner;
    }
    if (after != none) {
        lines_[after].follows.push_back(at);
    }
}

}  // namespace turntable::inline v0::tape
