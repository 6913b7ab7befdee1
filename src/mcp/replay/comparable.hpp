#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/mcp/message.hpp"

namespace turntable::inline v0::mcp {

using Json = nlohmann::json;

/// Places of messages that do not count.
class IgnoredPlaces {
  public:
    /// JSON pointers; `*` is any one step.
    static Result<IgnoredPlaces> parse(const std::vector<std::string>& pointers);
    void erase_from(Json& message) const;

  private:
    std::vector<std::vector<std::string>> places_;
};

/// JSON as a value, or as a text where it has a number or half a character that a value has no room
/// for. Numbers are the same if they are equal: 2.0 is 2.
Json comparable_json(std::string_view json);

/// What is compared of a request or notification: its method and parameters, without what changes
/// from call to call.
Json comparable_request(const Message& message, const IgnoredPlaces& ignored);

/// On one line, whatever is in it.
std::string json_line(const Json& json);

}  // namespace turntable::inline v0::mcp
