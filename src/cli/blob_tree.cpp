// blob du, tree.

#include <iomanip>
#include <iostream>
#include <map>
#include <utility>

#include "cli/app.hpp"
#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "cli/text.hpp"
#include "turntable/blob/path.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Result;

namespace {

/// Calls `use` with each thing below a place and its path from there; with a file itself, if that
/// is what the place is.
template <class Use>
Result<bool> each_below(App& app, const BlobRun& run, const BlobPlace& place, const Use& use) {
    TURNTABLE_TRY(const std::optional<blob::Metadata> found, look(app, place));
    if (!found) {
        return false;
    }
    if (found->kind == blob::EntryKind::file) {
        use(blob::base_name(place.path), *found);
        return true;
    }
    const std::string directory = place.directory();
    auto entries = place.store.list(directory, {.recursive = true}, run.call());
    while (true) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(const std::optional<blob::Entry> entry, entries.next(run.call()));
        if (!entry) {
            return true;
        }
        use(std::string_view(entry->path).substr(directory.size()), entry->metadata);
    }
}

struct Usage {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

/// The directories above `path` down to a depth, the outermost, which has no name, first.
std::vector<std::string_view> directories_above(std::string_view path, std::uint32_t depth) {
    std::vector<std::string_view> out = {""};
    for (std::size_t at = path.find('/'); at != std::string_view::npos && out.size() <= depth;
         at = path.find('/', at + 1)) {
        out.push_back(path.substr(0, at + 1));
    }
    return out;
}

struct UsageArguments {
    std::string location;
    std::uint32_t depth = 0;
    bool json = false;
};

void print_usage(const std::string& base, std::string_view path, const Usage& usage, bool json) {
    if (json) {
        std::cout << '{' << json_path_member("path", base + std::string(path))
                  << ",\"files\":" << usage.files << ",\"size_bytes\":" << usage.bytes << "}\n";
    } else {
        std::cout << std::setw(16) << print_count(usage.bytes) << "  " << std::setw(10)
                  << print_count(usage.files) << (usage.files == 1 ? " file   " : " files  ")
                  << (path.empty() ? "." : shown_name(path)) << '\n';
    }
}

void add_usage(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("du", "Tell how many files and bytes lie in a directory");
    auto options = std::make_shared<UsageArguments>();
    command->add_option("LOCATION", options->location,
                        "None: the store, or the folder that you are in");
    command->add_option("--depth", options->depth, "Also for the directories so far below")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([&app, options] {
        const std::string location = or_everything(app, options->location);
        const auto place = open_source(app, location);
        if (!place) {
            return;
        }
        BlobRun run(app, "counting");
        std::map<std::string, Usage, std::less<>> usages = {{"", {}}};
        const auto counted = each_below(
            app, run, *place, [&](std::string_view path, const blob::Metadata& metadata) {
                const bool is_file = metadata.kind == blob::EntryKind::file;
                for (const std::string_view directory : directories_above(path, options->depth)) {
                    Usage& usage = usages[std::string(directory)];
                    usage.files += is_file ? 1 : 0;
                    usage.bytes += metadata.size_bytes;
                }
            });
        if (!counted) {
            return run.fail(counted.error());
        }
        if (!*counted) {
            return fail_absent(app, location);
        }
        const std::string base = usages.size() == 1 ? place->path : place->directory();
        for (const auto& [path, usage] : usages) {
            print_usage(path.empty() ? place->path : base, path, usage, options->json);
        }
    });
}

/// A directory, or a file, which has no children.
struct Node {
    bool is_file = false;
    std::uint64_t bytes = 0;
    std::map<std::string, Node, std::less<>> children = {};
};

void plant(Node& root, std::string_view path, const blob::Metadata& metadata) {
    Node* node = &root;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        node = &node->children[std::string(path.substr(0, slash))];
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    node->is_file = metadata.kind == blob::EntryKind::file;
    node->bytes = metadata.size_bytes;
}

void print_branches(const Node& node, const std::string& indent, std::uint32_t depth) {
    if (depth == 0) {
        return;
    }
    std::size_t left = node.children.size();
    for (const auto& [name, child] : node.children) {
        const bool is_last = --left == 0;
        std::cout << indent << (is_last ? "└── " : "├── ") << shown_name(name)
                  << (child.is_file ? "" : "/") << '\n';
        print_branches(child, indent + (is_last ? "    " : "│   "), depth - 1);
    }
}

void print_children(const Node& node, std::uint32_t depth) {
    std::cout << "\"children\":[";
    const char* separator = "";
    for (const auto& [name, child] : node.children) {
        std::cout << std::exchange(separator, ",") << '{' << json_path_member("name", name)
                  << ",\"kind\":\"" << (child.is_file ? "file" : "directory")
                  << "\",\"size_bytes\":" << child.bytes;
        if (!child.is_file && depth > 1) {
            std::cout << ',';
            print_children(child, depth - 1);
        }
        std::cout << '}';
    }
    std::cout << ']';
}

void add_tree(CLI::App& parent, App& app) {
    struct Arguments {
        std::string location;
        std::uint32_t depth = UINT32_MAX;
        bool json = false;
    };
    auto* command = parent.add_subcommand("tree", "Draw what lies in a directory");
    auto options = std::make_shared<Arguments>();
    command->add_option("LOCATION", options->location,
                        "None: the store, or the folder that you are in");
    command->add_option("--depth", options->depth, "Only so many directories deep")
        ->check(CLI::PositiveNumber);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        const std::string location = or_everything(app, options->location);
        const auto place = open_source(app, location);
        if (!place) {
            return;
        }
        BlobRun run(app, "listing");
        Node root;
        Usage usage;
        std::uint64_t directories = 0;
        const auto drawn = each_below(
            app, run, *place, [&](std::string_view path, const blob::Metadata& metadata) {
                plant(root, path, metadata);
                const bool is_file = metadata.kind == blob::EntryKind::file;
                usage.files += is_file ? 1 : 0;
                usage.bytes += metadata.size_bytes;
                directories += is_file ? 0 : 1;
            });
        if (!drawn) {
            return run.fail(drawn.error());
        }
        if (!*drawn) {
            return fail_absent(app, location);
        }
        if (options->json) {
            std::cout << '{' << json_path_member("path", place->path)
                      << ",\"directories\":" << directories << ",\"files\":" << usage.files
                      << ",\"size_bytes\":" << usage.bytes << ',';
            print_children(root, options->depth);
            std::cout << "}\n";
        } else {
            std::cout << (place->path.empty() ? "." : shown_name(place->path)) << '\n';
            print_branches(root, "", options->depth);
            std::cout << print_count(directories)
                      << (directories == 1 ? " directory, " : " directories, ")
                      << print_amount(usage.files, usage.bytes) << '\n';
        }
    });
}

}  // namespace

void add_blob_tree(CLI::App& blob, App& app) {
    add_usage(blob, app);
    add_tree(blob, app);
}

}  // namespace turntable_cli
