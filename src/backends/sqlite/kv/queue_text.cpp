#include "backends/sqlite/kv/queue_text.hpp"

#include <charconv>
#include <system_error>

namespace turntable::inline v0::kv::sqlite {

namespace {

/// Steps through a JSON text of nested lists of whole numbers.
class ListReader {
  public:
    explicit ListReader(std::string_view text) noexcept : rest_(text) {}

    bool take(char wanted) noexcept {
        skip_space();
        if (!rest_.starts_with(wanted)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    std::optional<std::uint32_t> take_number() noexcept {
        skip_space();
        std::uint32_t number = 0;
        const auto [end, problem] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        if (problem != std::errc()) {
            return std::nullopt;
        }
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return number;
    }
    bool at_end() noexcept {
        skip_space();
        return rest_.empty();
    }

    /// Reads `[item,item,...]`, where `read_item` reads one and says whether it could.
    template <class ReadItem>
    bool take_list(ReadItem read_item) {
        if (!take('[')) {
            return false;
        }
        if (take(']')) {
            return true;
        }
        while (read_item()) {
            if (take(']')) {
                return true;
            }
            if (!take(',')) {
                return false;
            }
        }
        return false;
    }

  private:
    void skip_space() noexcept {
        const std::size_t start = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
    }

    std::string_view rest_;
};

void append_number(std::string& out, std::uint32_t number) { out += std::to_string(number); }

}  // namespace

std::string write_backoff(std::span<const std::uint32_t> delays_ms) {
    std::string out = "[";
    for (const std::uint32_t delay : delays_ms) {
        out.append(out.size() == 1 ? "" : ",");
        append_number(out, delay);
    }
    return out + "]";
}

std::optional<std::vector<std::uint32_t>> read_backoff(std::string_view json) {
    ListReader reader(json);
    std::vector<std::uint32_t> delays;
    const bool whole = reader.take_list([&] {
        const auto number = reader.take_number();
        if (number) {
            delays.push_back(*number);
        }
        return number.has_value();
    });
    return whole && reader.at_end() ? std::optional(std::move(delays)) : std::nullopt;
}

std::string write_keys(std::span<const std::string> keys) {
    std::string out = "[";
    for (const std::string& key : keys) {
        out.append(out.size() == 1 ? "[" : ",[");
        for (std::size_t i = 0; i < key.size(); ++i) {
            out.append(i == 0 ? "" : ",");
            append_number(out, static_cast<unsigned char>(key[i]));
        }
        out.push_back(']');
    }
    return out + "]";
}

std::optional<std::vector<std::string>> read_keys(std::string_view json) {
    ListReader reader(json);
    std::vector<std::string> keys;
    const auto read_byte = [&] {
        const auto number = reader.take_number();
        if (!number || *number > 255) {
            return false;
        }
        keys.back().push_back(static_cast<char>(*number));
        return true;
    };
    const bool whole = reader.take_list([&] {
        keys.emplace_back();
        return reader.take_list(read_byte);
    });
    return whole && reader.at_end() ? std::optional(std::move(keys)) : std::nullopt;
}

}  // namespace turntable::inline v0::kv::sqlite
