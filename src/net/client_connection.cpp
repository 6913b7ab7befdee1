#include "net/client_connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace turntable::inline v0::net {

namespace {

bool must_wait(const boost::system::error_code& error) noexcept {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

Error not_an_origin(std::string_view text) {
    return Error(ErrorCode::invalid_argument,
                 "\"" + std::string(text) +
                     "\" names no server; one looks like https://host, http://host:port or "
                     "unix:/path/of/socket");
}

}  // namespace

Result<Origin> parse_origin(std::string_view text) {
    constexpr std::string_view unix_scheme = "unix:";
    Origin origin;
    if (text.starts_with(unix_scheme) && text.size() > unix_scheme.size()) {
        origin.path = text.substr(unix_scheme.size());
        origin.authority = "localhost";
        return origin;
    }
    origin.secure = text.starts_with("https://");
    if (!origin.secure && !text.starts_with("http://")) {
        return not_an_origin(text);
    }
    std::string_view rest = text.substr(text.find("://") + 3);
    origin.authority = rest;
    const std::size_t bracket = rest.rfind(']');
    const std::size_t colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    origin.port = has_port ? rest.substr(colon + 1) : (origin.secure ? "443" : "80");
    rest = rest.substr(0, has_port ? colon : rest.size());
    if (rest.starts_with('[') && rest.ends_with(']')) {
        rest = rest.substr(1, rest.size() - 2);
    }
    origin.host = rest;
    const bool number = origin.port.find_first_not_of("0123456789") == std::string::npos;
    if (origin.host.empty() || origin.port.empty() || !number ||
        origin.authority.find_first_of("/?#@ \t\r\n") != std::string::npos) {
        return not_an_origin(text);
    }
    return origin;
}

ClientConnection::ClientConnection(const Origin& origin, std::shared_ptr<IoThread> thread,
                                   std::shared_ptr<const ClientOptions> options,
                                   std::shared_ptr<const TlsContext> tls, Changed changed)
    : origin_(origin),
      thread_(std::move(thread)),
      options_(std::move(options)),
      tls_context_(std::move(tls)),
      changed_(std::move(changed)),
      socket_(thread_->context()),
      resolver_(thread_->context()) {}

ClientConnection::~ClientConnection() = default;

void ClientConnection::connect() {
    const Instant until = options_->runtime->clock().steady_now() + options_->connect_time;
    timer_ =
        options_->runtime->timers().call_at(until, [weak = weak_from_this(), thread = thread_] {
            thread->post([weak] {
                if (const auto self = weak.lock(); self && self->protocol_ == nullptr) {
                    self->close("no connection within the time for it");
                }
            });
        });
    if (!origin_.path.empty()) {
        return connect_to(boost::asio::local::stream_protocol::endpoint(origin_.path),
                          [self = shared_from_this()](const SystemError& error) {
                              if (error) {
                                  return self->close(error.message());
                              }
                              self->connected();
                          });
    }
    resolver_.async_resolve(
        origin_.host, origin_.port,
        [self = shared_from_this()](const SystemError& error,
                                    boost::asio::ip::tcp::resolver::results_type results) {
            if (error) {
                return self->close(error.message());
            }
            auto found =
                std::make_shared<boost::asio::ip::tcp::resolver::results_type>(std::move(results));
            self->try_next(found, found->begin());
        });
}

void ClientConnection::connect_to(const Protocol::endpoint& endpoint,
                                  std::function<void(const SystemError&)> then) {
    if (closed_) {
        return;
    }
    SystemError ignored;
    socket_.close(ignored);
    socket_.async_connect(
        endpoint, [self = shared_from_this(), after = std::move(then)](const SystemError& error) {
            if (!self->closed_) {
                after(error);
            }
        });
}

void ClientConnection::try_next(std::shared_ptr<boost::asio::ip::tcp::resolver::results_type> found,
                                boost::asio::ip::tcp::resolver::results_type::const_iterator next) {
    if (next == found->end()) {
        return close("no address of the host answers");
    }
    connect_to(next->endpoint(),
               [self = shared_from_this(), found, next](const SystemError& error) mutable {
                   if (!error) {
                       return self->connected();
                   }
                   if (++next == found->end()) {
                       return self->close(error.message());
                   }
                   self->try_next(found, next);
               });
}

void ClientConnection::connected() {
    SystemError error;
    socket_.non_blocking(true, error);
    if (origin_.path.empty()) {
        socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
    }
    if (!origin_.secure) {
        return open(options_->plain_version);
    }
    auto secured = TlsConnection::connect(tls_context_, origin_.host);
    if (!secured) {
        return close(secured.error().message());
    }
    tls_ = *std::move(secured);
    tls_->greet();
    update();
}

void ClientConnection::open(http::Version version) {
    if (timer_ != 0) {
        options_->runtime->timers().forget(std::exchange(timer_, 0));
    }
    version_ = version;
    protocol_ = version == http::Version::http_2 ? http::make_http2_client(options_->limits)
                                                 : http::make_http1_client(options_->limits);
    changed_(*this);
    update();
}

void ClientConnection::start(const std::shared_ptr<ClientCallState>& call) {
    call->started = true;
    call->started_at = options_->runtime->clock().steady_now();
    call->connection = weak_from_this();
    call->id = protocol_->start(call->outgoing);
    calls_.emplace(call->id, call);
    call->body = std::make_shared<ClientBody>(
        options_->runtime,
        [weak = weak_from_this(), thread = thread_, id = call->id](std::size_t bytes) {
            thread->post([weak, id, bytes] {
                if (const auto self = weak.lock()) {
                    self->consumed(id, bytes);
                }
            });
        },
        [weak = weak_from_this(), thread = thread_, id = call->id] {
            thread->post([weak, id] {
                if (const auto self = weak.lock()) {
                    self->cancel(id);
                }
            });
        });
    update();
}

void ClientConnection::cancel(http::CallId call) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) {
        return;
    }
    const Instant since = std::max(heard_, found->second->started_at);
    silent_ = silent_ || options_->runtime->clock().steady_now() - since >= options_->silence;
    calls_.erase(found);
    if (protocol_ != nullptr) {
        protocol_->cancel(call);
        update();
    }
}

