#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/result.hpp"
#include "turntable/kv/collection/codec.hpp"
#include "turntable/kv/js_value.hpp"

namespace turntable::inline v0::kv {

/// Reads the properties of objects that this library has stored; each error names the property.
class JsFields {
  public:
    explicit JsFields(const JsValue& value) : value_(value), object_(value.as<JsObject>()) {}

    Result<std::string> text(std::string_view name) const {
        const JsValue* value = find(name);
        if (value == nullptr || value->text() == nullptr) {
            return wrong(name, "text");
        }
        return *value->text();
    }
    Result<bool> boolean(std::string_view name) const {
        const JsValue* value = find(name);
        if (value == nullptr || value->boolean() == nullptr) {
            return wrong(name, "a boolean");
        }
        return *value->boolean();
    }
    Result<std::uint64_t> number(std::string_view name) const {
        const JsValue* value = find(name);
        const auto number = value == nullptr ? std::nullopt : detail::unsigned_integer(*value);
        if (!number) {
            return wrong(name, "a whole number");
        }
        return *number;
    }
    Result<std::vector<std::string>> texts(std::string_view name) const {
        const JsValue* value = find(name);
        const JsArray* array = value == nullptr ? nullptr : value->as<JsArray>();
        if (array == nullptr) {
            return wrong(name, "an array");
        }
        std::vector<std::string> out;
        for (const JsValue& element : array->elements) {
            if (element.text() == nullptr) {
                return wrong(name, "an array of texts");
            }
            out.push_back(*element.text());
        }
        return out;
    }
    Result<std::string> bytes(std::string_view name) const {
        const JsValue* value = find(name);
        const auto bytes = value == nullptr ? std::nullopt : detail::bytes_of(*value);
        if (!bytes) {
            return wrong(name, "bytes");
        }
        return bytes->to_string();
    }
    /// Calls `function` with each object of an array.
    template <class F>
    Result<void> each(std::string_view name, F&& function) const {
        const JsValue* value = find(name);
        const JsArray* array = value == nullptr ? nullptr : value->as<JsArray>();
        if (array == nullptr) {
            return wrong(name, "an array");
        }
        for (const JsValue& element : array->elements) {
            TURNTABLE_CHECK(function(JsFields(element)));
        }
        return {};
    }

  private:
    const JsValue* find(std::string_view name) const {
        return object_ == nullptr ? nullptr : object_->find(name);
    }
    static Error wrong(std::string_view name, std::string_view expected) {
        return {ErrorCode::serialization,
                "property " + std::string(name) + " is not " + std::string(expected)};
    }

    JsValue value_;  // keeps the object
    const JsObject* object_;
};

}  // namespace turntable::inline v0::kv
