#include "turntable/config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "config/section_reader.hpp"
#include "config/store_reader.hpp"
#include "config/tree.hpp"
#include "turntable/core/nearest_name.hpp"

namespace turntable::inline v0 {
namespace {

const std::vector<std::string>& surfaces() {
    static const std::vector<std::string> names{"kv", "blob", "tape"};
    return names;
}

/// The tables that programs of the library have, also where nobody says how they are checked.
bool is_section(const std::string& name, const ConfigOptions& options) {
    return name == "serve" || options.sections.contains(name);
}

std::vector<std::string> known_tables(const ConfigOptions& options) {
    std::vector<std::string> names = surfaces();
    names.emplace_back("serve");
    for (const auto& [name, section] : options.sections) {
        if (name != "serve") {
            names.push_back(name);
        }
    }
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

Result<void> refuse_long_text(std::size_t size, const std::string& origin) {
    if (size > config_bytes_max) {
        return Error(ErrorCode::limit_exceeded,
                     origin + " is longer than " + std::to_string(config_bytes_max) + " bytes");
    }
    return {};
}

Error unreadable(const std::string& path, int number) {
    const ErrorCode code = number == ENOENT   ? ErrorCode::not_found
                           : number == EACCES ? ErrorCode::permission_denied
                                              : ErrorCode::io;
    return Error(code, "cannot read the configuration file " + path).with_backend_code(number);
}

/// There is at least one.
Error first_of(const detail::Problems& problems) {
    Error first = problems.begin()->second;
    if (problems.size() > 1) {
        first.with("more_problems", std::to_string(problems.size() - 1));
    }
    return first;
}

}  // namespace

struct Config::Content {
    std::string origin;
    std::vector<detail::Store> stores;
    std::vector<detail::Section> sections;
    std::vector<Error> outside;  // what is wrong outside of all stores
    std::vector<Error> problems;  // everything that is wrong

    const detail::Store* find(std::string_view surface, std::string_view name) const {
        const auto found = std::ranges::find_if(stores, [&](const detail::Store& store) {
            return store.surface == surface && store.name == name;
        });
        return found == stores.end() ? nullptr : &*found;
    }

    void read(const detail::Node& document, const ConfigOptions& options) {
        for (const detail::Member& member : document.members) {
            const bool is_surface =
                std::find(surfaces().begin(), surfaces().end(), member.key) != surfaces().end();
            if (!is_surface && !is_section(member.key, options)) {
                const std::vector<std::string> known = known_tables(options);
                wrong(member.at, "unknown table " + json_quoted(member.key) +
                                     did_you_mean(member.key, known) + " (known: " + listed(known) +
                                     ")");
            } else if (member.value.kind != detail::Node::Kind::table) {
                wrong(member.at,
                      "\"" + member.key + "\" must be a table" + (is_surface ? " of stores" : ""));
            } else if (is_surface) {
                read_surface(member, options);
            } else {
                sections.push_back(detail::read_section(member, origin, options));
                found_.insert(sections.back().problems.begin(), sections.back().problems.end());
            }
        }
        for (const auto& [at, error] : found_) {
            problems.push_back(error);
        }
    }

  private:
    void read_surface(const detail::Member& surface, const ConfigOptions& options) {
        for (const detail::Member& member : surface.value.members) {
            detail::Store store = detail::read_store(surface.key, member, origin, options);
            found_.insert(store.problems.begin(), store.problems.end());
            stores.push_back(std::move(store));
        }
    }

    void wrong(detail::Position at, const std::string& message) {
        outside.emplace_back(ErrorCode::invalid_config, detail::place(origin, at) + message);
        found_.emplace(at, outside.back());
    }

