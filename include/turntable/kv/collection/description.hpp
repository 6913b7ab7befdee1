#pragma once

/// \file
/// How a program describes the records of a collection: once, checked when it is compiled.
///
/// Purpose:
///
///     struct User { std::int64_t id; std::string email; std::string city; int age; };
///     constexpr auto describe(kv::Type<User>) {
///         return kv::record<User>("users",
///             kv::field("id", &User::id), kv::field("email", &User::email),
///             kv::field("city", &User::city), kv::field("age", &User::age),
///             kv::primary_key(&User::id),
///             kv::unique("by_email", &User::email),
///             kv::index("by_city_and_age", &User::city, &User::age));
///     }
///
/// `describe` is found by its argument: it stands in the namespace of the record type. A struct
/// inside a record is described in the same way, without a name and without keys.
/// Ownership: names are literals. Threads: constants. Errors: a wrong description does not
/// compile; the message begins with "turntable:".

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "turntable/core/bytes.hpp"
#include "turntable/kv/big_integer.hpp"
#include "turntable/kv/collection/schema.hpp"

namespace turntable::inline v0::kv {

/// Says of which type a description is asked for.
///
/// Purpose: the argument of `describe`. Ownership, threads, errors: none.
template <class T>
struct Type {};

/// A type with a description. A concept: purpose, ownership, threads and errors as for `describe`.
template <class T>
concept Described = requires { describe(Type<T>{}); };

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T, class Allocator>
inline constexpr bool is_list<std::vector<T, Allocator>> = true;

template <class M>
concept PlainScalar = std::same_as<M, bool> || NumberLike<M> || std::same_as<M, double> ||
                      std::same_as<M, std::string> || std::same_as<M, Bytes> || std::is_enum_v<M>;

/// Whether values can be ordered, and so be in an index or a filter.
template <class M>
constexpr bool can_index() {
    if constexpr (is_optional<M>) {
        // In a key, null is what empty bytes would be.
        return PlainScalar<typename M::value_type> && !std::same_as<typename M::value_type, Bytes>;
    } else {
        return PlainScalar<M>;
    }
}

template <class M>
constexpr bool can_store() {
    if constexpr (is_list<M>) {
        return can_store<typename M::value_type>();
    } else if constexpr (is_optional<M>) {
        // An optional of an optional could not tell its two kinds of nothing apart.
        return !is_optional<typename M::value_type> && can_store<typename M::value_type>();
    } else {
        return PlainScalar<M> || Described<M>;
    }
}

template <class T, class M>
struct FieldSpec {
    using Record = T;
    using Member = M;
    std::string_view name;
    M T::* member;
};

template <class... Members>
struct PrimarySpec {
    std::tuple<Members...> members;
};

template <class... Members>
struct IndexSpec {
    std::string_view name;
    bool unique;
    std::tuple<Members...> members;
};

template <class Other, class T, class M>
struct ReferenceSpec {
    using Target = Other;
    M T::* member;
    OnRemove on_remove;
};

template <class S>
inline constexpr bool is_field_spec = false;
template <class T, class M>
inline constexpr bool is_field_spec<FieldSpec<T, M>> = true;
template <class S>
inline constexpr bool is_primary_spec = false;
template <class... Members>
inline constexpr bool is_primary_spec<PrimarySpec<Members...>> = true;
template <class S>
inline constexpr bool is_index_spec = false;
template <class... Members>
inline constexpr bool is_index_spec<IndexSpec<Members...>> = true;
template <class S>
inline constexpr bool is_reference_spec = false;
template <class Other, class T, class M>
inline constexpr bool is_reference_spec<ReferenceSpec<Other, T, M>> = true;

template <class S>
concept Spec = is_field_spec<S> || is_primary_spec<S> || is_index_spec<S> || is_reference_spec<S>;

template <class Member>
struct MemberOf;
template <class T, class M>
struct MemberOf<M T::*> {
    using Record = T;
    using Value = M;
};

template <class A, class B>
constexpr bool same_member(A a, B b) {
    if constexpr (std::same_as<A, B>) {
        return a == b;
    } else {
        return false;
    }
}

template <class T, class... Specs>
struct RecordSpec {
    using Record = T;
    std::string_view name;
    std::tuple<Specs...> specs;

