// What systems records are delivered to may answer, and what a technician may type as an address or
// a name; nothing of it may do more than be refused.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "adapters/destination/fhir_transaction.h"
#include "adapters/destination/http_destination.h"
#include "adapters/destination/mirror_requests.h"
#include "adapters/destination/name_pattern.h"
#include "adapters/destination/orca_messages.h"
#include "adapters/destination/safe_folder.h"

namespace madoguchi::adapters {
namespace {

void Answers(absl::string_view bytes) {
  if (const auto patient = ReadOrcaPatient(bytes); patient.ok()) {
    v1::Confirmation confirmation;
    confirmation.set_validity(v1::VALIDITY_VALID);
    confirmation.add_qualifications()->mutable_insured()->set_number(std::string(bytes));
    static_cast<void>(OrcaDifferences(confirmation, *patient));
  }
  static_cast<void>(ReadOrcaAdded(bytes));
  static_cast<void>(CheckTransactionAnswer(bytes, 1));
}

void Bundles(absl::string_view bytes) {
  const auto transaction = TransactionOf(bytes, true);
  // What was made of one is none any more.
  if (transaction.ok() && TransactionOf(transaction->json, true).ok()) abort();
}

void Names(absl::string_view bytes) {
  static_cast<void>(PartsOf(bytes));
  static_cast<void>(IsRequestOf(bytes, {"EPS*", "YZKsiquc01"}));
  const auto pattern = NamePattern::Parse(bytes);
  if (!pattern.ok()) return;
  Parcel parcel;
  parcel.message_id = "M1";
  parcel.reception.mutable_assignment()->set_patient_id(std::string(bytes));
  parcel.pieces.push_back({.label = "1", .bytes = {}});
  const auto name = pattern->NameOf(parcel, parcel.pieces[0]);
  // Nothing that leads out of a folder.
  if (name.ok() && (name->find('/') != std::string::npos || WhyNoFileName(*name) != nullptr)) {
    abort();
  }
}

}  // namespace
}  // namespace madoguchi::adapters

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      madoguchi::adapters::Answers(bytes);
      break;
    case 1:
      madoguchi::adapters::Bundles(bytes);
      break;
    default:
      madoguchi::adapters::Names(bytes);
  }
  return 0;
}
