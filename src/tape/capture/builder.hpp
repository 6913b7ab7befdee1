#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tape/capture/members.hpp"
#include "turntable/tape/capture.hpp"

namespace turntable::inline v0::tape::capture {

/// Makes a tape of what the reader of a format finds, in the order of finding it.
class Builder {
  public:
    Builder(CaptureFormat format, std::string_view text, const CaptureOptions& options);

    Head head;
    Labels labels;
    /// What the capture calls itself, whether or not it can be the id of a tape.
    std::string id;
    /// Where the content of an id is, for a capture without one.
    std::string_view identity;
    /// When the session began, if the capture says so.
    std::optional<When> began;
    /// Whether the capture says that it is over, or at least does not end in mid-word.
    bool whole = true;

    void attribute(std::string_view name, const std::string& value);
    void problem(std::size_t offset, std::string what);
    void leave_out(const std::string& what, std::uint64_t count = 1);
    /// Counts the members that are not among `known`.
    void leave_out_others(const Members& members, std::string_view where,
                          std::initializer_list<std::string_view> known);
    void record(const std::optional<When>& when, Record record);
    /// A frame of these bytes, with the line feed that it had on a pipe. Gives its number.
    std::uint64_t frame(const std::optional<When>& when, Frame frame, std::string text);
    /// A gap where numbers are missing behind the last one of this name.
    void number(const std::optional<When>& when, const std::string& of,
                std::optional<std::uint64_t> number);
    /// The connection of a session: 0 for the first one.
    std::uint64_t connection(const std::optional<When>& when, const std::string& session);
    /// A new number for an HTTP exchange.
    std::uint64_t exchange() noexcept { return ++exchanges_; }
    std::string_view text() const noexcept { return text_; }

    Result<Capture> finish();

  private:
    struct Item {
        std::optional<When> when;
        Record record;
    };
    WallNanoseconds start() const;
    std::string tape_id() const;
    void complete_head();
    Result<std::string> written();

    CaptureFormat format_;
    std::string_view text_;
    const CaptureOptions& options_;
    std::vector<Item> items_;
    std::uint64_t frames_ = 0;
    std::uint64_t exchanges_ = 0;
    std::vector<CaptureProblem> problems_;
    std::uint64_t problem_count_ = 0;
    std::size_t counted_to_ = 0;
    std::uint64_t line_ = 1;
    std::map<std::string, std::uint64_t> left_out_;
    std::map<std::string, std::uint64_t> numbers_;
    std::map<std::string, std::uint64_t> connections_;
};

/// The message of a frame as it was on the wire, as far as the capture knows: the text of a
/// string, else the JSON without white space. Enums around it are taken off, and a member `jsonrpc`
/// that a recorder left out is put in again.
std::string message_text(Builder& builder, std::string_view value);

/// What the transport of a frame says of its HTTP exchange, as a record before it.
std::optional<Http> http_of(Builder& builder, std::string_view transport);

/// Each format reads its text into the builder.
void read_shadowcat(Builder& builder, const CaptureOptions& options);
void read_shadowcat_lines(Builder& builder, const CaptureOptions& options);
void read_mcpsnoop(Builder& builder);
void read_mcp_recorder(Builder& builder);

}  // namespace turntable::inline v0::tape::capture
