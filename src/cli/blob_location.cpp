#include "cli/blob_location.hpp"

#include <system_error>
#include <utility>

#include "cli/blob_output.hpp"
#include "turntable/blob/memory.hpp"
#include "turntable/blob/path.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
namespace filesystem = std::filesystem;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

bool has_scheme(std::string_view text) {
    const auto url = turntable::Url::parse(text);
    return url && !url->scheme().empty();
}

bool is_store(std::string_view text) { return text.starts_with('@') || has_scheme(text); }

/// Where `::` divides a store from a path: the first outside of the brackets of an address.
std::size_t find_divider(std::string_view text) {
    bool in_address = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        in_address = text[at] == '[' || (in_address && text[at] != ']');
        if (!in_address && text.substr(at).starts_with("::")) {
            return at;
        }
    }
    return std::string_view::npos;
}

bool ends_as_directory(std::string_view path) {
    const std::string_view last = path.substr(path.rfind('/') + 1);
    return last.empty() || last == "." || last == "..";
}

bool is_local_form(std::string_view text) {
    return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
           text == "." || text == "..";
}

std::string fs_url(const filesystem::path& folder) {
    return "fs:" + turntable::percent_encode(folder.string(), "/");
}

Error unusable(std::string_view text, const std::error_code& problem) {
    return Error(ErrorCode::io, "the path cannot be followed: " + problem.message())
        .with("path", std::string(text));
}

/// The whole path without links, but for the last part where that is to stay what it is.
Result<filesystem::path> resolved(std::string_view text, LocalFolder folder) {
    std::error_code problem;
    filesystem::path typed = filesystem::absolute(filesystem::path(text), problem);
    if (problem) {
        return unusable(text, problem);
    }
    const filesystem::path entry = typed.has_filename() ? typed : typed.parent_path();
    const std::string last = entry.filename().string();
    if (folder == LocalFolder::store || last == "." || last == "..") {
        typed = filesystem::weakly_canonical(typed, problem);
    } else {
        const filesystem::path above = filesystem::weakly_canonical(entry.parent_path(), problem);
        typed = above / entry.filename();
    }
    if (problem) {
        return unusable(text, problem);
    }
    return typed.has_filename() ? typed : typed.parent_path();
}

Result<BlobLocation> local_location(std::string_view text, LocalFolder folder) {
    if (text.empty()) {
        return Error(ErrorCode::invalid_argument, "the empty text is no path");
    }
    TURNTABLE_TRY(filesystem::path root, resolved(text, folder));
    BlobLocation out;
    out.is_directory = ends_as_directory(text);
    out.name = root.filename().string();
    std::error_code ignored;  // what cannot be looked at is no folder
    const auto step_up = [&] {
        out.path = root.filename().string() + (out.path.empty() ? "" : "/" + out.path);
        root = root.parent_path();
    };
    if (folder == LocalFolder::entry && root.has_relative_path()) {
        step_up();
    }
    while (root.has_relative_path() && !filesystem::is_directory(root, ignored)) {
        step_up();
    }
    if (out.is_directory && !out.path.empty()) {
        out.path += '/';
    }
    out.url = fs_url(root);
    out.local_root = std::move(root);
    return out;
}

Result<BlobLocation> in_store(std::string_view store, std::string_view path) {
    BlobLocation out;
    if (is_store(store)) {
        out.url = store;
    } else {
        TURNTABLE_TRY(const filesystem::path root, resolved(store, LocalFolder::store));
        out.url = fs_url(root);
    }
    out.path = path;
    out.is_directory = ends_as_directory(path);
    return out;
}

/// The folder that a URL of this machine's files names.
std::optional<filesystem::path> folder_of(const App& app, const std::string& url) {
    const auto backend = app.blobs().backend_for(url);
    const auto config = app.blobs().config_for(url);
    if (!backend || !config || backend->name != "fs") {
        return std::nullopt;
    }
    const auto root = config->settings.find("root");
    std::error_code problem;
    filesystem::path folder = filesystem::weakly_canonical(
        root != config->settings.end() ? root->second : config->url.path(), problem);
    return problem ? std::nullopt : std::optional(std::move(folder));
}

