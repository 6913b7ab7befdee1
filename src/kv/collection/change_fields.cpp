#include <algorithm>
#include <utility>

#include "kv/collection/change_steps.hpp"
#include "turntable/kv/json.hpp"

namespace turntable::inline v0::kv {

namespace {

using detail::CollectionKeys;
using detail::CollectionState;

/// A change that rewrites every record.
struct Rewrite {
    /// Says so in the description meanwhile.
    std::string title;
    /// Whether there is anything to do; an error if it cannot be done.
    std::function<Result<bool>(const CollectionState&)> is_needed;
    /// Whether it changed the record.
    std::function<bool(JsObject&)> edit;
    std::function<void(CollectionState&)> finish;
};

Error wrong(const CollectionState& state, const std::string& what) {
    return Error(ErrorCode::invalid_argument, what).with("collection", state.info.name);
}

Result<Batch> begin_rewrite(MigrationStep& step, const CollectionKeys& keys,
                            const FoundState& found, const Rewrite& rewrite) {
    TURNTABLE_TRY(const bool needed, rewrite.is_needed(found.state));
    if (!needed) {
        return Batch::last;
    }
    CollectionState state = found.state;
    state.changing = rewrite.title;
    TURNTABLE_CHECK(change_state(step, keys, found, state));
    step.set_progress("w");  // then the part of the last record that was done
    return Batch::more;
}

Result<Batch> rewrite_batch(MigrationStep& step, const CollectionKeys& keys,
                            const FoundState& found, const Rewrite& rewrite) {
    TURNTABLE_TRY(const FoundRecords found_records,
                  next_records(step, keys, step.progress().substr(1)));
    for (const FoundRecord& record : found_records.records) {
        JsObject* object = record.value.as<JsObject>();
        step.set_progress("w" + record.primary_part);
        if (object == nullptr || !rewrite.edit(*object)) {
            continue;
        }
        TURNTABLE_TRY(const Value value, Value::js(record.value));
        const std::string key = keys.record + record.primary_part;
        step.check(KeyRef::from_encoded(key), record.versionstamp)
            .set(KeyRef::from_encoded(key), value);
    }
    if (!found_records.ended) {
        return Batch::more;
    }
    CollectionState state = found.state;
    rewrite.finish(state);
    state.changing.clear();
    TURNTABLE_CHECK(change_state(step, keys, found, state));
    return Batch::last;
}

MigrationAction action(std::string_view collection, const Key& place, Rewrite rewrite,
                       std::string source) {
    const CollectionKeys keys(place, collection);
    return MigrationAction(
        [name = std::string(collection), rewrite = std::move(rewrite),
         keys](MigrationStep& step) -> Result<Batch> {
            TURNTABLE_TRY(const auto found, find_state(step, keys, name));
            if (!found) {
                return Batch::last;
            }
            return step.progress().empty() ? begin_rewrite(step, keys, *found, rewrite)
                                           : rewrite_batch(step, keys, *found, rewrite);
        },
        std::move(source));
}

/// Whether a value fits a field, as far as its type says so at run time.
Result<void> check_value(const FieldInfo& field, const JsValue& value) {
    if (const auto type = detail::scalar_type(field.type)) {
        std::string part;
        return detail::append_part(*type, value, part);
    }
    return {};
}

std::string user_of(const CollectionInfo& info, const std::string& field) {
    if (info.primary_key == field) {
        return "the primary key";
    }
    for (const IndexInfo& index : info.indexes) {
        if (std::ranges::count(index.fields, field) != 0) {
            return "in index " + index.name;
        }
    }
    for (const ReferenceInfo& reference : info.references) {
        if (reference.field == field && reference.on_remove != OnRemove::none) {
            return "a reference to " + reference.target;
        }
    }
    return {};
}

void rename(std::string& name, const std::string& from, const std::string& to) {
    if (name == from) {
        name = to;
    }
}

void rename_in(CollectionInfo& info, const std::string& from, const std::string& to) {
    rename(info.primary_key, from, to);
    for (FieldInfo& field : info.fields) {
        rename(field.name, from, to);
    }
    for (IndexInfo& index : info.indexes) {
        for (std::string& field : index.fields) {
            rename(field, from, to);
        }
    }
    for (ReferenceInfo& reference : info.references) {
        rename(reference.field, from, to);
    }
}

}  // namespace

MigrationAction add_field(std::string_view collection, FieldInfo field, JsValue value, Key place) {
    const std::string title = "add_field " + field.name;
    std::string source = std::string(collection) + "\n" + title + "\n" + field.type + "\n" +
                         js_to_json(value).value_or(std::string());
    Rewrite rewrite{
        title,
        [field, value](const CollectionState& state) -> Result<bool> {
            const FieldInfo* before = state.info.find_field(field.name);
            if (before != nullptr && before->type != field.type) {
                return wrong(state, "there is a field " + field.name + " of type " + before->type);
            }
            TURNTABLE_CHECK(check_value(field, value));
            return before == nullptr;
        },
        [field, value](JsObject& object) {
            if (object.find(field.name) != nullptr) {
                return false;
            }
            object.properties.emplace_back(field.name, value);
            return true;
        },
        [field](CollectionState& state) { state.info.fields.push_back(field); }};
    return action(collection, place, std::move(rewrite), std::move(source));
}

MigrationAction remove_field(std::string_view collection, std::string_view field, Key place) {
    const std::string name(field);
    const std::string title = "remove_field " + name;
    Rewrite rewrite{title,
                    [name](const CollectionState& state) -> Result<bool> {
                        if (state.info.find_field(name) == nullptr) {
                            return false;
                        }
                        if (const std::string user = user_of(state.info, name); !user.empty()) {
                            return wrong(state, "field " + name + " is " + user);
                        }
                        return true;
                    },
                    [name](JsObject& object) {
                        return std::erase_if(object.properties, [&](const JsProperty& property) {
                                   return property.first == name;
                               }) != 0;
                    },
                    [name](CollectionState& state) {
                        std::erase_if(state.info.fields,
                                      [&](const FieldInfo& one) { return one.name == name; });
                    }};
    return action(collection, place, std::move(rewrite), std::string(collection) + "\n" + title);
}

MigrationAction rename_field(std::string_view collection, std::string_view from,
                             std::string_view to, Key place) {
    const std::string before(from);
    const std::string after(to);
    const std::string title = "rename_field " + before + " to " + after;
    Rewrite rewrite{
        title,
        [before, after](const CollectionState& state) -> Result<bool> {
            const bool has_before = state.info.find_field(before) != nullptr;
            const bool has_after = state.info.find_field(after) != nullptr;
            if (has_before == has_after || after.empty()) {
                return wrong(state, has_before ? "there is a field " + after + " already"
                                               : "there is no field " + before);
            }
            return has_before;
        },
        [before, after](JsObject& object) {
            if (object.find(before) == nullptr) {
                return false;
            }
            // A property that had no field until now.
            std::erase_if(object.properties,
                          [&](const JsProperty& property) { return property.first == after; });
            for (JsProperty& property : object.properties) {
                rename(property.first, before, after);
            }
            return true;
        },
        [before, after](CollectionState& state) { rename_in(state.info, before, after); }};
    return action(collection, place, std::move(rewrite), std::string(collection) + "\n" + title);
}

}  // namespace turntable::inline v0::kv
