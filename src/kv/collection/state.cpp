#include <algorithm>
#include <utility>

#include "kv/collection/js_fields.hpp"
#include "turntable/kv/collection/codec.hpp"
#include "turntable/kv/collection/record_store.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Result<OnRemove> on_remove_from(const std::string& text) {
    for (const OnRemove action : {OnRemove::none, OnRemove::restrict, OnRemove::cascade}) {
        if (text == to_string(action)) {
            return action;
        }
    }
    return Error(ErrorCode::serialization, "unknown onRemove " + text);
}

JsValue fields_to_js(const CollectionInfo& info) {
    JsArray out;
    for (const FieldInfo& field : info.fields) {
        out.elements.emplace_back(JsObject{{{"name", field.name}, {"type", field.type}}});
    }
    return out;
}

JsValue indexes_to_js(const CollectionState& state) {
    JsArray out;
    for (const IndexInfo& index : state.info.indexes) {
        JsArray fields;
        fields.elements.assign(index.fields.begin(), index.fields.end());
        const bool building = std::ranges::count(state.building, index.name) != 0;
        out.elements.emplace_back(JsObject{{{"name", index.name},
                                            {"fields", std::move(fields)},
                                            {"unique", index.unique},
                                            {"building", building}}});
    }
    return out;
}

JsValue references_to_js(const CollectionInfo& info) {
    JsArray out;
    for (const ReferenceInfo& reference : info.references) {
        out.elements.emplace_back(JsObject{{{"field", reference.field},
                                            {"target", reference.target},
                                            {"onRemove", to_string(reference.on_remove)}}});
    }
    return out;
}

JsValue backlinks_to_js(const CollectionState& state) {
    JsArray out;
    for (const Backlink& link : state.referenced_by) {
        out.elements.emplace_back(JsObject{{{"collection", link.collection},
                                            {"field", link.field},
                                            {"index", link.index},
                                            {"onRemove", to_string(link.on_remove)}}});
    }
    return out;
}

Result<void> read_indexes(const JsFields& object, CollectionState& state) {
    return object.each("indexes", [&](const JsFields& index) -> Result<void> {
        IndexInfo info;
        TURNTABLE_TRY(info.name, index.text("name"));
        TURNTABLE_TRY(info.fields, index.texts("fields"));
        TURNTABLE_TRY(info.unique, index.boolean("unique"));
        TURNTABLE_TRY(const bool building, index.boolean("building"));
        if (building) {
            state.building.push_back(info.name);
        }
        state.info.indexes.push_back(std::move(info));
        return {};
    });
}

Result<void> read_references(const JsFields& object, CollectionState& state) {
    TURNTABLE_CHECK(object.each("references", [&](const JsFields& reference) -> Result<void> {
        ReferenceInfo info;
        TURNTABLE_TRY(info.field, reference.text("field"));
        TURNTABLE_TRY(info.target, reference.text("target"));
        TURNTABLE_TRY(const std::string action, reference.text("onRemove"));
        TURNTABLE_TRY(info.on_remove, on_remove_from(action));
        state.info.references.push_back(std::move(info));
        return {};
    }));
    return object.each("referencedBy", [&](const JsFields& link) -> Result<void> {
        Backlink out;
        TURNTABLE_TRY(out.collection, link.text("collection"));
        TURNTABLE_TRY(out.field, link.text("field"));
        TURNTABLE_TRY(out.index, link.text("index"));
        TURNTABLE_TRY(const std::string action, link.text("onRemove"));
        TURNTABLE_TRY(out.on_remove, on_remove_from(action));
        state.referenced_by.push_back(std::move(out));
        return {};
    });
}

Result<void> read_state(const JsFields& object, CollectionState& state) {
    TURNTABLE_TRY(state.described, object.boolean("described"));
    TURNTABLE_TRY(state.info.primary_key, object.text("primaryKey"));
    TURNTABLE_TRY(state.changing, object.text("changing"));
    TURNTABLE_CHECK(object.each("fields", [&](const JsFields& field) -> Result<void> {
        FieldInfo info;
        TURNTABLE_TRY(info.name, field.text("name"));
        TURNTABLE_TRY(info.type, field.text("type"));
        state.info.fields.push_back(std::move(info));
        return {};
    }));
    TURNTABLE_CHECK(read_indexes(object, state));
    return read_references(object, state);
}

}  // namespace

