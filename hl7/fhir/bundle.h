#ifndef MADOGUCHI_HL7_FHIR_BUNDLE_H_
#define MADOGUCHI_HL7_FHIR_BUNDLE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/jp_core.h"
#include "hl7/fhir/json.h"
#include "hl7/fhir/organization.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::hl7::fhir {

// A Bundle of type `collection` while it is written, and what its entries have in common. Used for
// one after the other, so that its rooms are made once.
class Bundle {
 public:
  explicit Bundle(JpCore version) : dialect_(DialectOf(version)), organizations_(json_, dialect_) {}
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  // Forgets the Bundle before: ids and targets are of the next one from here on.
  void Clear();
  // Writes the head, and the entry of the site that asked. `out`, `header` and what `content` was
  // made of live until Finish(). `content` tells Bundles with the same header apart.
  void Start(std::string& out, const v1::MessageHeader& header, Fingerprint content);
  // Writes the Provenance of all that was added as a target, when the header says when that was,
  // and the end. `activity` in Japanese.
  void Finish(absl::string_view activity);

  Json& json() { return json_; }
  const Dialect& dialect() const { return dialect_; }
  Organizations& organizations() { return organizations_; }
  UniqueIds& ids() { return ids_; }
  const v1::MessageHeader& header() const { return *header_; }
  // Null when the header names none.
  const Id* site() const { return site_ ? &*site_ : nullptr; }
  void AddTarget(const Id& id) { targets_.push_back(id); }

  // `{"system":...,"value":...}` of the site's own key of the question; nothing without one.
  void WriteFileIdentifier();
  // `created`, which FHIR demands: when OQS answered.
  void WriteAnswerTime(absl::string_view key);

 private:
  void WriteProvenance(absl::string_view activity);

  Json json_;
  const Dialect& dialect_;
  Organizations organizations_;
  UniqueIds ids_;
  std::vector<Id> targets_;
  const v1::MessageHeader* header_ = nullptr;
  std::optional<Id> site_;
};

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_BUNDLE_H_
