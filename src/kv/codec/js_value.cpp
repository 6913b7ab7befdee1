#include "turntable/kv/js_value.hpp"

#include <type_traits>

namespace turntable::inline v0::kv {

namespace {

// Calls `visit` for each value directly inside the content of a node.
template <class Visit>
void for_each_child(JsNode::Content& content, const Visit& visit) {
    const auto of_properties = [&visit](std::vector<JsProperty>& properties) {
        for (JsProperty& property : properties) {
            visit(property.second);
        }
    };
    std::visit(
        [&](auto& c) {
            using T = std::remove_cvref_t<decltype(c)>;
            if constexpr (std::is_same_v<T, JsObject>) {
                of_properties(c.properties);
            } else if constexpr (std::is_same_v<T, JsArray>) {
                for (JsValue& element : c.elements) {
                    visit(element);
                }
                of_properties(c.properties);
            } else if constexpr (std::is_same_v<T, JsMap>) {
                for (auto& [key, value] : c.entries) {
                    visit(key);
                    visit(value);
                }
            } else if constexpr (std::is_same_v<T, JsSet>) {
                for (JsValue& value : c.values) {
                    visit(value);
                }
            } else if constexpr (std::is_same_v<T, JsError>) {
                if (c.cause) {
                    visit(*c.cause);
                }
            } else if constexpr (std::is_same_v<T, JsView>) {
                visit(c.buffer);
            } else if constexpr (std::is_same_v<T, JsBoxed>) {
                visit(c.primitive);
            }
        },
        content);
}

}  // namespace

JsValue::JsValue(std::shared_ptr<JsNode> node) {
    if (node != nullptr) {
        value_ = std::move(node);
    }
}

JsValue JsValue::hole() noexcept {
    JsValue value;
    value.value_ = Hole{};
    return value;
}

JsValue JsValue::back_reference(const std::shared_ptr<JsNode>& node) noexcept {
    JsValue value;
    value.value_ = std::weak_ptr<JsNode>(node);
    return value;
}

std::shared_ptr<JsNode> JsValue::node() const noexcept {
    if (const auto* strong = std::get_if<std::shared_ptr<JsNode>>(&value_)) {
        return *strong;
    }
    if (const auto* weak = std::get_if<std::weak_ptr<JsNode>>(&value_)) {
        return weak->lock();
    }
    return nullptr;
}

JsNode::~JsNode() {
    // A long chain of nodes must not become a deep chain of destructor calls, so whatever would
    // die with this node is moved out to a list first.
    std::vector<std::shared_ptr<JsNode>> dying;
    const auto collect = [&dying](JsValue& child) {
        if (auto* node = std::get_if<std::shared_ptr<JsNode>>(&child.value_);
            node != nullptr && *node != nullptr && node->use_count() == 1) {
            dying.push_back(std::move(*node));
        }
    };
    for_each_child(content, collect);
    while (!dying.empty()) {
        const std::shared_ptr<JsNode> node = std::move(dying.back());
        dying.pop_back();
        for_each_child(node->content, collect);
    }
}

ByteView JsView::bytes() const noexcept {
    const auto* source = buffer.as<JsArrayBuffer>();
    if (source == nullptr || offset > source->bytes.size() ||
        size > source->bytes.size() - offset) {
        return {};
    }
    return ByteView(source->bytes).substr(offset, size);
}

JsValue js_uint8_array(ByteView bytes) {
    JsView view;
    view.size = static_cast<std::uint32_t>(bytes.size());
    view.buffer = JsArrayBuffer{bytes.to_string(), std::nullopt};
    return view;
}

}  // namespace turntable::inline v0::kv