/// Two paths in one space, where there is one that both are in.
std::optional<std::pair<std::string, std::string>> comparable(const App& app,
                                                              const BlobPlace& first,
                                                              const std::string& first_path,
                                                              const BlobPlace& second,
                                                              const std::string& second_path) {
    if (first.location.url == second.location.url) {
        return std::pair(first_path, second_path);
    }
    const auto first_folder = folder_of(app, first.location.url);
    const auto second_folder = folder_of(app, second.location.url);
    if (!first_folder || !second_folder) {
        return std::nullopt;
    }
    return std::pair((*first_folder / "").string() + first_path,
                     (*second_folder / "").string() + second_path);
}

std::optional<BlobPlace> placed(App& app, const Result<BlobLocation>& location, bool only_read,
                                const BlobPlace* other = nullptr) {
    if (!location) {
        app.fail(location.error());
        return std::nullopt;
    }
    std::optional<blob::Store> store = other != nullptr && other->location.url == location->url
                                           ? std::optional(other->store)
                                           : app.open_blobs(location->url, only_read);
    if (!store) {
        return std::nullopt;
    }
    Result<std::string> path = blob::normalize_path(location->path, store->capabilities().limits);
    if (!path) {
        app.fail(path.error());
        return std::nullopt;
    }
    BlobPlace place{*std::move(store), *location, *std::move(path)};
    if (place.location.name.empty()) {
        place.location.name = blob::base_name(place.path);
    }
    return place;
}

}  // namespace

Result<BlobLocation> parse_location(std::string_view text, std::string_view default_store,
                                    LocalFolder folder) {
    const std::size_t divider = find_divider(text);
    if (divider == 0) {
        if (default_store.empty()) {
            return Error(ErrorCode::invalid_argument,
                         "a path that begins with :: is in the store of --store or "
                         "TURNTABLE_BLOB, and neither is given")
                .with("location", std::string(text));
        }
        return in_store(default_store, text.substr(2));
    }
    const bool is_divided = divider != std::string_view::npos;
    const std::string_view front = text.substr(0, divider);
    if (is_store(front)) {
        return in_store(front, is_divided ? text.substr(divider + 2) : std::string_view());
    }
    return default_store.empty() || is_local_form(text) ? local_location(text, folder)
                                                        : in_store(default_store, text);
}

std::optional<BlobPlace> open_source(App& app, const std::string& text, LocalFolder folder) {
    return placed(app, parse_location(text, app.default_blobs(), folder), true);
}

std::optional<BlobPlace> open_target(App& app, const std::string& text, const BlobPlace* source,
                                     bool dry_run) {
    auto place = placed(app, parse_location(text, app.default_blobs()), dry_run, source);
    if (place && dry_run) {
        const auto first =
            place->store.list("", {.limit = 1, .metadata = false}).next(app.stop().get_token());
        if (!first && first.error().code() == ErrorCode::not_found) {
            place->store = blob::Store(blob::MemoryBackend());
        }
    }
    return place;
}

std::optional<BlobPlace> open_local_target(App& app, const std::string& text) {
    return placed(app, local_location(text, LocalFolder::store), false);
}

std::string or_everything(const App& app, const std::string& text) {
    return !text.empty() ? text : app.default_blobs().empty() ? "." : "::";
}

void fail_absent(App& app, const std::string& text) {
    app.fail(ExitCode::not_found, "there is nothing at " + shown_name(text));
}

Result<std::optional<blob::Metadata>> look(const App& app, const BlobPlace& place) {
    if (place.path.empty()) {
        return blob::Metadata{.kind = blob::EntryKind::directory};
    }
    Result<blob::Metadata> found = place.store.stat(place.path, {}, app.stop().get_token());
    if (!found && found.error().code() == ErrorCode::not_found) {
        return std::nullopt;
    }
    if (!found) {
        return std::move(found).error();
    }
    return *std::move(found);
}

bool is_one_file(const App& app, const BlobPlace& first, const std::string& first_path,
                 const BlobPlace& second, const std::string& second_path) {
    const auto both = comparable(app, first, first_path, second, second_path);
    return both && both->first == both->second;
}

bool overlap(const App& app, const BlobPlace& first, const std::string& first_directory,
             const BlobPlace& second, const std::string& second_directory) {
    const auto both = comparable(app, first, first_directory, second, second_directory);
    return both && (both->first.starts_with(both->second) || both->second.starts_with(both->first));
}

}  // namespace turntable_cli
