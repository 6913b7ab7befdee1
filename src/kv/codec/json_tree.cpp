#include "kv/codec/json_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv::codec {

namespace {

// The digits of a number without sign, point, exponent and zeros at the end.
std::string significant_digits(std::string_view text) {
    std::string digits;
    for (const char c : text.substr(0, text.find_first_of("eE"))) {
        if (c >= '0' && c <= '9') {
            digits.push_back(c);
        }
    }
    digits.resize(digits.find_last_not_of('0') + 1);
    return digits;
}

std::string printed(double number, bool exact) {
    std::array<char, 512> buffer;
    char* const end = buffer.data() + buffer.size();
    const auto written =
        exact ? std::to_chars(buffer.data(), end, number, std::chars_format::fixed, 0)
              : std::to_chars(buffer.data(), end, number, std::chars_format::scientific);
    return {buffer.data(), written.ptr};
}

// Whether an integer of JSON survives as a double: it is the exact value, or it is how JavaScript
// writes that double (the shortest digits, then zeros).
bool survives(std::string_view integer, double number) {
    const std::string digits = significant_digits(integer);
    return digits == significant_digits(printed(number, true)) ||
           digits == significant_digits(printed(number, false));
}

class Builder final : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

    Result<JsonTree> finish(bool parsed) && {
        if (error_) {
            return *std::move(error_);
        }
        if (!parsed) {
            return json_error("malformed");
        }
        return std::move(root_);
    }

    bool null() override { return add({nullptr}); }
    bool boolean(bool value) override { return add({value}); }
    bool number_integer(std::int64_t value) override {
        return integer(static_cast<double>(value), std::to_string(value));
    }
    bool number_unsigned(std::uint64_t value) override {
        return integer(static_cast<double>(value), std::to_string(value));
    }
    bool number_float(double value, const std::string& literal) override {
        const bool integral = literal.find_first_of(".eE") == std::string::npos;
        return integral ? integer(value, literal) : add({value});
    }
    bool string(std::string& value) override { return add({std::move(value)}); }
    bool binary(nlohmann::json::binary_t& /*value*/) override { return fail("malformed"); }

    bool start_object(std::size_t /*count*/) override { return start({JsonObject{}}); }
    bool key(std::string& name) override {
        std::get<JsonObject>(open_.back()->value).emplace_back(std::move(name), JsonTree{});
        return true;
    }
    bool end_object() override {
        std::vector<std::string_view> names;
        for (const auto& member : std::get<JsonObject>(open_.back()->value)) {
            names.push_back(member.first);
        }
        std::ranges::sort(names);
        if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
            return fail("the name \"" + std::string(*twice) + "\" appears twice in an object");
        }
        open_.pop_back();
        return true;
    }
    bool start_array(std::size_t /*count*/) override { return start({JsonArray{}}); }
    bool end_array() override {
        open_.pop_back();
        return true;
    }
    bool parse_error(std::size_t position, const std::string& /*last_token*/,
                     const nlohmann::json::exception& /*exception*/) override {
        const std::string where = std::to_string(position);
        error_ = json_error("malformed at position " + where).with("position", where);
        return false;
    }

  private:
    bool fail(const std::string& what) {
        error_ = json_error(what);
        return false;
    }

    bool integer(double number, const std::string& literal) {
        if (!survives(literal, number)) {
            return fail("a number cannot hold " + literal + "; write {\"$bigint\": \"" + literal +
                        "\"} or text");
        }
        return add({number});
    }

    bool start(JsonTree tree) {
        if (open_.size() == max_depth_) {
            error_ = json_too_deep();
            return false;
        }
        JsonTree* const place = put(std::move(tree));
        open_.push_back(place);
        return true;
    }
    bool add(JsonTree tree) {
        put(std::move(tree));
        return true;
    }
    // Puts a value where the next one belongs. The pointers in open_ stay good: a container grows
    // only while none of its elements is open.
    JsonTree* put(JsonTree tree) {
        if (open_.empty()) {
            root_ = std::move(tree);
            return &root_;
        }
        if (auto* array = std::get_if<JsonArray>(&open_.back()->value)) {
            return &array->emplace_back(std::move(tree));
        }
        JsonTree& member = std::get<JsonObject>(open_.back()->value).back().second;
        member = std::move(tree);
        return &member;
    }

    std::size_t max_depth_;
    JsonTree root_;
    std::vector<JsonTree*> open_;
    std::optional<Error> error_;
};

}  // namespace

Error json_error(std::string_view what) {
    return Error(ErrorCode::serialization, "JSON: " + std::string(what));
}

Error json_too_deep() {
    return Error(ErrorCode::limit_exceeded,
                 "JSON: nested deeper than " + std::to_string(max_js_depth) + " levels");
}

Result<JsonTree> parse_json(std::string_view text, std::size_t max_depth) {
    Builder builder(max_depth);
    bool parsed = false;
    try {
        parsed = nlohmann::json::sax_parse(text, &builder);
    } catch (const nlohmann::json::exception&) {
        parsed = false;
    }
    return std::move(builder).finish(parsed);
}

}  // namespace turntable::inline v0::kv::codec
