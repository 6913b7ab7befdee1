#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/app.hpp"
#include "turntable/blob/store.hpp"

namespace turntable_cli {

/// What an argument of the blob verbs means: a store, and a path in it.
///
/// Purpose: `STORE::PATH` names both; a URL or `@NAME` alone is all of that store. What begins with
/// `/`, `./` or `../`, and `.` and `..`, is a path of this machine. Any other text is a path in the
/// default store, if there is one, and else of this machine too. `::PATH` is always in the default
/// store. Ownership: owns its texts. Threads: a value. Errors: invalid_argument.
struct BlobLocation {
    std::string url;
    std::string path;
    /// It says itself that it is a directory: it ends with a slash, or is a whole store, or `.`. As
    /// a source that means what lies in it, as a target that things go into it.
    bool is_directory = false;
    /// What a copy of it is called in another directory; empty for a whole store.
    std::string name = {};
    /// Of a path of this machine: the folder that `path` goes on from.
    std::filesystem::path local_root = {};
};

/// How a folder of this machine becomes a location.
enum class LocalFolder {
    store,  ///< a store of its own, so that its own disk holds what is being written
    entry,  ///< an entry of the folder above it, so that it can be removed itself; links stay links
};

/// `default_store` is a URL, `@NAME` or path of this machine; empty: there is none.
turntable::Result<BlobLocation> parse_location(std::string_view text,
                                               std::string_view default_store,
                                               LocalFolder folder = LocalFolder::store);

/// A location whose store is open.
struct BlobPlace {
    turntable::blob::Store store;
    BlobLocation location;
    /// Normalised; ends with a slash exactly if location.path does.
    std::string path;

    /// The path as that of a directory: empty, or with a slash at its end.
    std::string directory() const {
        return path.empty() || path.ends_with('/') ? path : path + "/";
    }
};

/// Opens what an argument means, which is read or removed. Prints why not.
std::optional<BlobPlace> open_source(App& app, const std::string& text,
                                     LocalFolder folder = LocalFolder::store);
/// The same for what is written, or with `dry_run` would be: then nothing is made, and a store that
/// is not there is an empty one. Shares the store with a source, if it is the same one.
std::optional<BlobPlace> open_target(App& app, const std::string& text,
                                     const BlobPlace* source = nullptr, bool dry_run = false);
/// The same for what is always a path of this machine.
std::optional<BlobPlace> open_local_target(App& app, const std::string& text);

/// An argument that may be left out: then the default store, or the folder that we are in.
std::string or_everything(const App& app, const std::string& text);
/// Tells that nothing is there.
void fail_absent(App& app, const std::string& text);

/// What lies at a place; none if nothing does. The root of a store is always there.
turntable::Result<std::optional<turntable::blob::Metadata>> look(const App& app,
                                                                 const BlobPlace& place);

/// Whether two paths name one file. It finds out for one store, and for files of this machine under
/// whatever name.
bool is_one_file(const App& app, const BlobPlace& first, const std::string& first_path,
                 const BlobPlace& second, const std::string& second_path);

/// Whether one of two directories, ending with a slash or the root, lies in the other. It finds out
/// for the same ones.
bool overlap(const App& app, const BlobPlace& first, const std::string& first_directory,
             const BlobPlace& second, const std::string& second_directory);

}  // namespace turntable_cli
