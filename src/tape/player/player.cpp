#include "turntable/tape/player.hpp"

#include <algorithm>
#include <list>
#include <span>
#include <unordered_map>
#include <utility>

#include "tape/player/script.hpp"

namespace turntable::inline v0::tape {

namespace {

/// To be compared with what is not there: enough to find the nearest.
constexpr std::size_t candidates_max = 200;

}  // namespace

PlayerProtocol::~PlayerProtocol() = default;
bool PlayerProtocol::matches(const Utterance& /*then*/, const Utterance& /*now*/) { return false; }
std::optional<Bytes> PlayerProtocol::answer_unrecorded(const Utterance& /*now*/) { return {}; }

struct Player::State {
    using Heard = std::shared_ptr<const Utterance>;
    /// What is to be sent.
    struct Due {
        Instant when;
        std::size_t line = 0;
        Heard asked_now = nullptr;  // what it answers or belongs to
        Bytes bytes = {};  // instead of a line
    };
    using DueList = std::list<Due>;
    /// Asks that are equal; they are used in order.
    struct Equal {
        std::vector<std::size_t> asks = {};
        std::size_t used = 0;
    };
    struct Found {
        std::size_t line = Script::none;
        MissReason reason = MissReason::different;
    };

    State(Script loaded, std::shared_ptr<PlayerProtocol> with, const PlayerOptions& how)
        : script(std::move(loaded)), protocol(std::move(with)), options(how) {
        index();
        required_asks = script.asks().size();
    }

    /// Makes what the script has now known by its keys.
    void index() {
        for (; indexed_asks < script.asks().size(); ++indexed_asks) {
            const std::size_t ask = script.asks()[indexed_asks];
            const Utterance& said = script[ask].said;
            if (said.open_key) {
                open_asks.push_back(ask);
            } else {
                by_key[said.key].asks.push_back(ask);
            }
            if (std::find(groups.begin(), groups.end(), said.group) == groups.end()) {
                groups.push_back(said.group);
            }
        }
        for (; indexed_tells < script.tells().size(); ++indexed_tells) {
            const std::size_t tell = script.tells()[indexed_tells];
            tells_by_key[script[tell].said.key].push_back(tell);
        }
    }

    bool says(std::size_t line, const Utterance& now) const {
        const Utterance& then = script[line].said;
        return then.open_key ? then.group == now.group && protocol->matches(then, now)
                             : then.key == now.key;
    }
    Found find(const Utterance& now) const;
    Found find_in_order(const Utterance& now) const;
    Found find_anywhere(const Utterance& now) const;
    std::size_t find_open(const Utterance& now, bool used, std::size_t before) const;
    void use(std::size_t ask);
    Miss miss(const Utterance& now, MissReason reason);
    void hear_ask(Utterance now, Instant when, std::vector<Miss>& misses);
    void hear_tell(const Utterance& now, Instant when);
    void hear_answer(const Utterance& now, Instant when);
    void trigger(std::size_t line, Instant when);

    std::chrono::nanoseconds pause(TapeTime recorded) const {
        const auto scaled = std::chrono::duration<double, std::nano>(
            static_cast<double>(std::max(recorded, TapeTime()).count()) * options.pace);
        const auto most = std::chrono::nanoseconds(options.pause_max);
        return scaled < most ? std::chrono::duration_cast<std::chrono::nanoseconds>(scaled) : most;
    }
    /// On the tape it came after an answer of the client that is not there yet.
    bool waits_for_client(const Due& one) const {
        if (one.line == Script::none) {
            return false;
        }
        return std::any_of(asked_by_server.begin(), asked_by_server.end(), [&](const auto& asked) {
            const std::size_t answer = script[asked.second].partner;
            return script[asked.second].tape == script[one.line].tape && asked.second < one.line &&
                   answer < one.line;
        });
    }
    DueList::const_iterator first_due() const {
        auto first = list.end();
        for (auto at = list.begin(); at != list.end(); ++at) {
            if (!waits_for_client(*at) && (first == list.end() || at->when < first->when ||
                                           (at->when == first->when && at->line < first->line))) {
                first = at;
            }
        }
        return first;
    }

