#include <algorithm>

#include "turntable/blob/detail/flat_list.hpp"
#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::detail {

FlatList::FlatList(std::string_view prefix, const ListOptions& options)
    : prefix_(prefix),
      start_after_(options.start_after),
      remaining_(options.limit.value_or(UINT64_MAX)),
      recursive_(options.recursive),
      done_(remaining_ == 0),
      from_(std::max(prefix_, start_after_)) {}

FlatList::Step FlatList::accept(Entry entry, EntryPage& page) {
    if (!std::string_view(entry.path).starts_with(prefix_)) {
        done_ = true;
        return Step::done;
    }
    if (entry.path == prefix_ && is_directory_path(prefix_)) {
        from_ = entry.path + '\0';
        return Step::next;
    }
    const Step step = recursive_ ? accept_recursive(std::move(entry), page)
                                 : accept_in_directory(std::move(entry), page);
    return done_ ? Step::done : step;
}

FlatList::Step FlatList::accept_in_directory(Entry entry, EntryPage& page) {
    const std::size_t slash = entry.path.find('/', prefix_.size());
    if (slash == std::string::npos) {
        from_ = entry.path + '\0';
        add(std::move(entry), page);
        return Step::next;
    }
    from_ = entry.path.substr(0, slash) + static_cast<char>('/' + 1);  // past all that lies in it
    if (slash + 1 == entry.path.size()) {
        add(std::move(entry), page);  // the mark, which may know more
    } else {
        add_directory(std::string_view(entry.path).substr(0, slash + 1), page);
    }
    return Step::seek;
}

FlatList::Step FlatList::accept_recursive(Entry entry, EntryPage& page) {
    const std::string_view path = entry.path;
    for (std::size_t slash = path.find('/', prefix_.size());
         slash != std::string_view::npos && slash + 1 < path.size();
         slash = path.find('/', slash + 1)) {
        const std::string_view directory = path.substr(0, slash + 1);
        if (!std::string_view(last_path_).starts_with(directory)) {
            add_directory(directory, page);
        }
    }
    last_path_ = path;
    from_ = last_path_ + '\0';
    add(std::move(entry), page);
    return Step::next;
}

void FlatList::add_directory(std::string_view path, EntryPage& page) {
    add({std::string(path), {.kind = EntryKind::directory}}, page);
}

void FlatList::add(Entry entry, EntryPage& page) {
    if (done_ || entry.path <= start_after_) {
        return;
    }
    page.push_back(std::move(entry));
    --remaining_;
    done_ = remaining_ == 0;
}

}  // namespace turntable::inline v0::blob::detail
