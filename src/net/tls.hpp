#pragma once

#include <memory>
#include <string>
#include <vector>

#include "turntable/core/byte_view.hpp"
#include "turntable/core/export.hpp"
#include "turntable/core/result.hpp"

/// \file
/// TLS 1.2 and 1.3 as bytes: what goes over the wire on one side, what it means on the other.
///
/// Purpose: encrypted connections without a socket in sight. Ownership: contexts are shared by the
/// connections made with them. Threads: a context may be used from any thread, a connection from
/// one at a time. Errors: `invalid_config` for files that hold no certificate or key, `io` for a
/// connection on which the two ends do not agree.
namespace turntable::inline v0::net {

struct TlsContextState;
struct TlsConnectionState;

/// What a server shows of itself, or whom a client believes.
///
/// Purpose: made once, for many connections. Ownership: shared. Threads: any. Errors: see \file.
class TURNTABLE_EXPORT TlsContext {
  public:
    /// A server with the certificate (and its chain) and the key in these PEM files. It offers
    /// HTTP/2 before HTTP/1.1.
    static Result<std::shared_ptr<const TlsContext>> server(const std::string& certificate_file,
                                                            const std::string& key_file);

    /// A client that believes who is vouched for by the authorities in this PEM file, or by those
    /// of the system if it is empty. Without `verify` it believes everybody.
    static Result<std::shared_ptr<const TlsContext>> client(const std::string& authorities_file,
                                                            bool verify);

    explicit TlsContext(std::unique_ptr<TlsContextState> state);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext();

  private:
    friend class TlsConnection;
    std::unique_ptr<TlsContextState> state_;
};

/// One encrypted connection.
///
/// Purpose: turns bytes of the wire into bytes of the program and back.
/// Ownership: shares its context. Threads: one at a time. Errors: see \file; after one, only
/// `take_wire` (which may hold an alert for the other end) makes sense.
class TURNTABLE_EXPORT TlsConnection {
  public:
    static Result<std::unique_ptr<TlsConnection>> accept(
        const std::shared_ptr<const TlsContext>& context);

    /// `host`: a name or an address, which the certificate of the server must have.
    static Result<std::unique_ptr<TlsConnection>> connect(
        const std::shared_ptr<const TlsContext>& context, const std::string& host);

    explicit TlsConnection(std::unique_ptr<TlsConnectionState> state);
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;
    ~TlsConnection();

    /// Begins, as a client.
    void greet();
    /// Takes what came over the wire, and appends what it says to `plain`.
    Result<void> receive(ByteView wire, std::string& plain);
    /// Encrypts; only when `is_established`.
    Result<void> send(ByteView plain);
    /// Says that no more is sent.
    void close();
    /// Appends what is to go over the wire.
    void take_wire(std::string& wire);
    /// Both ends have agreed.
    bool is_established() const noexcept;
    /// The other end has said that it sends no more.
    bool is_ended() const noexcept;
    /// What both ends speak, such as "h2"; empty when nothing was agreed on.
    std::string protocol() const;

  private:
    static Result<std::unique_ptr<TlsConnectionState>> begin(
        const std::shared_ptr<const TlsContext>& context);

    std::unique_ptr<TlsConnectionState> state_;
};

}  // namespace turntable::inline v0::net
