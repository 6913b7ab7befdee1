#pragma once

/// \file
/// Settings declared once: a plain struct and one description of its fields.
///
/// Purpose: from the description come the typed builder, the reading of URLs, maps, JSON, the
/// environment and files, the checks, the help, the JSON Schema and the documentation. The default
/// of a setting is the initializer of its field, and stands nowhere else. A backend writes:
///
///     enum class Durability : std::uint8_t { full, normal };
///     struct DemoSettings {
///         std::string path{};  // an initializer for each: designated use then warns of none
///         Durability durability = Durability::full;
///         std::chrono::milliseconds busy_timeout{5000};
///         ByteSize cache{64 << 20};
///     };
///     const SettingsDescription<DemoSettings>& demo_settings() {
///         static const SettingsDescription<DemoSettings> description =
///             SettingsDescription<DemoSettings>("demo", "A store in one file.")
///                 .field("path", &DemoSettings::path, "The file.").from_path().required()
///                 .field("durability", &DemoSettings::durability, "When a commit is on disk.")
///                     .choices({{"full", Durability::full}, {"normal", Durability::normal}})
///                 .field("busy_timeout", &DemoSettings::busy_timeout, "How long to wait.")
///                     .range(std::chrono::milliseconds(0), std::chrono::hours(1))
///                 .field("cache", &DemoSettings::cache, "Page cache.");
///         return description;
///     }
///
/// and then `demo_settings().from_url("demo:app.db?busy_timeout=2s")`, or, typed,
/// `demo_settings().validate({.path = "app.db", .cache = {1 << 20}})`.
/// Ownership: values. Threads: const use is safe from any thread. Errors: invalid_config.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/export.hpp"
#include "turntable/core/provider_config.hpp"
#include "turntable/core/result.hpp"
#include "turntable/core/settings_info.hpp"
#include "turntable/core/url.hpp"

namespace turntable::inline v0 {

namespace detail {

/// The type of a setting's value, which an optional field may lack.
template <class T>
struct ScalarOf {
    using type = T;
    static constexpr bool may_be_unset = false;
};
template <class T>
struct ScalarOf<std::optional<T>> {
    using type = T;
    static constexpr bool may_be_unset = true;
};

template <class T>
concept SettingScalar = std::same_as<T, bool> || std::integral<T> || std::same_as<T, double> ||
                        std::is_enum_v<T> || std::same_as<T, std::string> ||
                        std::same_as<T, std::chrono::milliseconds> || std::same_as<T, ByteSize>;

template <SettingScalar T>
constexpr SettingType setting_type() noexcept {
    if constexpr (std::same_as<T, bool>) {
        return SettingType::boolean;
    } else if constexpr (std::is_enum_v<T>) {
        return SettingType::choice;
    } else if constexpr (std::signed_integral<T>) {
        return SettingType::integer;
    } else if constexpr (std::unsigned_integral<T>) {
        return SettingType::unsigned_integer;
    } else if constexpr (std::same_as<T, double>) {
        return SettingType::number;
    } else if constexpr (std::same_as<T, std::string>) {
        return SettingType::text;
    } else if constexpr (std::same_as<T, ByteSize>) {
        return SettingType::byte_size;
    } else {
        return SettingType::duration;
    }
}

template <SettingScalar T>
SettingValue to_setting_value(const T& value) {
    if constexpr (std::same_as<T, std::chrono::milliseconds>) {
        return SettingValue(static_cast<std::int64_t>(value.count()));
    } else if constexpr (std::same_as<T, ByteSize>) {
        return SettingValue(value.bytes);
    } else if constexpr (std::is_enum_v<T> || (std::signed_integral<T> && !std::same_as<T, bool>)) {
        return SettingValue(static_cast<std::int64_t>(value));
    } else if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool>) {
        return SettingValue(static_cast<std::uint64_t>(value));
    } else {
        return SettingValue(value);
    }
}

/// The value fits: SettingInfo has checked type and range.
template <SettingScalar T>
T from_setting_value(const SettingValue& value) {
    if constexpr (std::same_as<T, std::chrono::milliseconds>) {
        return T(std::get<std::int64_t>(value));
    } else if constexpr (std::same_as<T, ByteSize>) {
        return T{std::get<std::uint64_t>(value)};
    } else if constexpr (std::is_enum_v<T> || (std::signed_integral<T> && !std::same_as<T, bool>)) {
        return static_cast<T>(std::get<std::int64_t>(value));
    } else if constexpr (std::unsigned_integral<T> && !std::same_as<T, bool>) {
        return static_cast<T>(std::get<std::uint64_t>(value));
    } else {
        return std::get<T>(value);
    }
}

/// Reads and writes one field of a struct whose type is erased.
struct SettingAccess {
    std::function<std::optional<SettingValue>(const void* settings)> get;
    std::function<void(void* settings, const SettingValue& value)> set;
};

/// The logic of every SettingsDescription, compiled once.
class TURNTABLE_EXPORT SettingsCore {
  public:
    SettingsInfo info;
    std::vector<SettingAccess> access;

