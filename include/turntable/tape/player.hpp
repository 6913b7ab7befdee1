#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/clock.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"
#include "turntable/tape/payload.hpp"
#include "turntable/tape/reader.hpp"
#include "turntable/tape/record.hpp"
#include "turntable/tape/segments.hpp"

/// \file
/// Answers a client from a tape, in place of the server that was recorded.
/// Purpose: a recorded session as a stand-in for a server, in tests and without a network.
/// Ownership: see each type. Threads: one at a time. Errors: see each type.
namespace turntable::inline v0::tape {

/// What an utterance asks of the other party.
enum class UtteranceKind : std::uint8_t {
    tell,  ///< nothing: a notification, free text
    ask,  ///< an answer: a request
    answer,  ///< nothing: it is one
};

/// One thing that a party says: what a Player has to know of it.
///
/// Purpose: what a PlayerProtocol makes of a frame. Ownership: owns its texts, shares its bytes.
/// Threads: a value. Errors: none.
struct Utterance {
    UtteranceKind kind = UtteranceKind::tell;
    /// What is sent for it.
    Bytes bytes = {};
    /// Of an ask and its answer: the same text.
    std::string id = {};
    /// Of what a client asks or tells: equal keys say the same.
    std::string key = {};
    /// Of an ask: what is alike in a wider sense, such as its method. A client that asks what is
    /// not on the tape is told the nearest of its group.
    std::string group = {};
    /// Under these names a server refers to an ask while it works on it.
    std::vector<std::string> names = {};
    /// Of what a server tells: the name of an ask that it belongs to. What belongs to none comes
    /// after what the client said just before it on the tape.
    std::string belongs_to = {};
    /// Of what a client tells: the id of its ask that need not be answered any more.
    std::string cancels = {};
    /// Of an ask: it is answered when all is over, such as a subscription.
    bool lasting = false;
    /// The key has parts that stand for others: PlayerProtocol::matches decides.
    bool open_key = false;
};

/// Why there is no answer on the tape.
enum class MissReason : std::uint8_t {
    different,  ///< nothing equal is there
    used_up,  ///< each that is equal has been asked for already
    out_of_order,  ///< strict order: another one is next
};

/// What a protocol says to a client that asks what is not on the tape.
struct MissAnswer {
    /// What is sent, as the protocol tells an error.
    Bytes bytes = {};
    /// For people, on one line.
    std::string text = {};
};

/// A candidate to be compared with what is not there.
struct MissCandidate {
    std::uint64_t frame = 0;
    const Utterance* recorded = nullptr;
};

/// The words of one protocol, for a Player.
///
/// Purpose: the only part of replay that knows the protocol; mcp::player_protocol is one, and
/// examples/replay_session.cpp has another.
/// Ownership: shared by the players that use it. Threads: called by the thread of its player.
/// Errors: none: what it does not understand is told.
class TURNTABLE_EXPORT PlayerProtocol {
  public:
    PlayerProtocol() = default;
    PlayerProtocol(const PlayerProtocol&) = delete;
    PlayerProtocol& operator=(const PlayerProtocol&) = delete;
    virtual ~PlayerProtocol();