void ClientConnection::consumed(http::CallId call, std::size_t bytes) {
    if (protocol_ != nullptr && !closed_) {
        protocol_->consumed(call, bytes);
        update();
    }
}

/// Does what can be done without waiting, and then waits for what it needs.
void ClientConnection::update() {
    again_ = true;
    if (std::exchange(updating_, true)) {
        return;  // the one that goes on does it
    }
    const auto self = shared_from_this();
    while (std::exchange(again_, false) && !closed_) {
        if (!write_some()) {
            break;
        }
        dispatch();
    }
    updating_ = false;
    if (closed_) {
        return;
    }
    if (protocol_ != nullptr && protocol_->is_finished() && output_.empty()) {
        return close("the server closed the connection");
    }
    if (silent_ && protocol_->active() == 0) {
        return close("the server is silent");
    }
    if (protocol_ == nullptr || protocol_->wants_input()) {
        wait_readable();
    }
}

/// Tells calls what came of them.
void ClientConnection::dispatch() {
    if (protocol_ == nullptr) {
        return;
    }
    bool room = false;
    for (http::ClientEvent& event : protocol_->take_events()) {
        const auto found = calls_.find(event.call);
        if (found == calls_.end()) {
            continue;
        }
        const std::shared_ptr<ClientCallState> call = found->second;
        switch (event.kind) {
            case http::ClientEvent::Kind::head:
                call->head(std::move(event), version_);
                break;
            case http::ClientEvent::Kind::data:
                call->body->add(std::move(event.data));
                break;
            case http::ClientEvent::Kind::end:
                calls_.erase(event.call);
                call->over = true;
                call->body->end(std::nullopt);
                room = true;
                break;
            case http::ClientEvent::Kind::failed:
                calls_.erase(event.call);
                call->fail(*event.error);
                room = true;
                break;
        }
    }
    if (room && !closed_) {
        changed_(*this);
    }
}

void ClientConnection::wait_readable() {
    if (std::exchange(reading_, true)) {
        return;
    }
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const SystemError& error) {
        self->reading_ = false;
        if (self->closed_) {
            return;
        }
        if (error) {
            return self->close(error.message());
        }
        if (self->read_some()) {
            self->update();
        }
    });
}

/// False: the connection is over.
bool ClientConnection::read_some() {
    auto& buffer = thread_->buffer();
    SystemError error;
    const std::size_t count = socket_.read_some(boost::asio::buffer(buffer), error);
    if (must_wait(error)) {
        return true;
    }
    if (error) {
        close(error == boost::asio::error::eof ? "the server closed the connection"
                                               : error.message());
        return false;
    }
    heard_ = options_->runtime->clock().steady_now();
    return receive({buffer.data(), count});
}

bool ClientConnection::receive(ByteView bytes) {
    if (tls_ == nullptr) {
        protocol_->receive(bytes);
        return true;
    }
    scratch_.clear();
    const auto taken = tls_->receive(bytes, scratch_);
    if (taken && protocol_ == nullptr && tls_->is_established()) {
        const std::string plain = std::exchange(scratch_, {});
        open(tls_->protocol() == "h2" ? http::Version::http_2 : http::Version::http_1_1);
        scratch_ = plain;
    }
    if (protocol_ != nullptr && !scratch_.empty() && !closed_) {
        protocol_->receive(scratch_);
    }
    if (taken && !tls_->is_ended()) {
        return !closed_;
    }
    close(taken ? "the server closed the connection" : taken.error().message());
    return false;
}

bool ClientConnection::collect_output() {
    output_.clear();
    written_ = 0;
    if (tls_ == nullptr) {
        protocol_->fill(output_);
    } else {
        if (protocol_ != nullptr) {
            scratch_.clear();
            protocol_->fill(scratch_);
            (void)tls_->send(scratch_);  // what fails here fails in reading too
        }
        tls_->take_wire(output_);
    }
    return !output_.empty();
}

bool ClientConnection::write_some() {
    while (!writing_ && (!output_.empty() || collect_output())) {
        SystemError error;
        written_ += socket_.write_some(boost::asio::buffer(output_) + written_, error);
        if (must_wait(error)) {
            wait_writable();
        } else if (error) {
            // What the server has said before it went may explain it.
            if (read_some()) {
                dispatch();
                close(error.message());
            }
            return false;
        } else if (written_ == output_.size()) {
            output_.clear();
        }
    }
    return true;
}

void ClientConnection::wait_writable() {
    writing_ = true;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const SystemError& error) {
        self->writing_ = false;
        if (self->closed_) {
            return;
        }
        if (error) {
            return self->close(error.message());
        }
        self->update();
    });
}

void ClientConnection::close(const std::string& why) {
    if (closed_) {
        return;
    }
    const auto self = shared_from_this();
    if (protocol_ != nullptr) {
        dispatch();
        protocol_->end_of_input(why);
    }
    if (std::exchange(closed_, true)) {
        return;
    }
    failure_ = why;
    if (timer_ != 0) {
        options_->runtime->timers().forget(std::exchange(timer_, 0));
    }
    SystemError ignored;
    resolver_.cancel();
    socket_.close(ignored);
    dispatch();
    changed_(*this);
}

}  // namespace turntable::inline v0::net
