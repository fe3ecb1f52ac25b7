#ifndef MADOGUCHI_AGENT_RPC_EXPORT_MESSAGE_H_
#define MADOGUCHI_AGENT_RPC_EXPORT_MESSAGE_H_

#include "absl/time/time.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/medical.pb.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Records of a reception as the one message all formats are made of.
namespace madoguchi::rpc {

// Whose record it is, and from when.
struct ExportSubject {
  // That of the reception.
  const v1::Confirmation& confirmation;
  // The one the record was asked for.
  const v1::Qualification& qualification;
  // When OQS gave it.
  absl::Time fetched_at;
};

// Pure. The head of a medical record names the site that asked and when OQS gave it; the patient
// block and asked_for are of the qualification; the result is a success, as nothing else is kept;
// the month blocks are made of the lines given here, and nothing else of the record is in it.
v1::OqsMessage ExportMessage(const v1::Confirmation& confirmation);
v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::DrugHistory drugs);
v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::DiagnosisHistory diagnoses);
v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::CheckupHistory checkups);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_EXPORT_MESSAGE_H_
