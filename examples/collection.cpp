// Records of a type: described once, found by indexes, queried a page at a time.
#include <iostream>
#include <string>

#include "turntable/kv.hpp"
#include "turntable/kv/collection.hpp"
#include "turntable/kv/memory.hpp"

namespace kv = turntable::kv;

namespace {

struct Book {
    std::string isbn;
    std::string title;
    int year = 0;
};
constexpr auto describe(kv::Type<Book> /*type*/) {
    return kv::record<Book>("books", kv::field("isbn", &Book::isbn),
                            kv::field("title", &Book::title), kv::field("year", &Book::year),
                            kv::primary_key(&Book::isbn), kv::unique("by_title", &Book::title),
                            kv::index("by_year", &Book::year));
}

}  // namespace

int main() {
    const kv::Database db{kv::MemoryBackend()};
    const auto books = kv::Collection<Book>::open(db).value();
    books.insert({"0-201-89683-4", "The Art of Computer Programming", 1968}).value();
    books.insert({"0-13-110362-8", "The C Programming Language", 1978}).value();
    books.insert({"0-201-53992-6", "The C++ Programming Language", 1985}).value();

    if (const auto copy = books.insert({"1", "The C Programming Language", 2000}); !copy) {
        std::cout << copy.error().message() << '\n';
    }
    std::cout << books.find_by("by_title", "The C Programming Language").value()->value.year
              << '\n';

    std::string years;
    const kv::Filter seventies_on = kv::where(&Book::year).ge(1970);
    std::cout << books.explain(seventies_on).value().to_string() << '\n';
    for (auto& book : books.stream(seventies_on, {.order_by = {kv::descending("year")}})) {
        years += std::to_string(book.value().value.year) + " ";
    }
    std::cout << years << '\n';
    return years == "1985 1978 " ? 0 : 1;
}