    /// Calls `function` with each spec for which `is` holds.
    template <class F>
    constexpr void each_field(F&& function) const {
        std::apply([&](const auto&... spec) { (visit_field(spec, function), ...); }, specs);
    }
    template <class F>
    constexpr void each_index(F&& function) const {
        std::apply([&](const auto&... spec) { (visit_index(spec, function), ...); }, specs);
    }
    template <class F>
    constexpr void each_reference(F&& function) const {
        std::apply([&](const auto&... spec) { (visit_reference(spec, function), ...); }, specs);
    }
    template <class F>
    constexpr void each_primary(F&& function) const {
        std::apply([&](const auto&... spec) { (visit_primary(spec, function), ...); }, specs);
    }

    /// The name of the field over a member; empty if there is none.
    template <class Member>
    constexpr std::string_view name_of(Member member) const {
        std::string_view found;
        each_field([&](const auto& field) {
            if (same_member(field.member, member)) {
                found = field.name;
            }
        });
        return found;
    }

  private:
    template <class S, class F>
    static constexpr void visit_field(const S& spec, F& function) {
        if constexpr (is_field_spec<S>) {
            function(spec);
        }
    }
    template <class S, class F>
    static constexpr void visit_index(const S& spec, F& function) {
        if constexpr (is_index_spec<S>) {
            function(spec);
        }
    }
    template <class S, class F>
    static constexpr void visit_reference(const S& spec, F& function) {
        if constexpr (is_reference_spec<S>) {
            function(spec);
        }
    }
    template <class S, class F>
    static constexpr void visit_primary(const S& spec, F& function) {
        if constexpr (is_primary_spec<S>) {
            function(spec);
        }
    }
};

}  // namespace detail

/// Names a member: `kv::field("email", &User::email)`. The name is that of the property in the
/// stored object.
template <class T, class M>
constexpr detail::FieldSpec<T, M> field(std::string_view name, M T::* member) {
    static_assert(
        detail::can_store<M>(),
        "turntable: a field must be bool, an integer, double, std::string, Bytes, an enum, "
        "a described struct, or a std::optional or std::vector of these");
    return {name, member};
}

/// Says which field tells records apart.
template <class... Members>
constexpr detail::PrimarySpec<Members...> primary_key(Members... members) {
    static_assert(sizeof...(Members) == 1, "turntable: a primary key is one field");
    return {{members...}};
}

/// An index over one or more fields: `kv::index("by_city_and_age", &User::city, &User::age)`.
template <class... Members>
constexpr detail::IndexSpec<Members...> index(std::string_view name, Members... members) {
    static_assert(sizeof...(Members) > 0, "turntable: an index needs a field");
    static_assert(
        (detail::can_index<typename detail::MemberOf<Members>::Value>() && ...),
        "turntable: an index is over bool, integers, double, std::string, Bytes, enums, and "
        "optional ones of these but Bytes; not over lists and structs");
    return {name, false, {members...}};
}

/// An index that no two records have the same values in. Null equals nothing, not even null.
template <class... Members>
constexpr detail::IndexSpec<Members...> unique(std::string_view name, Members... members) {
    detail::IndexSpec<Members...> spec = index(name, members...);
    spec.unique = true;
    return spec;
}

/// Says that a field holds the primary key of a record of another collection, or null.
template <class Other, class T, class M>
constexpr detail::ReferenceSpec<Other, T, M> references(M T::* member,
                                                        OnRemove on_remove = OnRemove::restrict) {
    return {member, on_remove};
}

/// The description of a record type; `name` is that of its collection.
template <class T, detail::Spec... Specs>
constexpr detail::RecordSpec<T, Specs...> record(std::string_view name, Specs... specs) {
    return {name, {specs...}};
}
/// The description of a struct inside a record.
template <class T, detail::Spec... Specs>
constexpr detail::RecordSpec<T, Specs...> record(Specs... specs) {
    static_assert((detail::is_field_spec<Specs> && ...),
                  "turntable: a struct without a name has fields only; keys and indexes belong to "
                  "the record");
    return {{}, {specs...}};
}

