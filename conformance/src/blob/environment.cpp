#include "blob/environment.hpp"

#include <algorithm>

#include "turntable/blob/path.hpp"

namespace turntable::inline v0::blob::conformance {

namespace {

constexpr std::string_view some_content_type = "text/plain; charset=utf-8";

const UserMetadata& some_user_metadata() {
    static const UserMetadata user = {
        {"a-b_c.9", "one: two=3"}, {"empty", ""}, {"who", "Zo\xC3\xAB"}};
    return user;
}

}  // namespace

Metadata Store::put(std::string_view path, ByteView content, const WriteOptions& options,
                    const Location& where) const {
    return expect_ok(store_.write(path, content, options), "write " + std::string(path), where);
}

void Store::put_all(const std::vector<std::string>& paths, const Location& where) const {
    for (const std::string& path : paths) {
        if (is_directory_path(path)) {
            expect_ok(store_.create_dir(path), "create_dir " + path, where);
        } else {
            put(path, "x", {}, where);
        }
    }
}

std::string Store::text(std::string_view path, const ByteRange& range,
                        const Location& where) const {
    return expect_ok(store_.read(path, range), "read " + std::string(path), where).to_string();
}

Metadata Store::stat(std::string_view path, const Location& where) const {
    return expect_ok(store_.stat(path), "stat " + std::string(path), where);
}

void Store::expect_text(std::string_view path, std::string_view text, const Location& where) const {
    expect_equal(std::string(text), this->text(path, {}, where),
                 "the content of " + std::string(path), where);
    expect_equal(text.size(), stat(path, where).size_bytes, "the size of " + std::string(path),
                 where);
}

void Store::expect_absent(std::string_view path, const Location& where) const {
    expect_code(store_.stat(path), {ErrorCode::not_found}, "stat " + std::string(path), where);
}

void Store::expect_directory(std::string_view path, const Location& where) const {
    expect(stat(path, where).kind == EntryKind::directory, std::string(path) + " is a directory",
           where);
}

std::vector<Entry> Store::entries(std::string_view prefix, const ListOptions& options,
                                  const Location& where) const {
    constexpr std::size_t entries_max = 100'000;  // a listing that never ends is a failure too
    std::vector<Entry> out;
    for (Result<Entry>& entry : store_.list(prefix, options)) {
        out.push_back(expect_ok(std::move(entry), "list " + std::string(prefix), where));
        expect(out.size() < entries_max, "the listing ends", where);
    }
    return out;
}

std::vector<std::string> Store::names(std::string_view prefix, const ListOptions& options,
                                      const Location& where) const {
    std::vector<std::string> out;
    for (Entry& entry : entries(prefix, options, where)) {
        expect_equal(is_directory_path(entry.path), entry.metadata.kind == EntryKind::directory,
                     "a slash at the end of directories only, in " + entry.path, where);
        out.push_back(std::move(entry.path));
    }
    std::ranges::sort(out);
    return out;
}

void Store::expect_names(std::string_view prefix, const ListOptions& options,
                         std::vector<std::string> expected, const Location& where) const {
    std::ranges::sort(expected);
    expect_equal(expected, names(prefix, options, where),
                 "the listing of '" + std::string(prefix) + "'", where);
}

void Store::expect_files(std::vector<std::string> expected, const Location& where) const {
    std::vector<std::string> files = names("", {.recursive = true}, where);
    std::erase_if(files, [](const std::string& path) { return is_directory_path(path); });
    std::ranges::sort(expected);
    expect_equal(expected, files, "all files in the store", where);
}

WriteOptions Store::attributes() const {
    WriteOptions options;
    if (can().content_type) {
        options.content_type = some_content_type;
    }
    if (can().user_metadata) {
        options.user = some_user_metadata();
    }
    return options;
}

void Store::expect_attributes(std::string_view path, const Location& where) const {
    const Metadata metadata = stat(path, where);
    if (can().content_type) {
        expect_equal(std::string(some_content_type), metadata.content_type,
                     "the content type of " + std::string(path), where);
    }
    if (can().user_metadata) {
        expect(metadata.user == some_user_metadata(),
               "user metadata as written, in order, of " + std::string(path), where);
    }
}

void Store::expect_no_attributes(std::string_view path, const Location& where) const {
    const Metadata metadata = stat(path, where);
    if (can().user_metadata) {
        expect(metadata.user.empty(), "no user metadata of " + std::string(path), where);
    }
    if (can().content_type) {
        expect(metadata.content_type != some_content_type,
               "no content type from before of " + std::string(path), where);
    }
}

Environment::Environment(const Subject& subject, const Options& options)
    : subject_(subject), options_(options), random_(options.seed) {
    RuntimeOptions made;
    made.random = Random::seeded(options.seed);
    made.pool_threads = 2;
    runtime_ = Runtime::create(std::move(made));
    watch_ = std::make_shared<Watch>(runtime_, options.patience);
}

Store& Environment::open(const Subject::Open& open, std::string label) {
    Result<AnyBackend> backend = open(runtime_);
    watch_->trace().add(label + ": open -> " + (backend ? "fine" : backend.error().to_string()));
    if (!backend) {
        throw Failure{"the subject opens a store", "success", backend.error().to_string(), ""};
    }
    Watched watched(*std::move(backend), watch_, std::move(label));
    stores_.push_back(
        std::make_unique<Store>(blob::Store(std::move(watched), runtime_, subject_.name)));
    return *stores_.back();
}

Store& Environment::store() {
    return stores_.empty() ? open(subject_.open_fresh, "store") : *stores_.front();
}

std::string Environment::content(std::size_t bytes) {
    std::string out(bytes, '\0');
    for (char& c : out) {
        c = static_cast<char>(random_());
    }
    return out;
}

}  // namespace turntable::inline v0::blob::conformance
