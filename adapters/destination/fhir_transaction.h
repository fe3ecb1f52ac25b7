#ifndef MADOGUCHI_ADAPTERS_DESTINATION_FHIR_TRANSACTION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_FHIR_TRANSACTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// FHIR R4 transactions (http.html#transaction). Pure functions.
namespace madoguchi::adapters {

struct Transaction {
  std::string json;
  int entries = 0;
};

// A Bundle of type `collection` as hl7/fhir writes it, as one of type `transaction`: every resource
// is put under its own id (`PUT Coverage/9f..`), which follows from what it says, so that the same
// record again changes nothing. With `find_patient`, a Patient with an identifier is created only
// when the server has none with its first one (`If-None-Exist`), and everything refers to the
// server's own. Every number stays as it is written. MDG-2313 for anything else.
absl::StatusOr<Transaction> TransactionOf(absl::string_view bundle, bool find_patient);

// Whether an answer is a `transaction-response` in which each of `entries` entries succeeded.
// MDG-2306 for no such answer; MDG-2305 with the first status that is no success.
absl::Status CheckTransactionAnswer(absl::string_view answer, int entries);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_FHIR_TRANSACTION_H_
