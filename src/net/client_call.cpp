#include "net/client_call.hpp"

#include <utility>

namespace turntable::inline v0::net {

namespace {

class BodySource final : public StreamSource<Bytes> {
  public:
    explicit BodySource(std::shared_ptr<ClientBody> body) : body_(std::move(body)) {}
    ~BodySource() override { body_->drop(); }
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;
    Async<std::optional<Bytes>> next(const Context& context) override {
        return body_->next(context);
    }

  private:
    std::shared_ptr<ClientBody> body_;
};

}  // namespace

ClientBody::ClientBody(std::shared_ptr<Runtime> runtime, UniqueFunction<void(std::size_t)> used,
                       UniqueFunction<void()> gone)
    : runtime_(std::move(runtime)), used_(std::move(used)), gone_(std::move(gone)) {}

void ClientBody::add(Bytes piece) {
    std::optional<Promise<std::optional<Bytes>>> waiting;
    const std::size_t size = piece.size();
    {
        const std::lock_guard lock(mutex_);
        if (!dropped_ && !waiting_) {
            pieces_.push_back(std::move(piece));
            return;
        }
        std::swap(waiting, waiting_);
    }
    used_(size);
    if (waiting) {
        std::move(*waiting).complete(std::optional(std::move(piece)));
    }
}

void ClientBody::end(std::optional<Error> error) {
    std::optional<Promise<std::optional<Bytes>>> waiting;
    {
        const std::lock_guard lock(mutex_);
        if (ended_) {
            return;
        }
        ended_ = true;
        std::swap(waiting, waiting_);
        if (!waiting) {
            error_ = std::move(error);
            return;
        }
    }
    if (error) {
        std::move(*waiting).complete(*std::move(error));
    } else {
        std::move(*waiting).complete(std::optional<Bytes>());
    }
}

Async<std::optional<Bytes>> ClientBody::next(const Context& context) {
    std::optional<Bytes> piece;
    {
        const std::lock_guard lock(mutex_);
        if (!pieces_.empty()) {
            piece = std::move(pieces_.front());
            pieces_.pop_front();
        } else if (ended_) {
            if (auto error = std::exchange(error_, std::nullopt)) {
                return *std::move(error);
            }
            return std::optional<Bytes>();
        }
    }
    if (!piece) {
        return wait(context);
    }
    used_(piece->size());
    return piece;
}

Async<std::optional<Bytes>> ClientBody::wait(const Context& context) {
    Promise<std::optional<Bytes>> promise(*runtime_, context);
    auto async = promise.take_async();
    promise.on_stop([weak = weak_from_this()](StopReason reason) {
        if (const auto self = weak.lock()) {
            self->stop(reason);
        }
    });
    std::optional<Bytes> piece;
    std::optional<Error> error;
    {
        const std::lock_guard lock(mutex_);
        if (pieces_.empty() && !ended_ && !promise.stop_requested()) {
            waiting_.emplace(std::move(promise));
            return async;
        }
        if (!pieces_.empty()) {  // came meanwhile
            piece = std::move(pieces_.front());
            pieces_.pop_front();
        } else if (ended_) {
            error = std::exchange(error_, std::nullopt);
        } else {
            error = stopped_error(*promise.stop_requested());
        }
    }
    if (piece) {
        used_(piece->size());
    }
    if (error) {
        std::move(promise).complete(*std::move(error));
    } else {
        std::move(promise).complete(std::move(piece));
    }
    return async;
}

void ClientBody::stop(StopReason reason) {
    std::optional<Promise<std::optional<Bytes>>> waiting;
    {
        const std::lock_guard lock(mutex_);
        std::swap(waiting, waiting_);
    }
    if (waiting) {
        std::move(*waiting).complete(stopped_error(reason));
    }
}

void ClientBody::drop() {
    std::size_t unread = 0;
    bool in_the_middle = false;
    {
        const std::lock_guard lock(mutex_);
        dropped_ = true;
        in_the_middle = !ended_;
        for (const Bytes& piece : std::exchange(pieces_, {})) {
            unread += piece.size();
        }
    }
    stop(StopReason::dropped);
    used_(unread);
    if (in_the_middle) {
        gone_();
    }
}

void ClientCallState::fail(const Error& error) {
    over = true;
    if (promise) {
        auto open = *std::move(promise);
        promise.reset();
        std::move(open).complete(error);
    } else if (body) {
        body->end(error);
    }
}

void ClientCallState::head(http::ClientEvent event, http::Version version) {
    if (!promise) {
        return;
    }
    auto open = *std::move(promise);
    promise.reset();
    std::move(open).complete(
        ClientResponse{.status = event.status,
                       .headers = std::move(event.headers),
                       .body = Stream<Bytes>(std::make_unique<BodySource>(body)),
                       .version = version});
}

}  // namespace turntable::inline v0::net
