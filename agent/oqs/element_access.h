#ifndef MADOGUCHI_AGENT_OQS_ELEMENT_ACCESS_H_
#define MADOGUCHI_AGENT_OQS_ELEMENT_ACCESS_H_

#include <string>

#include "agent/oqs/element.h"

// Makes Accessors out of the member functions protobuf generates, at compile time: the hot path
// needs no reflection, and a row that names a field of another message does not compile.
namespace madoguchi::oqs {

template <typename Member>
struct ClassOfMember;
template <typename Result, typename Class, typename... Args>
struct ClassOfMember<Result (Class::*)(Args...)> {
  using Type = Class;
};
template <typename Result, typename Class, typename... Args>
struct ClassOfMember<Result (Class::*)(Args...) const> {
  using Type = Class;
};

template <typename Member>
struct ArgumentOfMember;
template <typename Class, typename Arg>
struct ArgumentOfMember<void (Class::*)(Arg)> {
  using Type = Arg;
};

template <auto kGet>
using RecordOf = typename ClassOfMember<decltype(kGet)>::Type;

template <typename Record>
Record& To(void* record) {
  return *static_cast<Record*>(record);
}
template <typename Record>
const Record& To(const void* record) {
  return *static_cast<const Record*>(record);
}

template <auto kMutable, auto kGet>
constexpr Accessor Text() {
  using Record = RecordOf<kGet>;
  Accessor access;
  access.text = [](void* r) { return (To<Record>(r).*kMutable)(); };
  access.get_text = [](const void* r) { return &(To<Record>(r).*kGet)(); };
  return access;
}

// A text inside a message that is not an element of its own (InsuredId, OqsResult).
template <auto kMutableOuter, auto kGetOuter, auto kMutable, auto kGet>
constexpr Accessor TextIn() {
  using Record = RecordOf<kGetOuter>;
  Accessor access;
  access.text = [](void* r) { return ((To<Record>(r).*kMutableOuter)()->*kMutable)(); };
  access.get_text = [](const void* r) { return &((To<Record>(r).*kGetOuter)().*kGet)(); };
  return access;
}

// kCode and kPercent.
template <auto kMutable, auto kGet, auto kSetValue, auto kGetValue>
constexpr Accessor Code() {
  using Record = RecordOf<kGet>;
  using Value = typename ArgumentOfMember<decltype(kSetValue)>::Type;
  Accessor access = Text<kMutable, kGet>();
  access.set_value = [](void* r, int value) {
    (To<Record>(r).*kSetValue)(static_cast<Value>(value));
  };
  access.get_value = [](const void* r) { return static_cast<int>((To<Record>(r).*kGetValue)()); };
  return access;
}

template <auto kMutable, auto kGet>
constexpr Accessor Day() {
  using Record = RecordOf<kGet>;
  Accessor access;
  access.date = [](void* r) { return (To<Record>(r).*kMutable)(); };
  access.get_date = [](const void* r) { return &(To<Record>(r).*kGet)(); };
  return access;
}

template <auto kMutable, auto kGet>
constexpr Accessor Time() {
  using Record = RecordOf<kGet>;
  Accessor access;
  access.time = [](void* r) { return (To<Record>(r).*kMutable)(); };
  access.get_time = [](const void* r) { return &(To<Record>(r).*kGet)(); };
  return access;
}

template <auto kMutable, auto kGet, auto kHas, auto kClear>
constexpr Accessor Group() {
  using Record = RecordOf<kGet>;
  Accessor access;
  access.add = [](void* r) -> void* { return (To<Record>(r).*kMutable)(); };
  access.count = [](const void* r) { return (To<Record>(r).*kHas)() ? 1 : 0; };
  access.at = [](const void* r, int) -> const void* { return &(To<Record>(r).*kGet)(); };
  access.drop = [](void* r) { (To<Record>(r).*kClear)(); };
  return access;
}

// `List` has Record and static Of(Record&) / Of(const Record&), the repeated field.
template <typename List>
constexpr Accessor Repeated() {
  using Record = typename List::Record;
  Accessor access;
  access.add = [](void* r) -> void* { return List::Of(To<Record>(r)).Add(); };
  access.count = [](const void* r) { return List::Of(To<Record>(r)).size(); };
  access.at = [](const void* r, int i) -> const void* { return &List::Of(To<Record>(r)).Get(i); };
  access.drop = [](void* r) { List::Of(To<Record>(r)).RemoveLast(); };
  return access;
}

// `List` as above, of strings.
template <typename List>
constexpr Accessor Texts() {
  using Record = typename List::Record;
  Accessor access;
  access.add = [](void* r) -> void* { return List::Of(To<Record>(r)).Add(); };
  access.count = [](const void* r) { return List::Of(To<Record>(r)).size(); };
  access.at = [](const void* r, int i) -> const void* { return &List::Of(To<Record>(r)).Get(i); };
  return access;
}

// A group that is written when `kCount` says so, and dropped as `kDrop` does.
template <auto kMutable, auto kGet, auto kCount, auto kDrop>
constexpr Accessor Body() {
  using Record = RecordOf<kGet>;
  Accessor access;
  access.add = [](void* r) -> void* { return (To<Record>(r).*kMutable)(); };
  access.count = kCount;
  access.at = [](const void* r, int) -> const void* { return &(To<Record>(r).*kGet)(); };
  access.drop = kDrop;
  return access;
}

// The units of a batch: the part of them that a kind of batch has.
template <auto kMutable, auto kGet>
constexpr Accessor Units() {
  Accessor access;
  access.add = [](void* r) -> void* { return (To<v1::BatchAnswer>(r).add_units()->*kMutable)(); };
  access.count = [](const void* r) { return To<v1::BatchAnswer>(r).units_size(); };
  access.at = [](const void* r, int i) -> const void* {
    return &(To<v1::BatchAnswer>(r).units(i).*kGet)();
  };
  access.drop = [](void* r) { To<v1::BatchAnswer>(r).mutable_units()->RemoveLast(); };
  return access;
}

// An element that only wraps: its scope has the same record. `kCount`: 1 when it is to be written.
template <auto kCount>
constexpr Accessor Wrapper() {
  Accessor access;
  access.add = [](void* r) { return r; };
  access.count = kCount;
  access.at = [](const void* r, int) { return r; };
  access.drop = [](void*) {};
  return access;
}

// Consents are one entry per category, made when the first element of the category is seen.
v1::Consent& ConsentOf(v1::Qualification& qualification, v1::ConsentCategory category);
// The default instance when there is none.
const v1::Consent& ConsentOf(const v1::Qualification& qualification, v1::ConsentCategory category);

template <v1::ConsentCategory kCategory>
constexpr Accessor ConsentCode() {
  Accessor access;
  access.text = [](void* r) {
    return ConsentOf(To<v1::Qualification>(r), kCategory).mutable_flag_code();
  };
  access.get_text = [](const void* r) {
    return &ConsentOf(To<v1::Qualification>(r), kCategory).flag_code();
  };
  access.set_value = [](void* r, int value) {
    ConsentOf(To<v1::Qualification>(r), kCategory).set_flag(static_cast<v1::ConsentFlag>(value));
  };
  access.get_value = [](const void* r) {
    return static_cast<int>(ConsentOf(To<v1::Qualification>(r), kCategory).flag());
  };
  return access;
}

template <v1::ConsentCategory kCategory>
constexpr Accessor ConsentGivenAt() {
  Accessor access;
  access.time = [](void* r) {
    return ConsentOf(To<v1::Qualification>(r), kCategory).mutable_given_at();
  };
  access.get_time = [](const void* r) {
    return &ConsentOf(To<v1::Qualification>(r), kCategory).given_at();
  };
  return access;
}

template <v1::ConsentCategory kCategory>
constexpr Accessor ConsentAvailableUntil() {
  Accessor access;
  access.time = [](void* r) {
    return ConsentOf(To<v1::Qualification>(r), kCategory).mutable_available_until();
  };
  access.get_time = [](const void* r) {
    return &ConsentOf(To<v1::Qualification>(r), kCategory).available_until();
  };
  return access;
}

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_ELEMENT_ACCESS_H_