    Result<void> apply(const ProviderConfig& config, void* settings) const;
    Result<void> validate(const void* settings) const;
    ProviderConfig to_config(const void* settings) const;
};

}  // namespace detail

template <class S, detail::SettingScalar T>
class SettingsField;

/// The description of the settings struct `S`; see the top of this file for an example.
///
/// Purpose: everything that is known of a backend's settings, once.
/// Ownership: owns its texts; keep one in a function-local static.
/// Threads: const use is safe from any thread.
/// Errors: invalid_config, naming setting, value (not of a secret) and what was expected.
template <class S>
class SettingsDescription {
  public:
    SettingsDescription(std::string name, std::string help) {
        core_.info.name = std::move(name);
        core_.info.help = std::move(help);
    }

    /// Adds a field. The modifiers of the result (range, choices, unit, ...) refine it.
    template <class M>
    auto field(std::string name, M S::* member, std::string help) &&;
    /// Adds a URL to show in the help.
    SettingsDescription example(std::string url, std::string meaning) && {
        core_.info.examples.push_back({std::move(url), std::move(meaning)});
        return std::move(*this);
    }
    /// Adds a check over several fields, run after each field was found right by itself.
    SettingsDescription check(std::function<Result<void>(const S&)> function) && {
        checks_.push_back(std::move(function));
        return std::move(*this);
    }

    /// The typed settings, checked; what `config` leaves out has its default.
    Result<S> from_config(const ProviderConfig& config) const {
        S settings{};
        TURNTABLE_CHECK(core_.apply(config, &settings));
        TURNTABLE_CHECK(run_checks(settings));
        return settings;
    }
    Result<S> from_url(const Url& url) const {
        TURNTABLE_TRY(const ProviderConfig config, ProviderConfig::from_url(url));
        return from_config(config);
    }
    Result<S> from_url(std::string_view text) const {
        TURNTABLE_TRY(const Url url, Url::parse(text));
        return from_url(url);
    }
    Result<S> from_map(SettingMap settings) const {
        return from_config(ProviderConfig::from_map(core_.info.name, std::move(settings)));
    }
    /// Whether settings that a program filled in itself are right.
    Result<void> validate(const S& settings) const {
        TURNTABLE_CHECK(core_.validate(&settings));
        return run_checks(settings);
    }
    /// The settings that differ from the defaults, as text; from_config() gives `settings` back.
    ProviderConfig to_config(const S& settings) const { return core_.to_config(&settings); }

    const SettingsInfo& info() const noexcept { return core_.info; }

  protected:
    detail::SettingsCore core_;

  private:
    Result<void> run_checks(const S& settings) const {
        for (const auto& function : checks_) {
            TURNTABLE_CHECK(function(settings));
        }
        return {};
    }

    std::vector<std::function<Result<void>(const S&)>> checks_;
};

