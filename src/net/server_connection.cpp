#include "net/server_connection.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace turntable::inline v0::net {

namespace {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;

// Then others have their turn.
constexpr int reads_in_a_row = 8;
constexpr int writes_in_a_row = 16;

/// What a buffer may keep that holds nothing: thousands of connections may have nothing to do.
constexpr std::size_t kept_bytes = 4096;

void empty(std::string& buffer) {
    if (buffer.capacity() > kept_bytes) {
        buffer = std::string();
    }
    buffer.clear();
}

bool would_block(const SystemError& error) noexcept {
    return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

ServerConnection::ServerConnection(Socket socket, std::shared_ptr<IoThread> thread,
                                   std::shared_ptr<const http::SessionOptions> options, Ended ended)
    : socket_(std::move(socket)),
      thread_(std::move(thread)),
      options_(std::move(options)),
      ended_(std::move(ended)) {}

ServerConnection::~ServerConnection() = default;

void ServerConnection::start(const std::shared_ptr<const TlsContext>& tls) {
    SystemError error;
    socket_.non_blocking(true, error);
    const Protocol::endpoint remote = socket_.remote_endpoint(error);
    if (error) {
        return end(http::CloseReason::transport);  // gone already
    }
    peer_.address = to_text(remote);
    if (!is_unix(remote)) {
        socket_.set_option(asio::ip::tcp::no_delay(true), error);
    }
    if (tls != nullptr) {
        auto secured = TlsConnection::accept(tls);
        if (!secured) {
            return end(http::CloseReason::transport);
        }
        tls_ = *std::move(secured);
        peer_.secure = true;
        handshake_until_ = now() + options_->limits.head_time;
    } else {
        begin_session(std::nullopt);
    }
    // What the client has sent with its connection is often here already.
    if (read_some()) {
        update();
    }
}

void ServerConnection::begin_session(std::optional<http::Version> version) {
    const auto on_self = [this](auto call) {
        return [weak = weak_from_this(), call] {
            if (const auto self = weak.lock()) {
                call(*self);
            }
        };
    };
    session_ = std::make_shared<http::ServerSession>(
        options_, peer_, version,
        http::ServerSession::Driver{
            .changed = on_self([](ServerConnection& self) { self.update(); }),
            .read = on_self([](ServerConnection& self) { (void)self.read_some(); })});
}

void ServerConnection::drain() {
    if (session_ != nullptr) {
        session_->drain();
        update();
    } else {
        end(http::CloseReason::drained);
    }
}

void ServerConnection::close_now() { end(http::CloseReason::drained); }

/// Does what can be done without waiting, and then waits for what it needs.
void ServerConnection::update() {
    if (closed_) {
        return tell_when_ended();
    }
    if (updating_) {
        return;
    }
    updating_ = true;
    const bool open = write_some();
    updating_ = false;
    if (!open || closed_) {
        return;
    }
    const bool finished = session_ != nullptr && session_->is_finished() && output_.empty();
    if (finished && !lingering_) {
        begin_linger();
        if (closed_) {
            return;
        }
    }
    if (lingering_ || session_ == nullptr || session_->wants_input()) {
        wait_readable();
    }
    arm_timer();
}

void ServerConnection::wait_readable() {
    if (std::exchange(reading_, true)) {
        return;
    }
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const SystemError& error) {
        self->reading_ = false;
        self->on_readable(error);
    });
}

void ServerConnection::on_readable(const SystemError& error) {
    if (closed_) {
        return;
    }
    if (error) {
        return end(http::CloseReason::transport);
    }
    if (read_some()) {
        update();
    }
}

bool ServerConnection::read_some() {
    auto& buffer = thread_->buffer();
    for (int i = 0; i < reads_in_a_row; ++i) {
        SystemError error;
        const std::size_t count = socket_.read_some(asio::buffer(buffer), error);
        if (would_block(error)) {
            return true;
        }
        if (error) {
            const bool orderly = error == asio::error::eof;
            if (orderly && session_ != nullptr && !lingering_) {
                session_->end_of_input();
            }
            end(orderly ? http::CloseReason::peer : http::CloseReason::transport);
            return false;
        }
        if (!lingering_ && !receive({buffer.data(), count})) {
            return false;
        }
        const bool enough = session_ != nullptr && !session_->wants_input();
        if (count < buffer.size() || enough) {
            return true;
        }
    }
    return true;
}

