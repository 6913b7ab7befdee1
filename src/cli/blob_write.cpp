// blob put, get.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <system_error>
#include <vector>

#include "cli/app.hpp"
#include "cli/blob_location.hpp"
#include "cli/blob_output.hpp"
#include "cli/local_file.hpp"
#include "turntable/blob/path.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

namespace blob = turntable::blob;
using turntable::Error;
using turntable::ErrorCode;
using turntable::Result;

namespace {

/// A file of this machine, or with "-" the standard input, read in pieces.
class InputFile {
  public:
    InputFile() = default;
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile() {
        if (descriptor_ > STDIN_FILENO) {
            ::close(descriptor_);
        }
    }

    Result<void> open(const std::string& path) {
        name_ = path;
        descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        return descriptor_ >= 0 ? Result<void>() : failed("cannot open the file: ");
    }
    /// Nothing at the end. It looks for signals, also while nothing comes.
    Result<std::size_t> read(const BlobRun& run, std::vector<char>& into) const {
        constexpr int wait_ms = 100;
        while (true) {
            TURNTABLE_CHECK(run.go_on());
            pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, wait_ms) == 0) {
                continue;
            }
            const ssize_t got = ::read(descriptor_, into.data(), into.size());
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR && errno != EAGAIN) {
                return failed("cannot read the file: ");
            }
        }
    }

  private:
    Error failed(const std::string& what) const {
        const int number = errno;
        return Error(number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                     what + std::generic_category().message(number))
            .with("file", name_);
    }

    std::string name_;
    int descriptor_ = -1;
};

struct PutArguments {
    std::string file;
    std::string location;
    std::string content_type;
    std::vector<std::string> user;
    std::string if_match;
    bool if_not_exists = false;
    bool append = false;
    bool json = false;
};

Result<blob::UserMetadata> parse_user(const std::vector<std::string>& texts) {
    blob::UserMetadata out;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            return Error(ErrorCode::invalid_argument, "user metadata is NAME=VALUE")
                .with("meta", text);
        }
        out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

/// The path of the file that is made: where the target is a directory, `name` in it.
Result<std::string> file_in(const App& app, const BlobPlace& target, std::string_view name) {
    TURNTABLE_TRY(const std::optional<blob::Metadata> there, look(app, target));
    const bool is_directory = target.location.is_directory || target.path.ends_with('/') ||
                              (there && there->kind == blob::EntryKind::directory);
    if (!is_directory) {
        return target.path;
    }
    if (name.empty() || name == "-") {
        return Error(ErrorCode::invalid_argument,
                     "the target is a directory, and what comes has no name; name a file there")
            .with("path", target.path);
    }
    return target.directory() + std::string(name);
}

Result<blob::Metadata> put(const App& app, BlobRun& run, const BlobPlace& target,
                           const PutArguments& options, std::string& path) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    TURNTABLE_TRY(const blob::UserMetadata user, parse_user(options.user));
    InputFile input;
    TURNTABLE_CHECK(input.open(options.file));
    TURNTABLE_TRY(path, file_in(app, target, blob::base_name(options.file)));
    TURNTABLE_TRY(blob::Writer writer, target.store.writer(path,
                                                           {.if_not_exists = options.if_not_exists,
                                                            .if_match = options.if_match,
                                                            .append = options.append,
                                                            .content_type = options.content_type,
                                                            .user = user},
                                                           run.call()));
    std::vector<char> piece(piece_bytes);
    while (true) {
        const Result<std::size_t> got = input.read(run, piece);
        const Result<void> written =
            !got ? got.error() : writer.write(std::string_view(piece.data(), *got), run.call());
        if (!written) {
            (void)writer.abort();  // the first error says more
            return written.error();
        }
        if (*got == 0) {
            return writer.finish(run.call());
        }
        run.add(*got);
    }
}

