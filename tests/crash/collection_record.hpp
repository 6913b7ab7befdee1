#pragma once

#include <cstdint>
#include <string>

#include "turntable/kv/collection.hpp"

/// \file
/// What collection_writer stores until it is killed.
namespace turntable::test {

struct Shelf {
    std::int32_t id = 0;
};
constexpr auto describe(kv::Type<Shelf> /*type*/) {
    return kv::record<Shelf>("shelves", kv::field("id", &Shelf::id), kv::primary_key(&Shelf::id));
}

struct Book {
    std::int32_t id = 0;
    std::string title;
    std::int32_t shelf = 0;
    std::int64_t written = 0;
};
constexpr auto describe(kv::Type<Book> /*type*/) {
    return kv::record<Book>("books", kv::field("id", &Book::id), kv::field("title", &Book::title),
                            kv::field("shelf", &Book::shelf), kv::field("written", &Book::written),
                            kv::primary_key(&Book::id), kv::unique("by_title", &Book::title),
                            kv::index("by_shelf", &Book::shelf, &Book::written),
                            kv::references<Shelf>(&Book::shelf, kv::OnRemove::cascade));
}

}  // namespace turntable::test
