#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "turntable/tape/player.hpp"

namespace turntable::inline v0::tape {

/// A recorded session as a Player needs it: what the server says hangs on what the client said.
class Script {
  public:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// One thing that was said.
    struct Line {
        Utterance said;
        Direction direction = Direction::client_to_server;
        std::uint64_t frame = 0;
        TapeTime time{};
        /// Which tape it is on, from zero.
        std::size_t tape = 0;
        /// Of an ask: its answer. Of an answer of the server and of what it tells: the ask.
        std::size_t partner = none;
        /// Of what the client says: what the server says then, in the order of the tape.
        std::vector<std::size_t> follows = {};
    };

    Script();
    /// Takes the next record of a tape.
    Result<void> take(Record record, PlayerProtocol& protocol, PayloadStore* payloads);
    /// There are no more records of this tape. What comes then is another one, whose server says
    /// nothing of its own accord.
    void finish();

    const Line& operator[](std::size_t at) const noexcept { return lines_[at]; }
    /// Stands for the beginning of the session; the end of what the client says is another one.
    static constexpr std::size_t start = 0;
    std::size_t end() const noexcept { return end_; }
    /// What the client asked, and told, in order.
    const std::vector<std::size_t>& asks() const noexcept { return asks_; }
    const std::vector<std::size_t>& tells() const noexcept { return tells_; }
    std::uint64_t incomplete() const noexcept { return incomplete_; }

  private:
    /// The asks that wait for an answer, by id, and all by their names.
    struct Open {
        std::map<std::string, std::size_t, std::less<>> by_id;
        std::map<std::string, std::size_t, std::less<>> by_name;
    };

    void add_end(TapeTime time);
    void add(Utterance said, const Frame& frame);
    void add_of_client(std::size_t at);
    void add_of_server(std::size_t at);

    std::vector<Line> lines_;
    std::vector<std::size_t> asks_;
    std::vector<std::size_t> tells_;
    std::size_t end_ = none;
    std::size_t latest_ = start;  // what the client said last
    Open client_;
    Open server_;
    std::size_t tape_ = 0;
    std::uint64_t incomplete_ = 0;
};

}  // namespace turntable::inline v0::tape