void add_put(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("put", "Write a file of this machine into a store");
    auto options = std::make_shared<PutArguments>();
    command->add_option("FILE", options->file, "A file, or - for the standard input")->required();
    command->add_option("LOCATION", options->location, "Such as @media::photos/ or photos/a.jpg")
        ->required();
    command->add_option("--content-type", options->content_type, "Such as text/plain");
    command->add_option("--meta", options->user, "NAME=VALUE, kept with the blob; may be repeated");
    auto* match = command->add_option("--if-match", options->if_match,
                                      "Only over the version with this etag; *: over any");
    auto* fresh =
        command->add_flag("--if-not-exists", options->if_not_exists, "Only if nothing is there");
    auto* append =
        command->add_flag("--append", options->append, "At the end of what is there already");
    fresh->excludes(match)->excludes(append);
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        const auto target = open_target(app, options->location);
        if (!target) {
            return;
        }
        BlobRun run(app, "writing");
        std::string path;
        const auto made = put(app, run, *target, *options, path);
        if (!made) {
            run.fail(made.error());
            if (made.error().code() == ErrorCode::already_exists) {
                app.end_with(ExitCode::check_failed);
            }
            return;
        }
        const std::string took = run.finished();
        if (options->json) {
            std::cout << '{' << json_entry_members(path, *made) << "}\n";
        } else {
            std::cout << "wrote " << shown_name(path) << ", " << print_bytes(made->size_bytes)
                      << ", in " << took << '\n';
        }
    });
}

struct GetArguments {
    std::string location;
    std::string file;
    bool json = false;
};

/// To the standard output.
Result<std::uint64_t> print_blob(const BlobRun& run, const BlobPlace& source) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    TURNTABLE_TRY(blob::Reader reader, source.store.reader(source.path, {}, run.call()));
    while (true) {
        TURNTABLE_CHECK(run.go_on());
        TURNTABLE_TRY(const turntable::Bytes piece, reader.read(piece_bytes, run.call()));
        if (piece.empty()) {
            return reader.position();
        }
        TURNTABLE_CHECK(print_piece(piece.text()));
    }
}

void get(App& app, const GetArguments& options) {
    const auto source = open_source(app, options.location);
    if (!source) {
        return;
    }
    BlobRun run(app, "reading");
    if (options.file == "-") {
        if (const auto printed = print_blob(run, *source); !printed) {
            run.fail(printed.error());
        }
        return;
    }
    const auto target = open_local_target(app, options.file.empty() ? "." : options.file);
    if (!target) {
        return;
    }
    const auto path = file_in(app, *target, source->location.name);
    const auto found = path ? source->store.stat(source->path, {}, run.call()) : path.error();
    if (!found) {
        return run.fail(found.error());
    }
    run.expect(found->size_bytes);
    const auto made =
        write_local_file(run, source->store, source->path, target->location.local_root / *path);
    if (!made) {
        return run.fail(made.error());
    }
    const std::string took = run.finished();
    if (options.json) {
        std::cout << '{' << json_entry_members(source->path, *found) << "}\n";
    } else {
        std::cout << "got " << shown_name(source->path) << ", " << print_bytes(found->size_bytes)
                  << ", in " << took << '\n';
    }
}

void add_get(CLI::App& parent, App& app) {
    auto* command = parent.add_subcommand("get", "Write a blob into a file of this machine");
    auto options = std::make_shared<GetArguments>();
    command->add_option("LOCATION", options->location, "Such as @media::photos/a.jpg")->required();
    command->add_option("FILE", options->file,
                        "A file or folder, or - for the standard output; none: its own name here");
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] {
        if (options->json && options->file == "-") {
            return app.fail(ExitCode::usage,
                            "the standard output takes the blob or JSON, not both");
        }
        get(app, *options);
    });
}

}  // namespace

void add_blob_write(CLI::App& blob, App& app) {
    add_put(blob, app);
    add_get(blob, app);
}

}  // namespace turntable_cli
