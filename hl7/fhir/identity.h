#ifndef MADOGUCHI_HL7_FHIR_IDENTITY_H_
#define MADOGUCHI_HL7_FHIR_IDENTITY_H_

#include <array>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "hl7/fhir/json.h"
#include "madoguchi/v1/types.pb.h"

// Ids of resources: UUIDs made of what a resource says, so that the same record gives the same
// bytes, and the same medicine the same id in the next answer.
namespace madoguchi::hl7::fhir {

// A UUID of version 8 (RFC 9562: of one's own making) in small letters.
struct Id {
  std::array<char, 36> text;
  absl::string_view view() const { return {text.data(), text.size()}; }
  friend bool operator==(const Id& a, const Id& b) { return a.text == b.text; }
  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.view());
  }
};

// 122 bits over a sequence of values. Not cryptographic: who wants to can make two records with one
// id, but only by writing both. Lengths count, so that `ab`,`c` and `a`,`bc` differ.
class Fingerprint {
 public:
  // `kind` tells resources apart that are about the same: a short constant.
  explicit Fingerprint(absl::string_view kind) { Add(kind); }
  Fingerprint& Add(absl::string_view text);
  Fingerprint& Add(uint64_t number) {
    Mix(number);
    return *this;
  }
  Fingerprint& Add(const v1::Date& date) { return Add(date.text()).Add(DayNumber(date)); }
  Fingerprint& Add(const Id& id) { return Add(id.view()); }
  Id Finish() const;

 private:
  static uint64_t DayNumber(const v1::Date& date);
  void Mix(uint64_t word);

  uint64_t low_ = 0x243F6A8885A308D3;
  uint64_t high_ = 0x13198A2E03707344;
};

// Hands out ids of which no two are equal in one Bundle: of resources that say the same, the second
// and later ones count.
class UniqueIds {
 public:
  void Clear() { taken_.clear(); }
  Id Take(Fingerprint fingerprint);

 private:
  absl::flat_hash_set<Id> taken_;
};

// `"key":{"reference":"urn:uuid:..."}` and the same in an array.
void WriteReference(Json& json, absl::string_view key, const Id& id);
void WriteReferenceItem(Json& json, const Id& id);

// Opens an entry of a Bundle and in it the resource, with its type and id.
void StartEntry(Json& json, const Id& id, absl::string_view resource_type);
// The same with `meta.profile`: the name of a profile of JP Core.
void StartEntry(Json& json, const Id& id, absl::string_view resource_type,
                absl::string_view profile);
void EndEntry(Json& json);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_IDENTITY_H_
