#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "turntable/kv/collection/record_store.hpp"

namespace turntable::test {

/// Expects that the indexes of a collection hold exactly the entries of its records.
inline void expect_indexes_agree(const kv::detail::RecordStore& store) {
    const auto known = store.known();
    const auto& keys = store.keys();
    std::map<std::string, std::string> expected;
    for (auto& entry : store.database().list(kv::prefix(kv::Key::from_stored(keys.record)))) {
        ASSERT_TRUE(entry) << entry.error().to_string();
        const auto record = entry->value.as_js();
        ASSERT_TRUE(record) << record.error().to_string();
        const ByteView part = entry->key.encoded().substr(keys.record.size());
        for (const auto& index : known->indexes) {
            const auto expected_entry =
                kv::detail::index_entry(index, *record->as<kv::JsObject>(), part);
            ASSERT_TRUE(expected_entry) << expected_entry.error().to_string();
            EXPECT_TRUE(expected.emplace(expected_entry->key, part.to_string()).second)
                << "two records in one entry of " << index.name;
        }
    }
    std::map<std::string, std::string> found;
    for (auto& entry : store.database().list(kv::prefix(kv::Key::from_stored(keys.indexes)))) {
        ASSERT_TRUE(entry) << entry.error().to_string();
        found.emplace(entry->key.encoded().to_string(), entry->value.data().to_string());
    }
    EXPECT_EQ(found.size(), expected.size());
    EXPECT_TRUE(found == expected) << "the entries of indexes differ from the records";
}

}  // namespace turntable::test
