#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/mcp/message.hpp"

namespace turntable::inline v0::mcp {

/// Joins the answers to the requests of a batch (JSON-RPC 2.0 section 6, MCP 2025-03-26): they go
/// out as one array, when the last of them is there. One thread.
class BatchAnswers {
  public:
    /// The client sends these messages in one frame.
    void expect(const std::vector<Message>& messages);
    /// What is to be sent for `line` now: the line itself, or, if it answers a request of a batch,
    /// nothing until the batch is whole.
    std::optional<Bytes> take(const Bytes& line);
    /// Nobody waits for the answer to a request any more. What its batch has, if that is whole now.
    std::optional<Bytes> forget(std::string_view id);
    /// Nothing more comes: what batches have that are not whole.
    std::vector<Bytes> flush();

  private:
    struct Batch {
        std::set<std::string, std::less<>> open;
        std::string answers = {};
    };
    /// The batch in which a request is open; as many as there are if it is in none.
    std::size_t find(std::string_view id) const;
    /// The request is open no more.
    std::optional<Bytes> close(std::size_t batch, std::string_view id);
    std::vector<Batch> batches_;
};

}  // namespace turntable::inline v0::mcp
