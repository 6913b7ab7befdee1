#include "net/tls.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace turntable::inline v0::net {

namespace {

struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* connection) const noexcept { SSL_free(connection); }
};

/// What OpenSSL last complained of on this thread; forgets the rest.
std::string last_complaint() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_error();
    if (code == 0) {
        return "no reason was given";
    }
    ERR_error_string_n(code, text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

Error bad_file(const std::string& what, const std::string& file) {
    return Error(ErrorCode::invalid_config,
                 "cannot use the " + what + " in " + file + ": " + last_complaint());
}

/// What we speak, as ALPN lists it, the best first.
constexpr std::array<unsigned char, 12> our_protocols = {2,   'h', '2', 8,   'h', 't',
                                                         't', 'p', '/', '1', '.', '1'};

/// HTTP/2 where the other end knows it, else HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, our_protocols.data(), our_protocols.size(),
                              offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsContextState {
    std::unique_ptr<SSL_CTX, Free> context;
    /// A client that does not believe everybody.
    bool verifies = false;
};

struct TlsConnectionState {
    std::shared_ptr<const TlsContext> context;
    std::unique_ptr<SSL, Free> connection;
    // Both belong to the connection.
    BIO* from_wire = nullptr;
    BIO* to_wire = nullptr;
};

TlsContext::TlsContext(std::unique_ptr<TlsContextState> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const std::string& certificate_file,
                                                             const std::string& key_file) {
    ERR_clear_error();
    auto state = std::make_unique<TlsContextState>();
    state->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* context = state->context.get();
    if (context == nullptr) {
        return Error(ErrorCode::io, "OpenSSL does not start: " + last_complaint());
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
        return bad_file("certificate", certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return bad_file("key", key_file);
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return bad_file("key, which is not of the certificate in " + certificate_file + ",",
                        key_file);
    }
    SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    return std::make_shared<const TlsContext>(std::move(state));
}

TlsConnection::TlsConnection(std::unique_ptr<TlsConnectionState> state)
    : state_(std::move(state)) {}
TlsConnection::~TlsConnection() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::client(const std::string& authorities_file,
                                                             bool verify) {
    ERR_clear_error();
    auto state = std::make_unique<TlsContextState>();
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* context = state->context.get();
    if (context == nullptr) {
        return Error(ErrorCode::io, "OpenSSL does not start: " + last_complaint());
    }
    state->verifies = verify;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_protos(context, our_protocols.data(), our_protocols.size());
    if (verify && authorities_file.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (verify && SSL_CTX_load_verify_file(context, authorities_file.c_str()) != 1) {
        return bad_file("authorities", authorities_file);
    }
    return std::make_shared<const TlsContext>(std::move(state));
}

Result<std::unique_ptr<TlsConnectionState>> TlsConnection::begin(
    const std::shared_ptr<const TlsContext>& context) {
    ERR_clear_error();
    auto state = std::make_unique<TlsConnectionState>();
    state->context = context;
    state->connection.reset(SSL_new(context->state_->context.get()));
    state->from_wire = BIO_new(BIO_s_mem());
    state->to_wire = BIO_new(BIO_s_mem());
    if (!state->connection || state->from_wire == nullptr || state->to_wire == nullptr) {
        return Error(ErrorCode::io, "OpenSSL makes no connection: " + last_complaint());
    }
    SSL_set_bio(state->connection.get(), state->from_wire, state->to_wire);
    return state;
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::accept(
    const std::shared_ptr<const TlsContext>& context) {
    TURNTABLE_TRY(auto state, begin(context));
    SSL_set_accept_state(state->connection.get());
    return std::make_unique<TlsConnection>(std::move(state));
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::connect(
    const std::shared_ptr<const TlsContext>& context, const std::string& host) {
    TURNTABLE_TRY(auto state, begin(context));
    SSL* connection = state->connection.get();
    X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
    if (!is_address && (SSL_set1_host(connection, host.c_str()) != 1 ||
                        SSL_set_tlsext_host_name(connection, host.c_str()) != 1)) {
        return Error(ErrorCode::invalid_argument, "\"" + host + "\" is no name of a host");
    }
    ERR_clear_error();
    SSL_set_connect_state(connection);
    return std::make_unique<TlsConnection>(std::move(state));
}

void TlsConnection::greet() {
    SSL_do_handshake(state_->connection.get());  // writes, and waits for what comes
    ERR_clear_error();
}

Result<void> TlsConnection::receive(ByteView wire, std::string& plain) {
    ERR_clear_error();
    SSL* connection = state_->connection.get();
    std::array<char, 16 * 1024> piece;
    while (true) {
        if (!wire.empty()) {
            const auto some = static_cast<int>(std::min(wire.size(), piece.size()));
            const int taken = BIO_write(state_->from_wire, wire.data(), some);
            if (taken <= 0) {
                return Error(ErrorCode::io, "OpenSSL takes no more: " + last_complaint());
            }
            wire = wire.substr(static_cast<std::size_t>(taken));
        }
        int count = 0;
        while ((count = SSL_read(connection, piece.data(), static_cast<int>(piece.size()))) > 0) {
            plain.append(piece.data(), static_cast<std::size_t>(count));
        }
        const int reason = SSL_get_error(connection, count);
        if (reason == SSL_ERROR_ZERO_RETURN) {
            return {};
        }
        if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
            const long doubt = SSL_get_verify_result(connection);
            const bool believed = doubt == X509_V_OK || !state_->context->state_->verifies;
            return Error(ErrorCode::io,
                         "the encrypted connection failed: " + last_complaint() +
                             (believed ? std::string()
                                       : std::string(": ") + X509_verify_cert_error_string(doubt)));
        }
        if (wire.empty()) {
            return {};
        }
    }
}

Result<void> TlsConnection::send(ByteView plain) {
    ERR_clear_error();
    while (!plain.empty()) {
        std::size_t taken = 0;
        if (SSL_write_ex(state_->connection.get(), plain.data(), plain.size(), &taken) != 1) {
            return Error(ErrorCode::io, "the encrypted connection failed: " + last_complaint());
        }
        plain = plain.substr(taken);
    }
    return {};
}

void TlsConnection::close() {
    if (is_established()) {
        SSL_shutdown(state_->connection.get());
    }
    ERR_clear_error();
}

void TlsConnection::take_wire(std::string& wire) {
    const std::size_t waiting = BIO_ctrl_pending(state_->to_wire);
    if (waiting == 0) {
        return;
    }
    const std::size_t before = wire.size();
    wire.resize(before + waiting);
    const int count = BIO_read(state_->to_wire, wire.data() + before, static_cast<int>(waiting));
    wire.resize(before + static_cast<std::size_t>(std::max(count, 0)));
}

bool TlsConnection::is_established() const noexcept {
    return SSL_is_init_finished(state_->connection.get()) == 1;
}

bool TlsConnection::is_ended() const noexcept {
    return (SSL_get_shutdown(state_->connection.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string TlsConnection::protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(state_->connection.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

}  // namespace turntable::inline v0::net
