#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "turntable/core/async.hpp"
#include "turntable/core/bytes.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/stream.hpp"
#include "turntable/core/unique_function.hpp"

/// \file
/// Requests and responses of HTTP, the same for both versions and both ends of a connection.
///
/// Purpose: what those who answer and those who ask exchange with the transport (RFC 9110).
/// Ownership: values that own what they hold. Threads: values. Errors: none.
namespace turntable::inline v0::net::http {

/// The version a message came by, or is to go by.
enum class Version : std::uint8_t { http_1_1, http_2 };

/// One header field; the name is in lower case, as HTTP/2 wants it.
struct Field {
    std::string name;
    std::string value;
};

/// Header fields in the order in which they came.
///
/// Purpose: few fields, so a list: a name may come more than once.
/// Ownership: owns its texts. Threads: a value. Errors: none; the transport, which reads and writes
/// them, refuses what is no name or value of a field.
class TURNTABLE_EXPORT Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// The value of the first field of that name (in lower case).
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// All values of that name as one list, joined by ", " (RFC 9110, 5.3); empty: there is none.
    std::string joined(std::string_view name) const;
    void add(std::string_view name, std::string_view value);
    /// The only field of that name from now on.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }
    std::size_t size() const noexcept { return fields_.size(); }

  private:
    std::vector<Field> fields_;
};

/// A body: bytes that are all there, or pieces that are still made.
using Body = std::variant<Bytes, Stream<Bytes>>;

/// Who is at the other end of a connection.
struct Peer {
    /// Address and port, or the path of a socket; for logs and limits.
    std::string address;
    /// The connection is encrypted.
    bool secure = false;
};

/// What a request says before its body.
struct RequestHead {
    std::string method;
    /// Path and query as sent: "/v2/snapshot_read?x=1".
    std::string target;
    /// The host asked for, with its port if it was named.
    std::string authority;
    Headers headers;
    Version version = Version::http_1_1;
    Peer peer;

    /// The target up to its query.
    std::string_view path() const noexcept;
    /// What follows the question mark; empty without one.
    std::string_view query() const noexcept;
};

/// A whole request, as one who answers gets it.
struct Request {
    RequestHead head;
    Bytes body;
};

/// An answer. The transport adds `date` and the length; a streamed body is sent as it is made.
struct Response {
    int status = 200;
    Headers headers = {};
    Body body = Bytes();
    /// Undoes what the answer gives away; called in place of sending it when the asker has gone.
    /// Before it sends an answer that has one, a connection reads what has come, so that an asker
    /// who left before the answer was made is not taken for one who waits.
    UniqueFunction<Async<void>()> take_back = {};
};

/// Whether a text is the name of a field in lower case, and whether one may be a field's value.
TURNTABLE_EXPORT bool is_field_name(std::string_view name) noexcept;
TURNTABLE_EXPORT bool is_field_value(std::string_view value) noexcept;

}  // namespace turntable::inline v0::net::http
