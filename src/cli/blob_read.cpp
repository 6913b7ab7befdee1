// blob ls, cat, stat.

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/app.hpp"
#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "cli/text.hpp"
#include "turntable/blob/path.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

struct ListArguments {
    std::string location;
    bool recursive = false;
    bool details = false;
    bool json = false;
    std::string start_after;
    std::optional<std::uint64_t> limit;
};

/// `name`: what people are shown of the path.
void print_entry(const blob::Entry& entry, std::string_view name, const ListArguments& options) {
    if (options.json) {
        std::cout << '{' << json_entry_members(entry.path, entry.metadata) << "}\n";
        return;
    }
    if (options.details) {
        const bool is_file = entry.metadata.kind == blob::EntryKind::file;
        std::cout << std::setw(14) << (is_file ? std::to_string(entry.metadata.size_bytes) : "-")
                  << "  " << std::left << std::setw(20) << print_moment(entry.metadata.modified_ms)
                  << std::right << "  ";
    }
    std::cout << shown_name(name) << '\n';
}

void list(App& app, const ListArguments& options) {
    const auto place = open_source(app, or_everything(app, options.location));
    if (!place) {
        return;
    }
    BlobRun run(app, "listing");
    const auto found = look(app, *place);
    if (!found) {
        return run.fail(found.error());
    }
    if (!found->has_value()) {
        return fail_absent(app, options.location);
    }
    if ((*found)->kind == blob::EntryKind::file) {
        return print_entry({place->path, **found}, blob::base_name(place->path), options);
    }
    const std::string directory = place->directory();
    const std::string start_after =
        options.start_after.empty() ? "" : directory + options.start_after;
    auto entries = place->store.list(directory,
                                     {.recursive = options.recursive,
                                      .start_after = start_after,
                                      .limit = options.limit,
                                      .metadata = options.details || options.json},
                                     run.call());
    while (true) {
        const auto stopped = run.go_on();
        const auto entry = stopped ? entries.next(run.call()) : stopped.error();
        if (!entry) {
            return run.fail(entry.error());
        }
        if (!entry->has_value()) {
            return;
        }
        print_entry(**entry, std::string_view((*entry)->path).substr(directory.size()), options);
    }
}

void add_list(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("ls", "List what lies in a directory");
    auto options = std::make_shared<ListArguments>();
    command->add_option("LOCATION", options->location,
                        "None: the store, or the folder that you are in");
    command->add_flag("-r,--recursive", options->recursive, "Also what lies in the directories");
    command->add_flag("-l,--long", options->details, "Also size and time of the last change");
    command->add_option("--start-after", options->start_after,
                        "Only what comes after this name in byte order");
    command->add_option("--limit", options->limit, "At most this many");
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([&app, options] { list(app, *options); });
}

/// `10-20`, both included, `10-` or `-20`, the last bytes: as in HTTP.
Result<blob::ByteRange> parse_range(std::string_view text) {
    const auto wrong = [&] {
        return Error(ErrorCode::invalid_argument,
                     "a range is FIRST-LAST, both counted from 0 and included, FIRST- or -COUNT")
            .with("range", std::string(text));
    };
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || text.size() == 1) {
        return wrong();
    }
    const auto first = parse_whole(text.substr(0, dash));
    const auto last = parse_whole(text.substr(dash + 1));
    if (dash == 0) {
        return last ? Result<blob::ByteRange>(blob::ByteRange::suffix(*last)) : wrong();
    }
    if (!first || (dash + 1 == text.size() ? false : !last || *last < *first)) {
        return wrong();
    }
    blob::ByteRange range{.offset = *first};
    if (last && *last - *first != UINT64_MAX) {
        range.length = *last - *first + 1;
    }
    return range;
}

struct CatArguments {
    std::vector<std::string> locations;
    std::string range;
    std::optional<std::uint64_t> offset;
    std::optional<std::uint64_t> length;
    std::optional<std::uint64_t> last;

    Result<blob::ByteRange> bytes() const {
        if (!range.empty()) {
            return parse_range(range);
        }
        return last ? blob::ByteRange::suffix(*last)
                    : blob::ByteRange{.offset = offset.value_or(0), .length = length};
    }
};