    Script script;
    std::shared_ptr<PlayerProtocol> protocol;
    PlayerOptions options;
    std::unordered_map<std::string, Equal> by_key;
    /// Of strict order: which of all is next.
    std::size_t next_ask = 0;
    std::unordered_map<std::string, std::vector<std::size_t>> tells_by_key;
    std::vector<std::size_t> open_asks;
    std::vector<std::string> groups;
    std::size_t indexed_asks = 0;
    std::size_t indexed_tells = 0;
    /// Those of the first tape; what further ones have need not be asked.
    std::size_t required_asks = 0;
    /// Lines of the client that came, and how they were said.
    std::unordered_map<std::size_t, Heard> heard;
    /// What the server asked and the client has not answered, by id.
    std::unordered_map<std::string, std::size_t> asked_by_server;
    DueList list;
    PlayReport counts;
};

Player::State::Found Player::State::find(const Utterance& now) const {
    return options.strict ? find_in_order(now) : find_anywhere(now);
}

Player::State::Found Player::State::find_in_order(const Utterance& now) const {
    const auto& asks = script.asks();
    if (next_ask < required_asks && says(asks[next_ask], now)) {
        return {asks[next_ask], {}};
    }
    const Found found = find_anywhere(now);
    if (found.line != Script::none && script[found.line].tape > 0) {
        return found;
    }
    const bool later = found.line != Script::none && next_ask < required_asks;
    return {Script::none, later ? MissReason::out_of_order : found.reason};
}

/// Of what is open, the first that was heard already or not.
std::size_t Player::State::find_open(const Utterance& now, bool used, std::size_t before) const {
    for (const std::size_t ask : open_asks) {
        if (ask >= before) {
            break;
        }
        if (heard.contains(ask) == used && says(ask, now)) {
            return ask;
        }
    }
    return Script::none;
}

Player::State::Found Player::State::find_anywhere(const Utterance& now) const {
    const auto equal = by_key.find(now.key);
    const Equal* same = equal == by_key.end() ? nullptr : &equal->second;
    std::size_t fresh = Script::none;
    if (same != nullptr && same->used < same->asks.size()) {
        fresh = same->asks[same->used];
    }
    fresh = std::min(fresh, find_open(now, false, fresh));
    if (fresh != Script::none) {
        return {fresh, {}};
    }
    const std::size_t again =
        same != nullptr ? same->asks.back() : find_open(now, true, Script::none);
    if (again == Script::none) {
        return {Script::none, MissReason::different};
    }
    return {options.repeats && !options.strict ? again : Script::none, MissReason::used_up};
}

void Player::State::use(std::size_t ask) {
    if (const auto equal = by_key.find(script[ask].said.key); equal != by_key.end()) {
        Equal& same = equal->second;
        same.used += same.used < same.asks.size() && same.asks[same.used] == ask ? 1 : 0;
    }
    next_ask += next_ask < script.asks().size() && script.asks()[next_ask] == ask ? 1 : 0;
}

Miss Player::State::miss(const Utterance& now, MissReason reason) {
    ++counts.missed;
    std::vector<MissCandidate> candidates;
    if (reason == MissReason::out_of_order) {
        const std::size_t next = script.asks()[next_ask];
        candidates.push_back({script[next].frame, &script[next].said});
        return {now, reason, protocol->miss(now, reason, candidates, groups)};
    }
    for (const bool used : {false, true}) {
        for (const std::size_t ask : script.asks()) {
            if (candidates.size() < candidates_max && heard.contains(ask) == used &&
                script[ask].said.group == now.group) {
                candidates.push_back({script[ask].frame, &script[ask].said});
            }
        }
    }
    return {now, reason, protocol->miss(now, reason, candidates, groups)};
}

void Player::State::hear_ask(Utterance now, Instant when, std::vector<Miss>& misses) {
    const Found found = find(now);
    if (found.line == Script::none) {
        if (auto bytes = protocol->answer_unrecorded(now)) {
            list.push_back({when, Script::none, nullptr, std::move(*bytes)});
            return;
        }
        misses.push_back(miss(now, found.reason));
        return;
    }
    ++counts.answered;
    counts.repeated += heard.contains(found.line) ? 1 : 0;
    counts.unanswered += script[found.line].partner == Script::none ? 1 : 0;
    use(found.line);
    heard[found.line] = std::make_shared<const Utterance>(std::move(now));
    trigger(found.line, when);
}

void Player::State::hear_tell(const Utterance& now, Instant when) {
    if (!now.cancels.empty()) {
        std::erase_if(list, [&now](const Due& due) {
            return due.asked_now != nullptr && due.asked_now->id == now.cancels;
        });
    }
    const auto equal = tells_by_key.find(now.key);
    if (equal == tells_by_key.end()) {
        return;
    }
    for (const std::size_t tell : equal->second) {
        if (!heard.contains(tell)) {
            heard[tell] = nullptr;
            return trigger(tell, when);
        }
    }
}

void Player::State::hear_answer(const Utterance& now, Instant when) {
    const auto asked = asked_by_server.find(now.id);
    if (asked == asked_by_server.end()) {
        return;
    }
    const std::size_t answer = script[asked->second].partner;
    asked_by_server.erase(asked);
    if (answer == Script::none) {
        return;
    }
    // The pauses of what followed are counted from the answer: how long the client of now takes is
    // its own affair.
    for (Due& due : list) {
        if (due.line != Script::none && due.line > answer &&
            script[due.line].tape == script[answer].tape) {
            due.when = when + pause(script[due.line].time - script[answer].time);
        }
    }
    trigger(answer, when);
}

void Player::State::trigger(std::size_t line, Instant when) {
    TapeTime before = script[line].time;
    for (const std::size_t next : script[line].follows) {
        const Script::Line& said = script[next];
        when += pause(said.time - before);
        before = said.time;
        Heard asked;
        if (said.said.kind != UtteranceKind::ask && said.partner != Script::none) {
            const auto found = heard.find(said.partner);
            if (found == heard.end()) {
                continue;  // it belongs to what the client of now did not ask
            }
            asked = found->second;
        }
        list.push_back({when, next, std::move(asked), {}});
    }
}

Player::Player(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Player::Player(Player&& other) noexcept = default;
Player& Player::operator=(Player&& other) noexcept = default;
Player::~Player() = default;

template <class Tape>
Result<void> Player::take_all(Script& script, Tape& tape, PlayerProtocol& protocol,
                              const PlayerOptions& options) {
    while (true) {
        TURNTABLE_TRY(auto record, tape.next());
        if (!record) {
            script.finish();
            return {};
        }
        TURNTABLE_CHECK(script.take(std::move(*record), protocol, options.payloads));
    }
}

template <class Tape>
Result<Player> Player::load_from(Tape& tape, std::shared_ptr<PlayerProtocol> protocol,
                                 const PlayerOptions& options) {
    Script script;
    TURNTABLE_CHECK(take_all(script, tape, *protocol, options));
    return Player(std::make_unique<State>(std::move(script), std::move(protocol), options));
}

Result<void> Player::add(SegmentReader& tape) {
    TURNTABLE_CHECK(take_all(state_->script, tape, *state_->protocol, state_->options));
    state_->index();
    return {};
}

Result<Player> Player::load(Reader& tape, std::shared_ptr<PlayerProtocol> protocol,
                            const PlayerOptions& options) {
    return load_from(tape, std::move(protocol), options);
}

Result<Player> Player::load(SegmentReader& tape, std::shared_ptr<PlayerProtocol> protocol,
                            const PlayerOptions& options) {
    return load_from(tape, std::move(protocol), options);
}

void Player::begin(Instant now) { state_->trigger(Script::start, now); }

std::vector<Miss> Player::hear(ByteView frame, Instant now) {
    std::vector<Miss> misses;
    Frame heard;
    heard.payload = Bytes::copy(frame);
    for (Utterance& said : state_->protocol->read(heard)) {
        switch (said.kind) {
            case UtteranceKind::ask:
                state_->hear_ask(std::move(said), now, misses);
                break;
            case UtteranceKind::tell:
                state_->hear_tell(said, now);
                break;
            case UtteranceKind::answer:
                state_->hear_answer(said, now);
                break;
        }
    }
    return misses;
}

void Player::end(Instant now) { state_->trigger(state_->script.end(), now); }

std::optional<Instant> Player::due() const {
    const auto first = state_->first_due();
    return first == state_->list.end() ? std::nullopt : std::optional(first->when);
}

std::optional<Bytes> Player::next(Instant now) {
    State& state = *state_;
    while (true) {
        const auto first = state.first_due();
        if (first == state.list.end() || first->when > now) {
            return std::nullopt;
        }
        State::Due due = *first;
        state.list.erase(first);
        if (due.line == Script::none) {
            return std::move(due.bytes);
        }
        const Script::Line& line = state.script[due.line];
        if (line.said.kind == UtteranceKind::ask) {
            state.asked_by_server[line.said.id] = due.line;
        }
        const Utterance* asked_then =
            due.asked_now == nullptr ? nullptr : &state.script[line.partner].said;
        auto bytes = state.protocol->rewrite(line.said, asked_then, due.asked_now.get());
        if (bytes) {
            return bytes;
        }
    }
}

PlayReport Player::report() const {
    PlayReport out = state_->counts;
    out.incomplete = state_->script.incomplete();
    const auto& asks = state_->script.asks();
    for (const std::size_t ask : std::span(asks).first(state_->required_asks)) {
        if (!state_->heard.contains(ask)) {
            const Script::Line& line = state_->script[ask];
            out.unused.push_back({line.frame, line.said.group, line.said.key});
        }
    }
    return out;
}

}  // namespace turntable::inline v0::tape