namespace detail {

template <class T>
inline constexpr auto description = describe(Type<T>{});

template <class T>
constexpr std::size_t field_count() {
    std::size_t count = 0;
    description<T>.each_field([&](const auto&) { ++count; });
    return count;
}

template <class T>
constexpr bool fields_are_of_record() {
    bool holds = std::same_as<typename decltype(describe(Type<T>{}))::Record, T>;
    description<T>.each_field([&](const auto& field) {
        holds = holds && std::same_as<typename std::remove_cvref_t<decltype(field)>::Record, T>;
    });
    return holds;
}

template <class T>
constexpr bool field_names_differ() {
    bool differ = true;
    description<T>.each_field([&](const auto& field) {
        std::size_t same = 0;
        description<T>.each_field([&](const auto& other) { same += field.name == other.name; });
        differ = differ && same == 1 && !field.name.empty();
    });
    return differ;
}

template <class T>
constexpr bool members_differ() {
    bool differ = true;
    description<T>.each_field([&](const auto& field) {
        std::size_t same = 0;
        description<T>.each_field(
            [&](const auto& other) { same += same_member(field.member, other.member); });
        differ = differ && same == 1;
    });
    return differ;
}

template <class T>
constexpr bool index_names_differ() {
    bool differ = true;
    description<T>.each_index([&](const auto& one) {
        std::size_t same = 0;
        description<T>.each_index([&](const auto& other) { same += one.name == other.name; });
        differ = differ && same == 1 && !one.name.empty() && one.name != "primary";
    });
    return differ;
}

template <class T>
constexpr std::size_t primary_key_count() {
    std::size_t count = 0;
    description<T>.each_primary([&](const auto&) { ++count; });
    return count;
}

/// Whether all members of a tuple of members have fields.
template <class T, class Members>
constexpr bool have_fields(const Members& members) {
    return std::apply(
        [](const auto&... member) { return (!description<T>.name_of(member).empty() && ...); },
        members);
}

template <class T>
constexpr bool indexes_name_fields() {
    bool holds = true;
    description<T>.each_index(
        [&](const auto& one) { holds = holds && have_fields<T>(one.members); });
    return holds;
}

template <class T>
constexpr bool primary_key_names_field() {
    bool holds = true;
    description<T>.each_primary(
        [&](const auto& one) { holds = holds && have_fields<T>(one.members); });
    return holds;
}

template <class Members>
constexpr bool is_plain_key(const Members& /*members*/) {
    return PlainScalar<typename MemberOf<std::tuple_element_t<0, Members>>::Value>;
}

template <class T>
constexpr bool primary_key_is_scalar() {
    bool holds = true;
    description<T>.each_primary(
        [&](const auto& one) { holds = holds && is_plain_key(one.members); });
    return holds;
}

template <class M>
struct Plain {
    using Value = M;
};
template <class M>
struct Plain<std::optional<M>> {
    using Value = M;
};

/// The type of the primary key of T.
template <class T>
struct PrimaryKey {
    static constexpr auto member = [] {
        return std::apply(
            [](const auto&... spec) {
                return std::tuple_cat([&] {
                    if constexpr (is_primary_spec<std::remove_cvref_t<decltype(spec)>>) {
                        return std::tuple(std::get<0>(spec.members));
                    } else {
                        return std::tuple<>();
                    }
                }()...);
            },
            description<T>.specs);
    }();
    using Value =
        typename MemberOf<std::tuple_element_t<0, std::remove_cvref_t<decltype(member)>>>::Value;
};

template <class T>
constexpr bool references_have_key_type() {
    bool holds = true;
    description<T>.each_reference([&](const auto& one) {
        using Member =
            typename MemberOf<decltype(std::remove_cvref_t<decltype(one)>::member)>::Value;
        using Target = typename std::remove_cvref_t<decltype(one)>::Target;
        holds = holds &&
                std::same_as<typename Plain<Member>::Value, typename PrimaryKey<Target>::Value>;
    });
    return holds;
}

template <class T>
constexpr bool references_name_fields() {
    bool holds = true;
    description<T>.each_reference(
        [&](const auto& one) { holds = holds && !description<T>.name_of(one.member).empty(); });
    return holds;
}

/// Whether an index begins with the field of each reference that a removal follows back.
template <class T>
constexpr bool references_are_indexed() {
    bool holds = true;
    description<T>.each_reference([&](const auto& reference) {
        bool found = reference.on_remove == OnRemove::none;
        description<T>.each_index([&](const auto& one) {
            found = found || same_member(std::get<0>(one.members), reference.member);
        });
        holds = holds && found;
    });
    return holds;
}

/// The checks of a description that need all of it; true, or the program does not compile.
template <class T>
constexpr bool check_fields() {
    static_assert(fields_are_of_record<T>(),
                  "turntable: the description names a member of another type");
    static_assert(field_count<T>() > 0, "turntable: the description has no field");
    static_assert(field_names_differ<T>(),
                  "turntable: two fields of the description have the same name, or one has none");
    static_assert(members_differ<T>(), "turntable: two fields of the description are one member");
    return true;
}

template <class T>
constexpr bool check_record() {
    static_assert(
        Described<T>,
        "turntable: there is no describe(kv::Type<T>) in the namespace of the record type");
    static_assert(check_fields<T>());
    static_assert(!description<T>.name.empty(),
                  "turntable: the description needs the name of the collection");
    static_assert(primary_key_count<T>() != 0, "turntable: the description has no primary key");
    static_assert(primary_key_count<T>() < 2, "turntable: the description has two primary keys");
    static_assert(primary_key_names_field<T>(),
                  "turntable: the primary key is a member that has no field");
    static_assert(primary_key_is_scalar<T>(),
                  "turntable: a primary key is bool, an integer, double, std::string, Bytes or an "
                  "enum, and not optional");
    static_assert(index_names_differ<T>(),
                  "turntable: two indexes have the same name, or one has none or is named primary");
    static_assert(indexes_name_fields<T>(), "turntable: an index names a member that has no field");
    static_assert(references_name_fields<T>(),
                  "turntable: a reference is a member that has no field");
    static_assert(references_have_key_type<T>(),
                  "turntable: a reference is of the type of the primary key that it refers to, or "
                  "an optional of it");
    static_assert(references_are_indexed<T>(),
                  "turntable: a reference that restricts or cascades needs an index that begins "
                  "with its field; or say OnRemove::none");
    return true;
}

template <class M>
std::string type_name() {
    if constexpr (is_optional<M>) {
        return "optional<" + type_name<typename M::value_type>() + ">";
    } else if constexpr (is_list<M>) {
        return "list<" + type_name<typename M::value_type>() + ">";
    } else if constexpr (std::same_as<M, bool>) {
        return "bool";
    } else if constexpr (std::same_as<M, double>) {
        return "double";
    } else if constexpr (std::same_as<M, std::string>) {
        return "string";
    } else if constexpr (std::same_as<M, Bytes>) {
        return "bytes";
    } else if constexpr (std::is_enum_v<M>) {
        return type_name<std::underlying_type_t<M>>();
    } else if constexpr (NumberLike<M>) {
        return (std::is_signed_v<M> ? "int" : "uint") + std::to_string(sizeof(M) * 8);
    } else {
        static_assert(check_fields<M>());
        std::string out;
        description<M>.each_field([&](const auto& field) {
            out += (out.empty() ? "" : ",") + std::string(field.name) + ":" +
                   type_name<typename std::remove_cvref_t<decltype(field)>::Member>();
        });
        return "object{" + out + "}";
    }
}

/// The description as data.
template <class T>
CollectionInfo collection_info() {
    static_assert(check_record<T>());
    CollectionInfo info;
    info.name = description<T>.name;
    description<T>.each_field([&](const auto& field) {
        info.fields.push_back({std::string(field.name),
                               type_name<typename std::remove_cvref_t<decltype(field)>::Member>()});
    });
    description<T>.each_primary([&](const auto& one) {
        info.primary_key = description<T>.name_of(std::get<0>(one.members));
    });
    description<T>.each_index([&](const auto& one) {
        IndexInfo index{std::string(one.name), {}, one.unique};
        std::apply(
            [&](const auto&... member) {
                (index.fields.emplace_back(description<T>.name_of(member)), ...);
            },
            one.members);
        info.indexes.push_back(std::move(index));
    });
    description<T>.each_reference([&](const auto& one) {
        using Target = typename std::remove_cvref_t<decltype(one)>::Target;
        info.references.push_back({std::string(description<T>.name_of(one.member)),
                                   std::string(description<Target>.name), one.on_remove});
    });
    return info;
}

}  // namespace detail

}  // namespace turntable::inline v0::kv