Result<void> print_content(const BlobRun& run, const BlobPlace& place,
                           const blob::ByteRange& range) {
    constexpr std::uint64_t piece_bytes = std::uint64_t{1} << 20;
    TURNTABLE_TRY(blob::Reader reader, place.store.reader(place.path, {}, run.call()));
    TURNTABLE_TRY(const blob::ByteSpan span, blob::resolve(range, reader.size_bytes()));
    reader.seek(span.offset);
    for (std::uint64_t left = span.length; left != 0;) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(
            const turntable::Bytes piece,
            reader.read(static_cast<std::size_t>(std::min(left, piece_bytes)), run.call()));
        if (piece.empty()) {
            return Error(ErrorCode::io, "the blob became shorter while it was read")
                .with("path", place.path);
        }
        TURNTABLE_CHECK(print_piece(piece.text()));
        left -= piece.size();
    }
    return {};
}

void add_cat(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("cat", "Print the content of blobs, or a range of it");
    auto options = std::make_shared<CatArguments>();
    command->add_option("LOCATION", options->locations, "Such as @media::notes.txt")->required();
    auto* range = command->add_option("--range", options->range,
                                      "10-20: both and what lies between; 10-: from there on; "
                                      "-20: the last 20 bytes");
    auto* last = command->add_option("--last", options->last, "So many bytes at the end");
    auto* offset = command->add_option("--offset", options->offset, "Bytes to leave out");
    auto* length = command->add_option("--length", options->length, "Bytes to print at most");
    range->excludes(last)->excludes(offset)->excludes(length);
    last->excludes(offset)->excludes(length);
    command->callback([&app, options] {
        const auto range_wanted = options->bytes();
        if (!range_wanted) {
            return app.fail(range_wanted.error());
        }
        BlobRun run(app, "reading");
        for (const std::string& location : options->locations) {
            const auto place = open_source(app, location);
            if (!place) {
                return;
            }
            if (const auto printed = print_content(run, *place, *range_wanted); !printed) {
                return run.fail(printed.error());
            }
        }
    });
}

void print_metadata(std::string_view path, const blob::Metadata& metadata) {
    const bool is_file = metadata.kind == blob::EntryKind::file;
    std::cout << "path          " << (path.empty() ? "(the root)" : shown_name(path)) << '\n'
              << "kind          " << (is_file ? "file" : "directory") << '\n';
    if (is_file) {
        std::cout << "size          " << metadata.size_bytes << '\n';
    }
    std::cout << "modified      " << print_moment(metadata.modified_ms) << '\n';
    if (!metadata.etag.empty()) {
        std::cout << "etag          " << shown_name(metadata.etag) << '\n';
    }
    if (!metadata.content_type.empty()) {
        std::cout << "content type  " << shown_name(metadata.content_type) << '\n';
    }
    for (const auto& [name, value] : metadata.user) {
        std::cout << "user          " << shown_name(name) << " = " << shown_name(value) << '\n';
    }
}

void add_stat(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("stat", "Tell what is known of a blob or directory");
    auto location = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("LOCATION", *location, "Such as @media::notes.txt")->required();
    command->add_flag("--json", *json, "Print a JSON object");
    command->callback([&app, location, json] {
        const auto place = open_source(app, *location);
        if (!place) {
            return;
        }
        const auto found = place->store.stat(place->path, {}, app.stop().get_token());
        if (!found && found.error().code() == ErrorCode::not_found) {
            return fail_absent(app, *location);
        }
        if (!found) {
            return BlobRun(app, "").fail(found.error());
        }
        if (*json) {
            std::cout << '{' << json_entry_members(place->path, *found) << ','
                      << json_attribute_members(*found) << "}\n";
        } else {
            print_metadata(place->path, *found);
        }
    });
}

}  // namespace

void add_blob_read(CLI::App& blob, App& app) {
    add_list(blob, app);
    add_cat(blob, app);
    add_stat(blob, app);
}

}  // namespace turntable_cli
