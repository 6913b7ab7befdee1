#include <algorithm>
#include <utility>

#include "turntable/kv/collection/record_store.hpp"

namespace turntable::inline v0::kv::detail {

namespace {

Result<std::optional<std::pair<CollectionState, Versionstamp>>> read_state(
    const Database& database, const CollectionKeys& keys, std::string_view name,
    const CallOptions& call) {
    TURNTABLE_TRY(const std::optional<Entry> entry,
                  database.get(KeyRef::from_encoded(keys.state), call));
    if (!entry) {
        return std::optional<std::pair<CollectionState, Versionstamp>>();
    }
    TURNTABLE_TRY(const JsValue value, entry->value.as_js());
    TURNTABLE_TRY(CollectionState state, state_from_js(value, name));
    return std::optional(std::pair(std::move(state), entry->versionstamp));
}

void differ(std::string& out, const std::string& what) { out += (out.empty() ? "" : "; ") + what; }

/// What migrations would make `stored` into `expected`.
std::string needed_changes(const CollectionInfo& expected, const CollectionInfo& stored) {
    std::string out;
    if (expected.primary_key != stored.primary_key) {
        differ(out, "the primary key is " + expected.primary_key + " and was " +
                        stored.primary_key + ", which takes a new collection");
    }
    for (const FieldInfo& field : expected.fields) {
        const FieldInfo* before = stored.find_field(field.name);
        if (before == nullptr) {
            differ(out, "field " + field.name + " is new: add_field or rename_field");
        } else if (before->type != field.type) {
            differ(out, "field " + field.name + " is " + field.type + " and was " + before->type +
                            ": add_field under a new name");
        }
    }
    for (const FieldInfo& field : stored.fields) {
        if (expected.find_field(field.name) == nullptr) {
            differ(out, "field " + field.name + " is gone: remove_field or rename_field");
        }
    }
    for (const IndexInfo& index : expected.indexes) {
        const IndexInfo* before = stored.find_index(index.name);
        if (before == nullptr) {
            differ(out, "index " + index.name + " is new: add_index");
        } else if (*before != index) {
            differ(out, "index " + index.name + " has changed: remove_index, then add_index");
        }
    }
    for (const IndexInfo& index : stored.indexes) {
        if (expected.find_index(index.name) == nullptr) {
            differ(out, "index " + index.name + " is gone: remove_index");
        }
    }
    return out;
}

Error wrong_description(const CollectionInfo& expected, const CollectionInfo& stored) {
    return Error(ErrorCode::invalid_config,
                 "the program describes collection " + expected.name +
                     " otherwise than the database does; migrations are needed: " +
                     needed_changes(expected, stored))
        .with("described", fingerprint(expected))
        .with("stored", fingerprint(stored));
}

Error is_changing(const CollectionState& state) {
    return {ErrorCode::busy, "migration " + state.changing + " is rewriting the records"};
}

Result<void> check_description(const CollectionInfo& expected, const CollectionState& state) {
    if (!state.changing.empty()) {
        return is_changing(state);
    }
    if (fingerprint(expected) != fingerprint(state.info)) {
        return wrong_description(expected, state.info);
    }
    return {};
}

/// What the collections that `info` refers to have to know; by their names.
std::vector<std::pair<std::string, Backlink>> backlinks(const CollectionInfo& info) {
    std::vector<std::pair<std::string, Backlink>> out;
    for (const ReferenceInfo& reference : info.references) {
        const auto index = std::ranges::find_if(info.indexes, [&](const IndexInfo& one) {
            return one.fields.front() == reference.field;
        });
        out.emplace_back(reference.target,
                         Backlink{info.name, reference.field,
                                  index == info.indexes.end() ? std::string() : index->name,
                                  reference.on_remove});
    }
    return out;
}

/// Puts the links of `from` into the state of `target`; whether that changed it.
bool link(CollectionState& target, const std::string& from,
          const std::vector<std::pair<std::string, Backlink>>& links) {
    const std::vector<Backlink> before = target.referenced_by;
    std::erase_if(target.referenced_by,
                  [&](const Backlink& one) { return one.collection == from; });
    for (const auto& [name, one] : links) {
        if (name == target.info.name) {
            target.referenced_by.push_back(one);
        }
    }
    return target.referenced_by != before;
}

void set_state(Database::Atomic& write, const CollectionKeys& keys,
               const std::optional<Versionstamp>& before, const Value& state) {
    if (before) {
        write.check(KeyRef::from_encoded(keys.state), *before);
    } else {
        write.check(KeyRef::from_encoded(keys.state), absent);
    }
    write.set(KeyRef::from_encoded(keys.state), state);
}

}  // namespace

Result<std::shared_ptr<RecordStore>> RecordStore::open(Database database, CollectionInfo info,
                                                       CollectionOptions options,
                                                       const CallOptions& call) {
    auto store = std::make_shared<RecordStore>(std::move(database), info.name, std::move(options));
    store->expected_ = std::move(info);
    if (Result<void> settled = store->settle(call); !settled) {
        return store->named(std::move(settled).error()).during("open");
    }
    return store;
}

Result<std::shared_ptr<RecordStore>> RecordStore::open_stored(Database database, std::string name,
                                                              CollectionOptions options,
                                                              const CallOptions& call) {
    auto store =
        std::make_shared<RecordStore>(std::move(database), std::move(name), std::move(options));
    if (Result<void> read = store->refresh(call); !read) {
        return store->named(std::move(read).error());
    }
    return store;
}

/// Brings what is stored in line with what the program says, as far as that rewrites no record.
Result<void> RecordStore::settle(const CallOptions& call) {
    const CollectionInfo& info = *expected_;
    for (int attempt = 0; attempt < retries_max; ++attempt) {
        auto write = database_.atomic();
        bool changes = false;
        TURNTABLE_TRY(const auto stored, read_state(database_, keys_, name_, call));
        CollectionState state = stored ? stored->first : CollectionState{};
        if (state.described) {
            TURNTABLE_CHECK(check_description(info, state));
        }
        const auto links = backlinks(info);
        changes = link(state, name_, links) || !state.described ||
                  state.info.references != info.references;
        state.info.references = info.references;
        if (!state.described) {
            state.info = info;
            state.described = true;
            link(state, name_, links);
        }
        if (changes) {
            TURNTABLE_TRY(const Value value, Value::js(state_to_js(state)));
            set_state(write, keys_, stored ? std::optional(stored->second) : std::nullopt, value);
        }
        TURNTABLE_TRY(const bool targets_change, link_targets(write, links, call));
        if (!changes && !targets_change) {
            return refresh(call);
        }
        TURNTABLE_CHECK(write.commit(call));  // and look again, also if another was faster
    }
    return Error(ErrorCode::conflict, "its description is changed by others all the time");
}

/// Adds to `write` what the collections that this one refers to have to know.
Result<bool> RecordStore::link_targets(Database::Atomic& write,
                                       const std::vector<std::pair<std::string, Backlink>>& links,
                                       const CallOptions& call) const {
    std::vector<std::string> targets;
    for (const auto& [target, backlink] : links) {
        if (target != name_ && std::ranges::count(targets, target) == 0) {
            targets.push_back(target);
        }
    }
    bool changes = false;
    for (const std::string& target : targets) {
        const CollectionKeys keys(options_.place, target);
        TURNTABLE_TRY(const auto stored, read_state(database_, keys, target, call));
        CollectionState state = stored ? stored->first : CollectionState{};
        state.info.name = target;
        if (link(state, name_, links)) {
            TURNTABLE_TRY(const Value value, Value::js(state_to_js(state)));
            set_state(write, keys, stored ? std::optional(stored->second) : std::nullopt, value);
            changes = true;
        }
    }
    return changes;
}

Result<void> RecordStore::refresh(const CallOptions& call) const {
    TURNTABLE_TRY(auto stored, read_state(database_, keys_, name_, call));
    if (!stored || !stored->first.described) {
        return Error(ErrorCode::not_found, "there is no collection " + name_);
    }
    if (expected_) {
        TURNTABLE_CHECK(check_description(*expected_, stored->first));
        if (stored->first.info.references != expected_->references) {
            return Error(ErrorCode::invalid_config, "another program has opened collection " +
                                                        name_ +
                                                        " with other references; open it again");
        }
    } else if (!stored->first.changing.empty()) {
        return is_changing(stored->first);
    }
    TURNTABLE_TRY(auto known, known_state(std::move(stored->first), stored->second, keys_));
    const std::lock_guard lock(mutex_);
    known_ = std::move(known);
    return {};
}

}  // namespace turntable::inline v0::kv::detail
