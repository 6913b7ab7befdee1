#include "tape/capture/files.hpp"

#include <algorithm>
#include <filesystem>

#include "tape/capture/members.hpp"
#include "tape/json_scan.hpp"
#include "turntable/tape/storage.hpp"

namespace turntable::inline v0::tape {

namespace capture {

namespace {

/// The first bytes of a file: enough to see a tape in them, or a line of a capture.
constexpr std::uint64_t first_look_bytes = std::uint64_t{64} << 10U;
/// A catalog is a few hundred bytes a tape.
constexpr std::uint64_t catalog_bytes_max = std::uint64_t{256} << 20U;

/// The first `most` bytes of a file.
Result<std::string> read_file(const std::string& path, std::uint64_t most) {
    TURNTABLE_TRY(const auto source, FileSource::open(path));
    TURNTABLE_TRY(const std::uint64_t size, source->size());
    std::string text(std::min(size, most), '\0');
    TURNTABLE_TRY(const std::size_t got, source->read(0, text.data(), text.size()));
    text.resize(got);
    return text;
}

std::string file_name(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    return is_utf8(name) ? name : std::string();
}

std::string folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

bool may_be_capture(const std::string& name) {
    return (name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".ndjson") ||
            name.ends_with(".log")) &&
           name != "index.json" && !name.ends_with(".meta.json");
}

}  // namespace

std::int64_t stamp_of(const std::string& path) {
    std::error_code absent;
    const auto changed = std::filesystem::last_write_time(path, absent);
    return absent ? 0 : changed.time_since_epoch().count();
}

Result<std::vector<Candidate>> candidates(const std::string& folder) {
    std::vector<Candidate> files;
    std::error_code problem;
    std::filesystem::directory_iterator at(folder, problem);
    for (; !problem && at != std::filesystem::directory_iterator(); at.increment(problem)) {
        const std::string name = at->path().filename().string();
        std::error_code gone;
        if (!may_be_capture(name) || at->is_symlink(gone) || !at->is_regular_file(gone)) {
            continue;
        }
        const auto size = at->file_size(gone);
        const auto changed = at->last_write_time(gone).time_since_epoch().count();
        if (!gone) {
            const std::int64_t beside = stamp_of(folder + "/" + stem_of(name) + ".meta.json");
            files.push_back({name, size, changed ^ beside});
        }
    }
    if (problem) {
        const bool absent = problem == std::errc::no_such_file_or_directory ||
                            problem == std::errc::not_a_directory;
        return Error(absent ? ErrorCode::not_found : ErrorCode::io,
                     "the folder of captures cannot be read: " + problem.message())
            .with("folder", folder);
    }
    std::ranges::sort(files, {}, &Candidate::name);
    return files;
}

std::string stem_of(std::string_view file) { return std::filesystem::path(file).stem().string(); }

Beside::Beside(const std::string& folder) : folder_(folder) {
    const auto text = read_file(folder + "/index.json", catalog_bytes_max);
    if (!text) {
        return;
    }
    // A list of tapes, or an object of them by their ids; alone or as the member `tapes`.
    const Members catalog(*text);
    std::string_view tapes = catalog.find({"tapes", "entries"});
    tapes = tapes.empty() ? std::string_view(*text) : tapes;
    for (const std::string_view entry : elements(tapes)) {
        const std::string id = Members(entry).text({"id", "tape_id"});
        entries_.emplace(id, entry);
    }
    for (const auto& [name, entry] : Members(tapes).all()) {
        if (entry.starts_with('{')) {
            entries_.emplace(name, entry);
        }
    }
}

std::vector<std::string> Beside::of(const std::string& name, const std::string& id) const {
    std::vector<std::string> out;
    const auto meta = read_file(folder_ + "/" + stem_of(name) + ".meta.json", catalog_bytes_max);
    if (meta) {
        out.push_back(*meta);
    }
    if (const auto entry = entries_.find(id); entry != entries_.end()) {
        out.push_back(entry->second);
    }
    return out;
}

Result<Capture> read_beside(const std::string& path, const Beside& beside,
                            const CaptureOptions& options) {
    const auto named = [&path](Result<Capture> result) -> Result<Capture> {
        return result ? std::move(result) : std::move(result).error().with("file", path);
    };
    std::error_code problem;
    if (std::filesystem::file_size(path, problem) > capture_bytes_max && !problem) {
        return named(Error(ErrorCode::limit_exceeded, "a capture has at most 1 GiB"));
    }
    TURNTABLE_TRY(const std::string text, read_file(path, capture_bytes_max));
    CaptureOptions all = options;
    all.file = file_name(path);
    const auto format = options.format ? options.format : recognise_capture(text);
    const bool has_beside =
        format == CaptureFormat::shadowcat || format == CaptureFormat::shadowcat_lines;
    // What lies beside is found by the name of the file, which is the id of the tape.
    all.beside = has_beside ? beside.of(all.file, stem_of(all.file)) : std::vector<std::string>();
    all.format = format;
    return named(read_capture(text, all));
}

}  // namespace capture

Result<Capture> read_capture_file(const std::string& path, const CaptureOptions& options) {
    return capture::read_beside(path, capture::Beside(capture::folder_of(path)), options);
}

Result<std::optional<CaptureFormat>> recognise_capture_file(const std::string& path) {
    TURNTABLE_TRY(std::string text, capture::read_file(path, capture::first_look_bytes));
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos || text[begin] != '{' ||
        text.compare(begin, 15, R"({"kind":"head",)") == 0) {
        return std::optional<CaptureFormat>();
    }
    if (const auto format = recognise_capture(text)) {
        return format;
    }
    if (text.size() < capture::first_look_bytes) {
        return std::optional<CaptureFormat>();
    }
    TURNTABLE_TRY(text, capture::read_file(path, capture_bytes_max));
    return recognise_capture(text);
}

Result<std::vector<std::string>> list_captures(const std::string& folder) {
    TURNTABLE_TRY(const auto files, capture::candidates(folder));
    std::vector<std::string> names;
    for (const capture::Candidate& file : files) {
        const auto format = recognise_capture_file(folder + "/" + file.name);
        if (format && *format) {
            names.push_back(file.name);
        }
    }
    return names;
}

Result<void> read_captures(
    const std::string& folder, const CaptureOptions& options,
    const std::function<void(const std::string& name, const Result<Capture>& capture)>& visit) {
    TURNTABLE_TRY(const auto names, list_captures(folder));
    const capture::Beside beside(folder);
    const std::filesystem::path within(folder);
    for (const std::string& name : names) {
        visit(name, capture::read_beside((within / name).string(), beside, options));
    }
    return {};
}

}  // namespace turntable::inline v0::tape