    /// What a frame says, in order: of the tape, or of the client of now.
    virtual std::vector<Utterance> read(const Frame& frame) = 0;
    /// The bytes of what the server said `then` for the client of now: with its ids. `asked_then`
    /// and `asked_now` are the ask that it answers or belongs to, and are null where there is none.
    /// Nothing: the client of now does not want it.
    virtual std::optional<Bytes> rewrite(const Utterance& then, const Utterance* asked_then,
                                         const Utterance* asked_now) = 0;
    /// Whether the client says what it said `then`, whose key is open.
    virtual bool matches(const Utterance& then, const Utterance& now);
    /// What is answered although it is not on the tape, such as a ping.
    virtual std::optional<Bytes> answer_unrecorded(const Utterance& now);
    /// `candidates` are of the group of `now`, with what was not asked for yet first; or, where the
    /// order is wrong, the one that is next. `groups` are those on the tape.
    virtual MissAnswer miss(const Utterance& now, MissReason reason,
                            const std::vector<MissCandidate>& candidates,
                            const std::vector<std::string>& groups) = 0;
};

/// How a Player plays.
///
/// Purpose: the argument of Player::load. Ownership: borrows the payload store, which must outlive
/// load(). Threads: a value. Errors: none.
struct PlayerOptions {
    /// The client must ask in the order of the tape.
    bool strict = false;
    /// What was asked as often as on the tape is answered as it was the last time; if not, it is a
    /// miss.
    bool repeats = false;
    /// The pauses of the server last so many times as long as on the tape; 0: there are none.
    double pace = 0;
    /// No pause lasts longer.
    std::chrono::milliseconds pause_max{5000};
    /// Where the payloads of frames are that lie elsewhere.
    PayloadStore* payloads = nullptr;
};

/// What the client asked that is not on the tape.
struct Miss {
    Utterance asked = {};
    MissReason reason = MissReason::different;
    MissAnswer answer = {};
};

/// An ask on the tape.
struct RecordedAsk {
    std::uint64_t frame = 0;
    std::string group = {};
    std::string key = {};
};

/// How well the client and the tape agreed.
struct PlayReport {
    std::uint64_t answered = 0;
    /// Of these, what was answered again with what had been given before.
    std::uint64_t repeated = 0;
    /// What was asked on the tape, and had no answer there either.
    std::uint64_t unanswered = 0;
    std::uint64_t missed = 0;
    /// Asks of the client on the tape that did not come.
    std::vector<RecordedAsk> unused = {};
    /// Frames of the server that the tape does not hold as a whole, and which were left out.
    std::uint64_t incomplete = 0;

    bool agreed() const noexcept { return missed == 0 && unused.empty(); }
};

class Script;

/// Plays the server of a recorded session to a client.
///
/// Purpose: a state machine without I/O: it is told what the client sends and what time it is, and
/// says what to send when. The rules: an ask is answered as the equal one on the tape was, the
/// first of several first; what the server says beside goes with the ask it belongs to, or with
/// what the client had said last; what the server asks is sent as it was, and nothing that followed
/// the client's answer on the tape is sent before the client of now has answered.
/// Ownership: keeps the whole session in memory; shares the protocol.
/// Threads: one at a time.
/// Errors: load() gives those of the tape; `not_found` for a payload that lies elsewhere.
class [[nodiscard]] TURNTABLE_EXPORT Player {
  public:
    static Result<Player> load(Reader& tape, std::shared_ptr<PlayerProtocol> protocol,
                               const PlayerOptions& options = {});
    /// The same of a tape in several segments.
    static Result<Player> load(SegmentReader& tape, std::shared_ptr<PlayerProtocol> protocol,
                               const PlayerOptions& options = {});
    /// Adds what another tape answers, such as that of a process that only was asked what it
    /// speaks. Nothing on it has to be asked.
    Result<void> add(SegmentReader& tape);
    Player(Player&& other) noexcept;
    Player& operator=(Player&& other) noexcept;
    ~Player();

    /// The client is there.
    void begin(Instant now);
    /// The client sends a frame. Gives what is not on the tape; the caller answers that.
    std::vector<Miss> hear(ByteView frame, Instant now);
    /// The client will send no more.
    void end(Instant now);

    /// When the next thing is to be sent; nothing if that is up to the client.
    std::optional<Instant> due() const;
    /// The next thing to send, if it is time for it.
    std::optional<Bytes> next(Instant now);

    PlayReport report() const;

  private:
    struct State;
    template <class Tape>
    static Result<void> take_all(Script& script, Tape& tape, PlayerProtocol& protocol,
                                 const PlayerOptions& options);
    template <class Tape>
    static Result<Player> load_from(Tape& tape, std::shared_ptr<PlayerProtocol> protocol,
                                    const PlayerOptions& options);
    explicit Player(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace turntable::inline v0::tape
