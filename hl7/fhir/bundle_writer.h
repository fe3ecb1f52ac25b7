#ifndef MADOGUCHI_HL7_FHIR_BUNDLE_WRITER_H_
#define MADOGUCHI_HL7_FHIR_BUNDLE_WRITER_H_

#include <memory>
#include <string>

#include "hl7/fhir/jp_core.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Records of OQS as FHIR R4: the one header to include.
namespace madoguchi::hl7::fhir {

// Makes a Bundle (type `collection`, JSON without line breaks) of a record. Pure: no clock, no
// randomness, no state between records, so that the same record gives the same bytes. Nothing is
// invented: what OQS does not say is absent, or has data-absent-reason where FHIR demands it; what
// it says oddly is kept in the extension originalText; docs/en/mapping-fhir.md says where each
// element is. Never fails: there is no record without a Bundle.
//
// `out` is replaced, and its room used: give the same string again, and writing costs no
// allocation. Not thread-safe: one writer per thread. Records may be on an arena.
class BundleWriter {
 public:
  explicit BundleWriter(JpCore version);
  ~BundleWriter();
  BundleWriter(const BundleWriter&) = delete;
  BundleWriter& operator=(const BundleWriter&) = delete;

  // How many Bundles `message` is: one for the answer about a person, one of each person of a
  // batch's answer; 0 for anything else (questions, registrations, documents).
  static int CountOf(const v1::OqsMessage& message);
  // The one of these at `index`, from 0. The person of a medical record is the one of `asked_for`
  // when that is there, else the one of the patient block.
  void Write(const v1::OqsMessage& message, int index, std::string& out);

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_BUNDLE_WRITER_H_