    detail::Problems found_;
};

Config::Config(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

Result<Config> Config::load(const std::string& path, const ConfigOptions& options) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return unreadable(path, errno);
    }
    std::string text;
    std::array<char, 4096> buffer{};
    while (file && text.size() <= config_bytes_max) {
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad() || (file.fail() && !file.eof())) {
        return unreadable(path, errno != 0 ? errno : EIO);
    }
    return parse(text, path, options);
}

Result<Config> Config::parse(std::string_view text, std::string origin,
                             const ConfigOptions& options) {
    TURNTABLE_CHECK(refuse_long_text(text.size(), origin));
    TURNTABLE_TRY(const detail::Node document, detail::parse_toml(text, origin));
    auto content = std::make_shared<Content>();
    content->origin = std::move(origin);
    content->read(document, options);
    return Config(std::move(content));
}

Result<ProviderConfig> Config::find(const Content& content, std::string_view surface,
                                    std::string_view name) {
    if (!content.outside.empty()) {
        return content.outside.front();
    }
    std::vector<std::string> names;
    for (const detail::Store& store : content.stores) {
        if (store.surface != surface) {
            continue;
        }
        if (store.name == name) {
            if (store.problems.empty()) {
                return store.config;
            }
            return first_of(store.problems);
        }
        names.push_back(store.name);
    }
    const std::string known = listed(names);
    return Error(ErrorCode::not_found, content.origin + " has no store [" + std::string(surface) +
                                           "." + std::string(name) + "]" +
                                           did_you_mean(name, names) +
                                           " (there is: " + (known.empty() ? "none" : known) + ")");
}

Result<ProviderConfig> Config::store(std::string_view surface, std::string_view name) const {
    return find(*content_, surface, name);
}

Result<std::string> Config::saved_search(std::string_view library, std::string_view name) const {
    // What is wrong with the library, or that there is none, is said by this.
    TURNTABLE_CHECK(store("tape", library));
    const SettingMap& searches = content_->find("tape", library)->searches;
    const auto found = searches.find(std::string(name));
    if (found != searches.end()) {
        return found->second;
    }
    std::vector<std::string> names;
    for (const auto& [known, text] : searches) {
        names.push_back(known);
    }
    return Error(ErrorCode::not_found, content_->origin + " has no search \"" + std::string(name) +
                                           "\" in [tape." + std::string(library) + ".searches]" +
                                           did_you_mean(name, names));
}

std::vector<std::string> Config::names(std::string_view surface) const {
    std::vector<std::string> found;
    for (const detail::Store& store : content_->stores) {
        if (store.surface == surface) {
            found.push_back(store.name);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<std::optional<SectionContent>> Config::section(std::string_view name) const {
    if (!content_->outside.empty()) {
        return content_->outside.front();
    }
    const auto found = std::ranges::find(content_->sections, name, &detail::Section::name);
    if (found == content_->sections.end()) {
        return std::optional<SectionContent>();
    }
    if (!found->problems.empty()) {
        return first_of(found->problems);
    }
    return std::optional(found->content);
}

const std::vector<Error>& Config::problems() const noexcept { return content_->problems; }

std::vector<std::string> Config::hidden_settings(std::string_view surface,
                                                 std::string_view name) const {
    const detail::Store* found = content_->find(surface, name);
    return found == nullptr ? std::vector<std::string>() : found->tainted;
}

NamedStores Config::named_stores(std::string surface) const {
    return [content = content_, surface = std::move(surface)](std::string_view name) {
        return find(*content, surface, name);
    };
}

std::string Config::show() const {
    std::string text;
    for (const detail::Store& store : content_->stores) {
        text += (text.empty() ? "" : "\n") + detail::show_store(store);
    }
    for (const detail::Section& section : content_->sections) {
        text += (text.empty() ? "" : "\n") + detail::show_section(section);
    }
    return text;
}

std::string Config::show_json() const {
    std::string text;
    for (const detail::Store& store : content_->stores) {
        text += (text.empty() ? "" : ",") + detail::show_store_json(store);
    }
    std::string sections;
    for (const detail::Section& section : content_->sections) {
        sections += (sections.empty() ? "" : ",") + detail::show_section_json(section);
    }
    return "{\"stores\":[" + text + "],\"sections\":[" + sections + "]}";
}

}  // namespace turntable::inline v0
