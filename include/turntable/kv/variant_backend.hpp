#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "turntable/kv/backend.hpp"

namespace turntable::inline v0::kv {

/// One of a closed set of backends.
///
/// Purpose: run-time choice among engines that are known when the program is built, without a
/// virtual call: `BasicDatabase<VariantBackend<MemoryBackend, SqliteBackend>>`.
/// Ownership: owns the backend.
/// Threads: as the backend inside. Errors: those of the backend inside.
template <Backend... Bs>
class VariantBackend {
    static_assert(sizeof...(Bs) > 0);

  public:
    template <class B>
        requires(std::is_same_v<std::remove_cvref_t<B>, Bs> || ...)
    VariantBackend(B&& backend) : variant_(std::forward<B>(backend)) {}
    /// Makes the backend in place, for those that cannot be moved.
    template <class B, class... Args>
        requires(std::is_same_v<B, Bs> || ...)
    explicit VariantBackend(std::in_place_type_t<B> type, Args&&... args)
        : variant_(type, std::forward<Args>(args)...) {}

    Capabilities capabilities() const {
        return const_cast<VariantBackend*>(this)->visit(
            [](const auto& backend) { return backend.capabilities(); });
    }
    Async<ReadOutput> snapshot_read(const Context& context, std::span<const ReadRange> ranges,
                                    const ReadOptions& options) {
        return visit(
            [&](auto& backend) { return backend.snapshot_read(context, ranges, options); });
    }
    Async<CommitResult> atomic_write(const Context& context, const AtomicWrite& write) {
        return visit([&](auto& backend) { return backend.atomic_write(context, write); });
    }
    Result<Stream<WatchOutput>> watch(const Context& context,
                                      std::span<const WatchTarget> targets) {
        return visit([&](auto& backend) { return backend.watch(context, targets); });
    }
    Async<QueueMessage> queue_take(const Context& context) {
        return visit([&](auto& backend) { return backend.queue_take(context); });
    }
    Async<void> queue_finish(const Context& context, std::string_view id, Delivery delivery) {
        return visit([&](auto& backend) { return backend.queue_finish(context, id, delivery); });
    }
    Async<void> queue_extend(const Context& context, std::string_view id) {
        return visit([&](auto& backend) { return backend.queue_extend(context, id); });
    }
    Async<Health> health(const Context& context) {
        return visit([&](auto& backend) { return backend.health(context); });
    }
    Async<void> close(const Context& context) {
        return visit([&](auto& backend) { return backend.close(context); });
    }
    Async<std::optional<Entry>> get(const Context& context, ByteView key) {
        return visit([&](auto& backend) { return backend_get(backend, context, key); });
    }
    Async<SnapshotHandle> open_snapshot(const Context& context) {
        return visit([&](auto& backend) { return backend_open_snapshot(backend, context); });
    }
    Async<DeleteRangeOutput> delete_range(const Context& context, ByteView start, ByteView end) {
        return visit(
            [&](auto& backend) { return backend_delete_range(backend, context, start, end); });
    }
    Async<void> backup_to(const Context& context, std::string_view path, bool replace) {
        return visit(
            [&](auto& backend) { return backend_backup_to(backend, context, path, replace); });
    }
    Async<void> restore_from(const Context& context, std::string_view path) {
        return visit([&](auto& backend) { return backend_restore_from(backend, context, path); });
    }

    /// The backend inside if it is a B, else null.
    template <class B>
    B* get_if() noexcept {
        return std::get_if<B>(&variant_);
    }

  private:
    /// A chain of comparisons, which the compiler sees through; std::visit calls by a table.
    template <std::size_t Index = 0, class F>
    auto visit(F&& function) {
        if constexpr (Index + 1 < sizeof...(Bs)) {
            if (variant_.index() != Index) {
                return visit<Index + 1>(std::forward<F>(function));
            }
        }
        return function(*std::get_if<Index>(&variant_));
    }

    std::variant<Bs...> variant_;
};

}  // namespace turntable::inline v0::kv