JsValue state_to_js(const CollectionState& state) {
    return JsObject{{{"format", 1},
                     {"described", state.described},
                     {"fingerprint", fingerprint(state.info)},
                     {"primaryKey", state.info.primary_key},
                     {"fields", fields_to_js(state.info)},
                     {"indexes", indexes_to_js(state)},
                     {"references", references_to_js(state.info)},
                     {"referencedBy", backlinks_to_js(state)},
                     {"changing", state.changing}}};
}

Result<CollectionState> state_from_js(const JsValue& value, std::string_view name) {
    const JsFields object(value);
    TURNTABLE_TRY(const std::uint64_t format, object.number("format"));
    if (format != 1) {
        return Error(ErrorCode::unsupported,
                     "collection " + std::string(name) + " was written in format " +
                         std::to_string(format) + ", by a newer version: this one knows format 1");
    }
    CollectionState state;
    state.info.name = name;
    if (Result<void> read = read_state(object, state); !read) {
        return Error(ErrorCode::corrupt,
                     "the stored description of collection " + std::string(name) + " is damaged")
            .because(std::move(read).error());
    }
    return state;
}

CollectionKeys::CollectionKeys(const Key& place, std::string_view name)
    : state((place / name / "state").encoded().to_string()),
      record((place / name / "record").encoded().to_string()),
      guard((place / name / "guard").encoded().to_string()),
      indexes((place / name / "index").encoded().to_string()) {}

std::string CollectionKeys::index(std::string_view name) const {
    return (Key::from_stored(indexes) / name).encoded().to_string();
}

const KnownIndex* KnownState::find_index(std::string_view name) const noexcept {
    const auto found = std::ranges::find(indexes, name, &KnownIndex::name);
    return found == indexes.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const KnownState>> known_state(CollectionState state,
                                                      Versionstamp versionstamp,
                                                      const CollectionKeys& keys) {
    auto known = std::make_shared<KnownState>();
    const CollectionInfo& info = state.info;
    const auto type_of = [&](const std::string& name) -> Result<ScalarType> {
        const FieldInfo* field = info.find_field(name);
        const auto type = field == nullptr ? std::nullopt : scalar_type(field->type);
        if (!type) {
            return Error(ErrorCode::corrupt, "the stored description of collection " + info.name +
                                                 " has no field " + name + " that a key can hold");
        }
        return *type;
    };
    if (state.described) {
        TURNTABLE_TRY(known->primary_key, type_of(info.primary_key));
    }
    for (const IndexInfo& index : info.indexes) {
        KnownIndex out{index.name,
                       {},
                       keys.index(index.name),
                       index.unique,
                       std::ranges::count(state.building, index.name) == 0};
        for (const std::string& field : index.fields) {
            TURNTABLE_TRY(const ScalarType type, type_of(field));
            out.fields.push_back({field, type});
        }
        known->indexes.push_back(std::move(out));
    }
    known->state = std::move(state);
    known->versionstamp = versionstamp;
    return std::shared_ptr<const KnownState>(std::move(known));
}

Result<void> append_field(const KnownIndex::Field& field, const JsObject& record,
                          std::string& out) {
    static const JsValue missing;
    const JsValue* value = record.find(field.name);
    Result<void> appended = append_part(field.type, value == nullptr ? missing : *value, out);
    if (!appended) {
        return in_field(std::move(appended).error(), field.name);
    }
    return {};
}

Result<IndexEntry> index_entry(const KnownIndex& index, const JsObject& record,
                               ByteView primary_part) {
    IndexEntry entry{index.prefix, index.unique};
    for (const KnownIndex::Field& field : index.fields) {
        const std::size_t start = entry.key.size();
        TURNTABLE_CHECK(append_field(field, record, entry.key));
        // Null equals nothing: entries with one are told apart by their record.
        if (ByteView(entry.key).substr(start) == ByteView("\x01\x00", 2) && field.type.nullable) {
            entry.exclusive = false;
        }
    }
    if (!entry.exclusive) {
        entry.key.append(primary_part.text());
    }
    return entry;
}

}  // namespace turntable::inline v0::kv::detail