/// A SettingsDescription whose last field can still be refined.
///
/// Purpose: the middle of a chain of field() calls; use it as the SettingsDescription it is.
/// Ownership, threads, errors: as for SettingsDescription.
template <class S, detail::SettingScalar T>
class SettingsField : public SettingsDescription<S> {
  public:
    SettingsField(SettingsDescription<S>&& base, SettingInfo info, detail::SettingAccess access)
        : SettingsDescription<S>(std::move(base)) {
        this->core_.info.fields.push_back(std::move(info));
        this->core_.access.push_back(std::move(access));
    }

    /// Both ends are allowed values.
    SettingsField range(T least, T most) && {
        last().minimum = detail::to_setting_value<T>(least);
        last().maximum = detail::to_setting_value<T>(most);
        return std::move(*this);
    }
    SettingsField at_least(T least) && {
        last().minimum = detail::to_setting_value<T>(least);
        return std::move(*this);
    }
    /// The names of an enum; the first name of a value is the one that is printed.
    SettingsField choices(std::initializer_list<std::pair<std::string_view, T>> names) &&
        requires std::is_enum_v<T>
    {
        for (const auto& [name, value] : names) {
            last().choices.push_back({std::string(name), static_cast<std::int64_t>(value)});
        }
        return std::move(*this);
    }
    /// The only texts allowed.
    SettingsField choices(std::initializer_list<std::string_view> names) &&
        requires std::same_as<T, std::string>
    {
        for (const std::string_view name : names) {
            last().choices.push_back({std::string(name), 0});
        }
        return std::move(*this);
    }
    /// What a plain number counts. For a duration one of ms (the default), s, m, h, d.
    SettingsField unit(std::string name) && {
        last().unit = std::move(name);
        return std::move(*this);
    }
    /// Never printed.
    SettingsField secret() && {
        last().secret = true;
        return std::move(*this);
    }
    /// A URL whose path may be a secret: only its origin is printed.
    SettingsField secret_path() && {
        last().secret_path = true;
        return std::move(*this);
    }
    /// Must be given, and a text must not be empty.
    SettingsField required() && {
        last().required = true;
        last().default_value.reset();
        return std::move(*this);
    }
    /// Is also what follows the scheme: `demo:app.db`.
    SettingsField from_path() && { return std::move(*this).from(UrlPart::path); }
    /// Is also another part of the URL.
    SettingsField from(UrlPart part) && {
        last().url_part = part;
        return std::move(*this);
    }

  private:
    SettingInfo& last() { return this->core_.info.fields.back(); }
};

template <class S>
template <class M>
auto SettingsDescription<S>::field(std::string name, M S::* member, std::string help) && {
    constexpr bool may_be_unset = detail::ScalarOf<M>::may_be_unset;
    using Scalar = typename detail::ScalarOf<M>::type;
    SettingInfo info;
    info.name = std::move(name);
    info.help = std::move(help);
    info.type = detail::setting_type<Scalar>();
    info.optional = may_be_unset;
    if constexpr (std::integral<Scalar> && !std::same_as<Scalar, bool>) {
        if constexpr (sizeof(Scalar) < sizeof(std::int64_t)) {
            info.minimum = detail::to_setting_value<Scalar>(std::numeric_limits<Scalar>::min());
            info.maximum = detail::to_setting_value<Scalar>(std::numeric_limits<Scalar>::max());
        }
    }
    detail::SettingAccess access;
    access.get = [member](const void* settings) -> std::optional<SettingValue> {
        const M& value = static_cast<const S*>(settings)->*member;
        if constexpr (may_be_unset) {
            return value ? std::optional(detail::to_setting_value<Scalar>(*value)) : std::nullopt;
        } else {
            return detail::to_setting_value<Scalar>(value);
        }
    };
    access.set = [member](void* settings, const SettingValue& value) {
        static_cast<S*>(settings)->*member = detail::from_setting_value<Scalar>(value);
    };
    const S defaults{};
    info.default_value = access.get(&defaults);
    return SettingsField<S, Scalar>(std::move(*this), std::move(info), std::move(access));
}

}  // namespace turntable::inline v0
