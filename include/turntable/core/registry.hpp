#pragma once

/// \file
/// From a URL to an opened backend.
/// Purpose: an ordered list of (prefix, factory) that picks the engine at run time.
/// Ownership: a registry is an object that a program holds and passes; nothing is global.
/// Threads: every call is safe from any thread. Errors: unknown_provider, invalid_config.

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0 {

/// What a registry knows of one backend.
///
/// Purpose: the row of `turntable backends`, the page of `turntable help`.
/// Ownership: owns its texts. Threads: a value. Errors: none.
struct BackendInfo {
    /// What its URLs begin with: a scheme, as `sqlite` or `sqlite:`; a scheme and more, as
    /// `https://kv.example/`; the beginning of a string without scheme, as `:memory:`; or nothing
    /// for the fallback, which takes all strings without scheme that no other prefix takes.
    std::string prefix;
    std::string name;  ///< the backend, such as "sqlite"
    std::string summary;  ///< one line
    SettingsInfo settings;
    /// Further facts to print, name and value.
    std::vector<std::pair<std::string, std::string>> facts{};
};

/// Answers what a named store, opened as `@name`, is.
using NamedStores = std::function<Result<ProviderConfig>(std::string_view name)>;

namespace detail {

/// The part of Registry that does not depend on the type of the handle.
class TURNTABLE_EXPORT RegistryCore {
  public:
    /// The factory that serves, and what to give it. The factory stays alive with this.
    struct Match {
        std::shared_ptr<const void> factory;
        BackendInfo backend;
        ProviderConfig config;
        std::string masked_url;
    };

    RegistryCore();
    RegistryCore(RegistryCore&& other) noexcept;
    RegistryCore& operator=(RegistryCore&& other) noexcept;
    ~RegistryCore();

    Result<void> add(BackendInfo info, std::shared_ptr<const void> factory);
    Result<void> remove(std::string_view prefix);
    void note_absent(std::string scheme, std::string how_to_get_it);
    void set_default_url(std::string url, std::string origin);
    void set_named_stores(NamedStores stores);
    std::string default_url() const;
    std::vector<std::string> known_schemes() const;
    std::vector<BackendInfo> describe() const;

    Result<Match> match(std::string_view url) const;
    Result<Match> match(const ProviderConfig& config) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The error of an opening, with what the registry knows of it.
TURNTABLE_EXPORT Error opening_error(Error error, const RegistryCore::Match& match);

}  // namespace detail

/// Opens handles from URLs and configurations.
///
/// Purpose: the first prefix that matches, in the order of adding, serves; the empty prefix comes
/// last and takes only strings without a scheme, so that a mistyped scheme never becomes a file.
/// `Handle` is what a factory makes, `Options` what a caller may pass along beside the URL.
/// Ownership: owns factories and infos; handles live on without the registry.
/// Threads: every call is safe from any thread. A factory never runs under the lock: it may call
/// the registry, and it may be running still when remove() returns.
/// Errors: unknown_provider for a scheme that nothing serves, with the known schemes, the nearest
/// one to a slip, and for a scheme that is not built in, what brings it; invalid_config for what is
/// no URL, for no URL where there is no default, and for wrong settings; what the factory says.
/// Every error of an opening names the URL with secrets masked.
template <class Handle, class Options>
class Registry {
  public:
    using Factory = std::function<Result<Handle>(const ProviderConfig&, const Options&)>;

    /// Adds a backend. A prefix that is taken, or that an earlier one would always hide, is
    /// already_exists; what can be no prefix is invalid_argument.
    Result<void> add(BackendInfo info, Factory factory) {
        if (!factory) {
            return Error(ErrorCode::invalid_argument, "a registry needs a factory to call");
        }
        return core_.add(std::move(info), std::make_shared<const Factory>(std::move(factory)));
    }
    /// Takes a backend out; handles that it opened live on. not_found for an unknown prefix.
    Result<void> remove(std::string_view prefix) { return core_.remove(prefix); }

    /// Says how to get a scheme that could be served but is not built in.
    void note_absent(std::string scheme, std::string how_to_get_it) {
        core_.note_absent(std::move(scheme), std::move(how_to_get_it));
    }
    /// What open("") opens; empty for nothing.
    void set_default_url(std::string url) { core_.set_default_url(std::move(url), {}); }
    /// Takes the default URL from the first of `variables` that is set and not empty, and returns
    /// that variable's name. For the process: lookup_in(process_environment()).
    std::optional<std::string> set_default_from(const EnvironmentLookup& lookup,
                                                std::span<const std::string> variables) {
        for (const std::string& variable : variables) {
            if (auto value = lookup(variable); value && !value->empty()) {
                core_.set_default_url(*std::move(value), variable);
                return variable;
            }
        }
        return std::nullopt;
    }
    std::string default_url() const { return core_.default_url(); }
    /// What `@name` means; without it such a string is an error. The file "@name" is "./@name".
    void set_named_stores(NamedStores stores) { core_.set_named_stores(std::move(stores)); }

    /// Opens a URL, a plain path, `@name`, or with "" the default.
    Result<Handle> open(std::string_view url, const Options& options = Options()) const {
        return run(core_.match(url), options);
    }
    /// Opens what was configured: by its URL, if it has one, else by its provider type.
    Result<Handle> open(const ProviderConfig& config, const Options& options = Options()) const {
        return run(core_.match(config), options);
    }

    /// The backend that would serve `url`, and what its factory would be given.
    Result<BackendInfo> backend_for(std::string_view url) const {
        TURNTABLE_TRY(auto match, core_.match(url));
        return std::move(match.backend);
    }
    Result<BackendInfo> backend_for(const ProviderConfig& config) const {
        TURNTABLE_TRY(auto match, core_.match(config));
        return std::move(match.backend);
    }
    Result<ProviderConfig> config_for(std::string_view url) const {
        TURNTABLE_TRY(auto match, core_.match(url));
        return std::move(match.config);
    }
    Result<ProviderConfig> config_for(const ProviderConfig& config) const {
        TURNTABLE_TRY(auto match, core_.match(config));
        return std::move(match.config);
    }
    /// The schemes served, in the order of adding.
    std::vector<std::string> known_schemes() const { return core_.known_schemes(); }
    /// All backends in the order of adding, the fallback last.
    std::vector<BackendInfo> describe() const { return core_.describe(); }

  private:
    static Result<Handle> run(Result<detail::RegistryCore::Match> match, const Options& options) {
        if (!match) {
            return std::move(match).error();
        }
        const auto& factory = *static_cast<const Factory*>(match->factory.get());
        Result<Handle> opened = called(factory, match->config, options);
        if (!opened) {
            return detail::opening_error(std::move(opened).error(), *match);
        }
        return opened;
    }
    static Result<Handle> called(const Factory& factory, const ProviderConfig& config,
                                 const Options& options) {
        try {
            return factory(config, options);
        } catch (const std::exception& exception) {
            return Error(ErrorCode::backend, std::string("the backend threw: ") + exception.what());
        } catch (...) {
            return Error(ErrorCode::backend, "the backend threw what is no std::exception");
        }
    }

    detail::RegistryCore core_;
};

}  // namespace turntable::inline v0
