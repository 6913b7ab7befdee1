#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Texts and numbers of JSON by position, in bytes that may be JSON, several messages, a part of
/// one, or something else with JSON in it.
namespace turntable::inline v0::tape {

/// A step from a container to what is in it.
struct LeafStep {
    bool object = false;
    std::string_view key;
    std::size_t index = 0;
};

struct Leaf {
    /// Of a text: without its quotes.
    std::size_t begin = 0;
    std::size_t end = 0;
    bool text = false;
    /// The name of the member that it is, or that the array around it is; as it stands.
    std::string_view key;
    const std::vector<LeafStep>* path = nullptr;
    /// Which message it is in, of several.
    std::size_t message = 0;
};

/// Gives one leaf after the other, in the order of their bytes.
class LeafWalk {
  public:
    explicit LeafWalk(std::string_view text) noexcept : text_(text) {}
    bool next(Leaf& leaf);

  private:
    bool take_string(Leaf& leaf);
    bool take_number(Leaf& leaf);
    void open(bool object);
    void close();
    std::string_view name() const noexcept;

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<LeafStep> path_;
    /// Of each container of the path: what it is called.
    std::vector<std::string_view> names_;
    /// Containers that are too deep to be kept.
    std::size_t deeper_ = 0;
    std::string_view loose_key_;
    std::size_t message_ = 0;
};

/// A text of JSON without its escapes, and where each of its bytes begins in the escaped text.
struct Unescaped {
    std::string text;
    /// One more than bytes: the end.
    std::vector<std::uint32_t> begins;
};
Unescaped unescape(std::string_view escaped);

}  // namespace turntable::inline v0::tape
