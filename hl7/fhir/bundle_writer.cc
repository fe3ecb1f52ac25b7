#include "hl7/fhir/bundle_writer.h"

#include "hl7/fhir/bundle.h"
#include "hl7/fhir/eligibility.h"

namespace madoguchi::hl7::fhir {

BundleWriter::BundleWriter(JpCore version) : bundle_(std::make_unique<Bundle>(version)) {}
BundleWriter::~BundleWriter() = default;

int BundleWriter::CountOf(const v1::OqsMessage& message) {
  switch (message.body_case()) {
    case v1::OqsMessage::kConfirmation:
      return 1;
    case v1::OqsMessage::kBatchAnswer: {
      int count = 0;
      for (const auto& unit : message.batch_answer().units()) count += unit.has_confirmation();
      return count;
    }
    default:
      return 0;
  }
}

void BundleWriter::Write(const v1::OqsMessage& message, int index, std::string& out) {
  if (message.body_case() == v1::OqsMessage::kConfirmation) {
    return Write(message.confirmation().header(), message.confirmation(), out);
  }
  const v1::BatchAnswer& batch = message.batch_answer();
  for (const auto& unit : batch.units()) {
    if (unit.has_confirmation() && index-- == 0) {
      return Write(batch.header(), unit.confirmation(), out);
    }
  }
  out.clear();
}

void BundleWriter::Write(const v1::MessageHeader& header, const v1::Confirmation& confirmation,
                         std::string& out) {
  WriteEligibility(*bundle_, header, confirmation, out);
}

}  // namespace madoguchi::hl7::fhir