bool ServerConnection::receive(ByteView bytes) {
    if (tls_ == nullptr) {
        session_->receive(bytes);
        return true;
    }
    scratch_.clear();
    const auto taken = tls_->receive(bytes, scratch_);
    if (session_ == nullptr && tls_->is_established()) {
        handshake_until_ = Instant::max();
        const std::string protocol = tls_->protocol();
        begin_session(protocol == "h2" ? std::optional(http::Version::http_2)
                                       : std::optional(http::Version::http_1_1));
    }
    if (session_ != nullptr && !scratch_.empty()) {
        session_->receive(scratch_);
        empty(scratch_);
    }
    if (!taken || tls_->is_ended()) {
        tls_->take_wire(output_);  // an alert says why
        SystemError ignored;
        socket_.write_some(asio::buffer(output_), ignored);
        if (session_ != nullptr) {
            session_->end_of_input();
        }
        end(taken ? http::CloseReason::peer : http::CloseReason::transport);
        return false;
    }
    return true;
}

/// Takes what the session wants to be written; false: nothing.
bool ServerConnection::collect_output() {
    output_.clear();
    written_ = of_session_ = 0;
    if (session_ != nullptr && session_->has_output()) {
        if (tls_ == nullptr) {
            session_->take_output(output_);
            of_session_ = output_.size();
        } else {
            session_->take_output(scratch_);
            of_session_ = scratch_.size();
            (void)tls_->send(scratch_);  // what fails here fails in reading too
            empty(scratch_);
        }
    }
    if (tls_ != nullptr) {
        tls_->take_wire(output_);
    }
    return !output_.empty();
}

bool ServerConnection::write_some() {
    if (writing_) {
        return true;
    }
    int writes = 0;
    while (!output_.empty() || collect_output()) {
        if (++writes > writes_in_a_row) {
            thread_->post([self = shared_from_this()] { self->update(); });
            return true;
        }
        SystemError error;
        const std::size_t count = socket_.write_some(asio::buffer(output_) + written_, error);
        if (would_block(error)) {
            wait_writable();
            return true;
        }
        if (error) {
            end(http::CloseReason::transport);
            return false;
        }
        written_ += count;
        const bool all = written_ == output_.size();
        if (all) {
            empty(output_);
        }
        if (session_ != nullptr && of_session_ != 0) {
            // Over TLS more bytes are written than the session gave.
            const std::size_t told = all ? of_session_ : std::min(count, of_session_);
            of_session_ -= told;
            session_->wrote(told);
        }
    }
    return true;
}

void ServerConnection::wait_writable() {
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const SystemError& error) {
        self->writing_ = false;
        if (self->closed_) {
            return;
        }
        if (error) {
            return self->end(http::CloseReason::transport);
        }
        self->update();
    });
}

/// All is written. A connection that is closed while something comes is reset, and the other end
/// may lose what it has not read yet: so what comes is dropped for a while.
void ServerConnection::begin_linger() {
    lingering_ = true;
    linger_until_ = now() + options_->limits.linger_time;
    SystemError error;
    if (tls_ != nullptr) {
        tls_->close();
        tls_->take_wire(output_);
        socket_.write_some(asio::buffer(output_), error);
        output_.clear();
    }
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) {
        end(session_->reason());
    }
}

void ServerConnection::arm_timer() {
    const Instant session_wants = session_ == nullptr ? Instant::max() : session_->next_deadline();
    const Instant next = lingering_ ? linger_until_ : std::min(handshake_until_, session_wants);
    // A timer that comes too early asks again; most deadlines move on before they are reached.
    if (next >= armed_) {
        return;
    }
    if (timer_ != 0) {
        options_->runtime->timers().forget(timer_);
    }
    armed_ = next;
    timer_ = options_->runtime->timers().call_at(next, [weak = weak_from_this(), thread = thread_] {
        thread->post([weak] {
            if (const auto self = weak.lock()) {
                self->on_timer();
            }
        });
    });
}

void ServerConnection::on_timer() {
    timer_ = 0;
    armed_ = Instant::max();
    if (closed_) {
        return;
    }
    if (now() >= linger_until_) {
        return end(session_->reason());
    }
    if (now() >= handshake_until_) {
        return end(http::CloseReason::slow_head);
    }
    if (session_ != nullptr && !lingering_) {
        session_->on_time();
        if (session_->reason() == http::CloseReason::slow_reader) {
            return end(http::CloseReason::slow_reader);
        }
    }
    update();
}

void ServerConnection::end(http::CloseReason reason) {
    if (std::exchange(closed_, true)) {
        return;
    }
    if (timer_ != 0) {
        options_->runtime->timers().forget(std::exchange(timer_, 0));
    }
    SystemError ignored;
    socket_.close(ignored);
    if (session_ != nullptr) {
        session_->abandon(reason);
    }
    tell_when_ended();
}

void ServerConnection::tell_when_ended() {
    if (closed_ && ended_ && (session_ == nullptr || session_->running() == 0)) {
        // Whoever is told may let go of this connection.
        const auto self = shared_from_this();
        std::exchange(ended_, {})(*this);
    }
}

}  // namespace turntable::inline v0::net
