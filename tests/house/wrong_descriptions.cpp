// Descriptions that must not compile. Each "expect:" is a text that the compiler must print; of
// several between bars, one.
#include <map>

#include "turntable/kv/collection.hpp"

namespace kv = turntable::kv;

// expect: no member named 'nope' | 'nope' is not a member
namespace unknown_member {
struct Record {
    int id;
};
constexpr auto describe(kv::Type<Record> /*type*/) {
    return kv::record<Record>("records", kv::field("id", &Record::nope));
}
}  // namespace unknown_member

// expect: turntable: a field must be bool, an integer, double
namespace unstorable_field {
struct Record {
    std::map<int, int> counts;
};
constexpr auto field = kv::field("counts", &Record::counts);
}  // namespace unstorable_field

// expect: turntable: an index is over bool, integers, double
namespace index_over_a_list {
struct Record {
    std::vector<int> numbers;
};
constexpr auto index = kv::index("by_numbers", &Record::numbers);
}  // namespace index_over_a_list

// expect: turntable: a primary key is one field
namespace primary_key_of_two_fields {
struct Record {
    int a;
    int b;
};
constexpr auto key = kv::primary_key(&Record::a, &Record::b);
}  // namespace primary_key_of_two_fields

// expect: turntable: a struct without a name has fields only
namespace index_inside_a_nested_struct {
struct Record {
    int a;
};
constexpr auto description =
    kv::record<Record>(kv::field("a", &Record::a), kv::index("by_a", &Record::a));
}  // namespace index_inside_a_nested_struct

namespace from_the_whole {
struct Other {
    int id;
};
constexpr auto describe(kv::Type<Other> /*type*/) {
    return kv::record<Other>("others", kv::field("id", &Other::id), kv::primary_key(&Other::id));
}
struct Base {
    int a;
    int b;
    std::optional<int> c;
    std::int64_t d;
};
struct NotDescribed {
    int a;
};
struct TwoPrimaryKeys : Base {};
constexpr auto describe(kv::Type<TwoPrimaryKeys> /*type*/) {
    using R = TwoPrimaryKeys;
    constexpr int R::* a = &R::a;
    constexpr int R::* b = &R::b;
    return kv::record<R>("r", kv::field("a", a), kv::field("b", b), kv::primary_key(a),
                         kv::primary_key(b));
}
struct NoPrimaryKey : Base {};
constexpr auto describe(kv::Type<NoPrimaryKey> /*type*/) {
    constexpr int NoPrimaryKey::* a = &NoPrimaryKey::a;
    return kv::record<NoPrimaryKey>("r", kv::field("a", a));
}
struct SameName : Base {};
constexpr auto describe(kv::Type<SameName> /*type*/) {
    constexpr int SameName::* a = &SameName::a;
    constexpr int SameName::* b = &SameName::b;
    return kv::record<SameName>("r", kv::field("a", a), kv::field("a", b), kv::primary_key(a));
}
struct SameMember : Base {};
constexpr auto describe(kv::Type<SameMember> /*type*/) {
    constexpr int SameMember::* a = &SameMember::a;
    return kv::record<SameMember>("r", kv::field("a", a), kv::field("b", a), kv::primary_key(a));
}
struct NoName : Base {};
constexpr auto describe(kv::Type<NoName> /*type*/) {
    constexpr int NoName::* a = &NoName::a;
    return kv::record<NoName>("", kv::field("a", a), kv::primary_key(a));
}
struct OptionalKey : Base {};
constexpr auto describe(kv::Type<OptionalKey> /*type*/) {
    constexpr std::optional<int> OptionalKey::* c = &OptionalKey::c;
    return kv::record<OptionalKey>("r", kv::field("c", c), kv::primary_key(c));
}
struct KeyWithoutField : Base {};
constexpr auto describe(kv::Type<KeyWithoutField> /*type*/) {
    constexpr int KeyWithoutField::* a = &KeyWithoutField::a;
    constexpr int KeyWithoutField::* b = &KeyWithoutField::b;
    return kv::record<KeyWithoutField>("r", kv::field("a", a), kv::primary_key(b));
}
struct SameIndexName : Base {};
constexpr auto describe(kv::Type<SameIndexName> /*type*/) {
    constexpr int SameIndexName::* a = &SameIndexName::a;
    return kv::record<SameIndexName>("r", kv::field("a", a), kv::primary_key(a),
                                     kv::index("by_a", a), kv::unique("by_a", a));
}
struct IndexWithoutField : Base {};
constexpr auto describe(kv::Type<IndexWithoutField> /*type*/) {
    constexpr int IndexWithoutField::* a = &IndexWithoutField::a;
    constexpr int IndexWithoutField::* b = &IndexWithoutField::b;
    return kv::record<IndexWithoutField>("r", kv::field("a", a), kv::primary_key(a),
                                         kv::index("by_b", b));
}
struct ReferenceWithoutField : Base {};
constexpr auto describe(kv::Type<ReferenceWithoutField> /*type*/) {
    constexpr int ReferenceWithoutField::* a = &ReferenceWithoutField::a;
    constexpr int ReferenceWithoutField::* b = &ReferenceWithoutField::b;
    return kv::record<ReferenceWithoutField>("r", kv::field("a", a), kv::primary_key(a),
                                             kv::references<Other>(b, kv::OnRemove::none));
}
struct ReferenceOfOtherType : Base {};
constexpr auto describe(kv::Type<ReferenceOfOtherType> /*type*/) {
    constexpr std::int64_t ReferenceOfOtherType::* d = &ReferenceOfOtherType::d;
    return kv::record<ReferenceOfOtherType>("r", kv::field("d", d), kv::primary_key(d),
                                            kv::references<Other>(d, kv::OnRemove::none));
}
struct ReferenceWithoutIndex : Base {};
constexpr auto describe(kv::Type<ReferenceWithoutIndex> /*type*/) {
    constexpr int ReferenceWithoutIndex::* a = &ReferenceWithoutIndex::a;
    return kv::record<ReferenceWithoutIndex>("r", kv::field("a", a), kv::primary_key(a),
                                             kv::references<Other>(a));
}
struct MemberOfAnother {
    int a;
};
constexpr auto describe(kv::Type<MemberOfAnother> /*type*/) {
    return kv::record<MemberOfAnother>("r", kv::field("id", &Other::id),
                                       kv::primary_key(&Other::id));
}

template <class... T>
constexpr bool all = (kv::detail::check_record<T>() && ...);

// expect: turntable: there is no describe(kv::Type<T>)
// expect: turntable: the description has two primary keys
// expect: turntable: the description has no primary key
// expect: turntable: two fields of the description have the same name
// expect: turntable: two fields of the description are one member
// expect: turntable: the description needs the name of the collection
// expect: turntable: a primary key is bool, an integer
// expect: turntable: the primary key is a member that has no field
// expect: turntable: two indexes have the same name
// expect: turntable: an index names a member that has no field
// expect: turntable: a reference is a member that has no field
// expect: turntable: a reference is of the type of the primary key
// expect: turntable: a reference that restricts or cascades needs an index
// expect: turntable: the description names a member of another type
constexpr bool checked =
    all<TwoPrimaryKeys, NoPrimaryKey, SameName, SameMember, NoName, OptionalKey, KeyWithoutField,
        SameIndexName, IndexWithoutField, ReferenceWithoutField, ReferenceOfOtherType,
        ReferenceWithoutIndex, MemberOfAnother, NotDescribed>;
}  // namespace from_the_whole
