#pragma once

#include <compare>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace turntable::inline v0 {

/// A read-only view of bytes, made from text or from a span without a cast at the call.
///
/// Purpose: the type of every byte argument. Bytes compare as unsigned, shorter first on a tie,
/// which is the order of keys in every engine.
/// Ownership: none; the bytes must live as long as the view is used.
/// Threads: a value, safe to copy between threads.
/// Errors: none.
class ByteView {
  public:
    constexpr ByteView() noexcept = default;
    constexpr ByteView(const char* data, std::size_t size) noexcept : data_(data), size_(size) {}
    constexpr ByteView(std::string_view text) noexcept : ByteView(text.data(), text.size()) {}
    constexpr ByteView(const char* text) noexcept : ByteView(std::string_view(text)) {}
    ByteView(const std::string& text) noexcept : ByteView(text.data(), text.size()) {}
    ByteView(std::span<const std::byte> bytes) noexcept
        : ByteView(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}
    ByteView(std::span<const unsigned char> bytes) noexcept
        : ByteView(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

    constexpr const char* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr const char* begin() const noexcept { return data_; }
    constexpr const char* end() const noexcept { return data_ + size_; }
    /// The byte at `index`, which must be below size().
    constexpr unsigned char operator[](std::size_t index) const noexcept {
        return static_cast<unsigned char>(data_[index]);
    }
    /// The same bytes as text; no claim about their encoding.
    constexpr std::string_view text() const noexcept { return {data_, size_}; }
    std::span<const std::byte> bytes() const noexcept {
        return {reinterpret_cast<const std::byte*>(data_), size_};
    }
    std::string to_string() const { return std::string(data_, size_); }

    constexpr ByteView substr(std::size_t from, std::size_t count = std::string_view::npos) const {
        return text().substr(from, count);
    }
    constexpr bool starts_with(ByteView prefix) const noexcept {
        return text().starts_with(prefix.text());
    }

    friend constexpr bool operator==(ByteView a, ByteView b) noexcept {
        return a.text() == b.text();
    }
    friend constexpr std::strong_ordering operator<=>(ByteView a, ByteView b) noexcept {
        return a.text().compare(b.text()) <=> 0;  // char_traits<char> compares as unsigned
    }

  private:
    const char* data_ = "";
    std::size_t size_ = 0;
};

}  // namespace turntable::inline v0
