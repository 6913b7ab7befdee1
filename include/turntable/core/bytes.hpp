#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "turntable/core/byte_view.hpp"

namespace turntable::inline v0 {

namespace detail {

/// What keeps the bytes of a Bytes alive: a count and a way to let go.
struct BytesOwner {
    std::atomic<std::size_t> references{1};
    void (*release)(BytesOwner*) noexcept;

    explicit BytesOwner(void (*release_function)(BytesOwner*) noexcept) noexcept
        : release(release_function) {}
};

}  // namespace detail

/// Immutable bytes that are cheap to pass on: a pointer, a length and a counted owner.
///
/// Purpose: results that are handed from an engine to a user without being copied on the way.
/// Ownership: shares its buffer with its copies; `unowned` borrows and owns nothing.
/// Threads: distinct objects are safe on distinct threads, also when they share a buffer; one
/// object is not safe for a write beside anything else.
/// Errors: allocation failure ends the program, as everywhere in this library.
class [[nodiscard]] Bytes {
  public:
    Bytes() noexcept = default;
    Bytes(const Bytes& other) noexcept
        : data_(other.data_), size_(other.size_), owner_(other.owner_) {
        if (owner_ != nullptr) {
            owner_->references.fetch_add(1, std::memory_order_relaxed);
        }
    }
    Bytes(Bytes&& other) noexcept
        : data_(other.data_), size_(other.size_), owner_(std::exchange(other.owner_, nullptr)) {
        other.data_ = "";
        other.size_ = 0;
    }
    Bytes& operator=(Bytes other) noexcept {
        swap(other);
        return *this;
    }
    ~Bytes() {
        if (owner_ != nullptr) {
            drop();
        }
    }

    /// A new buffer that holds `bytes`: one allocation, none when empty.
    static Bytes copy(ByteView bytes) { return joined(bytes, ByteView()); }

    /// A new buffer that holds `first` and then `second`: one allocation, none when both are empty.
    static Bytes joined(ByteView first, ByteView second) {
        const std::size_t size = first.size() + second.size();
        if (size == 0) {
            return {};
        }
        void* memory = ::operator new(sizeof(detail::BytesOwner) + size);
        auto* owner = ::new (memory) detail::BytesOwner(&release_flat);
        char* data = static_cast<char*>(memory) + sizeof(detail::BytesOwner);
        char* rest = std::copy(first.begin(), first.end(), data);  // fine with null and no bytes
        std::copy(second.begin(), second.end(), rest);
        return Bytes(data, size, owner);
    }

    /// Takes over `text` without copying its characters.
    static Bytes take(std::string text) {
        auto* owner = new Held<std::string>(std::move(text));
        return Bytes(owner->value.data(), owner->value.size(), owner);
    }

    /// A view of bytes that `keeper` keeps alive, say a mapped page or a row of a result.
    static Bytes held_by(ByteView bytes, std::shared_ptr<const void> keeper) {
        auto* owner = new Held<std::shared_ptr<const void>>(std::move(keeper));
        return Bytes(bytes.data(), bytes.size(), owner);
    }

    /// A view that owns nothing: the caller keeps `bytes` alive for as long as any copy lives.
    static Bytes unowned(ByteView bytes) noexcept {
        return Bytes(bytes.data(), bytes.size(), nullptr);
    }

    /// A part of these bytes that shares the buffer; `from` must be at most size().
    Bytes slice(std::size_t from, std::size_t count = std::string_view::npos) const {
        Bytes part = *this;
        const ByteView view = ByteView(data_, size_).substr(from, count);
        part.data_ = view.data();
        part.size_ = view.size();
        return part;
    }

    const char* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    ByteView view() const noexcept { return {data_, size_}; }
    operator ByteView() const noexcept { return view(); }
    std::string_view text() const noexcept { return {data_, size_}; }
    std::string to_string() const { return std::string(data_, size_); }

    void swap(Bytes& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(owner_, other.owner_);
    }

    friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.view() == b.view(); }

  private:
    template <class T>
    struct Held : detail::BytesOwner {
        explicit Held(T held)
            : BytesOwner([](BytesOwner* self) noexcept { delete static_cast<Held*>(self); }),
              value(std::move(held)) {}
        T value;
    };

    Bytes(const char* data, std::size_t size, detail::BytesOwner* owner) noexcept
        : data_(data), size_(size), owner_(owner) {}

    static void release_flat(detail::BytesOwner* owner) noexcept {
        owner->~BytesOwner();
        ::operator delete(owner);
    }
    void drop() noexcept {
        if (owner_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            owner_->release(owner_);
        }
    }

    const char* data_ = "";
    std::size_t size_ = 0;
    detail::BytesOwner* owner_ = nullptr;
};

}  // namespace turntable::inline v0
