// config import: the configuration of another program as a turntable.toml.

#include "cli/config_import.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/blob_output.hpp"
#include "turntable/config_import.hpp"
#include "turntable/core/new_file.hpp"
#include "turntable/core/settings_info.hpp"

namespace turntable_cli {

using turntable::Error;
using turntable::ErrorCode;
using turntable::json_quoted;
using turntable::Result;

namespace {

struct ConfigImportArguments {
    std::string from;
    std::string to;
    bool replace = false;
    bool json = false;
};

Result<std::string> text_of_config(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text;
    if (in) {
        // One byte more than may be, so that a longer file is told from one that fits.
        text.resize(turntable::config_bytes_max + 1);
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad() || (!in && !in.eof())) {
        return Error(ErrorCode::not_found, "the file cannot be read").with("file", path);
    }
    return text;
}

void print_names_as_json(const char* member, const std::vector<std::string>& names) {
    std::cout << ",\"" << member << "\":[";
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::cout << (i == 0 ? "" : ",") << json_quoted(names[i]);
    }
    std::cout << ']';
}

Result<void> write_config(const std::string& path, bool replace, const std::string& text) {
    TURNTABLE_TRY(turntable::NewFile file, turntable::NewFile::create(path, replace));
    TURNTABLE_CHECK(file.write(text));
    return file.commit();
}

void import_config(App& app, const ConfigImportArguments& options) {
    const auto text = text_of_config(options.from);
    if (!text) {
        return app.fail(text.error());
    }
    const auto imported = turntable::import_shadowcat_config(*text, options.from);
    if (!imported) {
        return app.fail(imported.error());
    }
    if (!options.to.empty()) {
        if (const auto written = write_config(options.to, options.replace, imported->text);
            !written) {
            return app.fail(written.error());
        }
    }
    if (options.json) {
        std::cout << "{\"config\":" << json_quoted(imported->text);
        print_names_as_json("used", imported->used);
        print_names_as_json("left_out", imported->left_out);
        std::cout << "}\n";
    } else if (options.to.empty()) {
        std::cout << imported->text;
    } else {
        std::cout << "wrote " << shown_name(options.to)
                  << "; without a counterpart: " << imported->left_out.size() << '\n';
    }
}

}  // namespace

void add_config_import(CLI::App& config, App& app) {
    auto* command = config.add_subcommand("import", "Make a turntable.toml of a shadowcat.toml");
    auto options = std::make_shared<ConfigImportArguments>();
    command->add_option("FILE", options->from, "The shadowcat.toml")->required();
    command->add_option("-o,--output", options->to, "Write it to this file instead of printing it");
    command->add_flag("--replace", options->replace, "Also where there is such a file");
    command->add_flag("--json", options->json, "Print a JSON object");
    command->callback([&app, options] { import_config(app, *options); });
}

}  // namespace turntable_cli
