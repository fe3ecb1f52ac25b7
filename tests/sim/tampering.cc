#include "tests/sim/tampering.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kQuestionBytes = 8;

struct TwistOfFault {
  Fault fault;
  RecordTwist twist;
};
constexpr TwistOfFault kTwists[] = {
    {Fault::kRecordOtherPerson, RecordTwist::kOtherPerson},
    {Fault::kRecordOtherSex, RecordTwist::kOtherSex},
    {Fault::kRecordTwin, RecordTwist::kTwin},
    {Fault::kRecordMaruTwin, RecordTwist::kMaruTwin},
    {Fault::kRecordMaruName, RecordTwist::kMaruName},
    {Fault::kRecordSmallKana, RecordTwist::kSmallKana},
    {Fault::kRecordNoPatient, RecordTwist::kNoPatient},
};

// The first one that is on.
RecordTwist TwistOf(const std::vector<ActiveFault>& faults, int terminal) {
  const auto* const found = std::find_if(
      std::begin(kTwists), std::end(kTwists),
      [&](const TwistOfFault& entry) { return HasFault(faults, entry.fault, terminal); });
  return found == std::end(kTwists) ? RecordTwist::kNone : found->twist;
}

// What was asked, without what differs between two files that ask the same.
std::string QuestionOf(const v1::OqsMessage& request) {
  v1::InformationQuery record = request.information_query();
  record.clear_arbitrary_file_identifier();
  const std::string asked = request.has_information_query()
                                ? absl::StrCat(request.family(), record.SerializeAsString())
                                : request.query().SerializeAsString();
  return absl::BytesToHexString(crypto::Sha256(asked).substr(0, kQuestionBytes));
}

}  // namespace

Tampering TamperingOf(const std::vector<ActiveFault>& faults, int terminal) {
  return {.error = HasFault(faults, Fault::kAnswerError, terminal),
          .other_institution = HasFault(faults, Fault::kAnswerInstitution, terminal),
          .other_question = HasFault(faults, Fault::kAnswerForeign, terminal),
          .other_person = HasFault(faults, Fault::kCenterOtherPerson, terminal),
          .record = TwistOf(faults, terminal),
          .record_refused = HasFault(faults, Fault::kRecordRefused, terminal)};
}

void FillQuestion(const std::string& name, absl::string_view bytes, SeenRequest& seen) {
  // `YZKsiquc01req_…`: what is before the role's word.
  seen.family = name.substr(0, name.find("req_"));
  const absl::StatusOr<v1::OqsMessage> request = ReadEitherForm(name, bytes);
  if (!request.ok()) return;
  seen.question = QuestionOf(*request);
  const v1::InformationQuery& record = request->information_query();
  seen.identifier = request->has_information_query()
                        ? record.arbitrary_file_identifier()
                        : request->request_header().arbitrary_file_identifier();
  seen.file_category = record.file_category_code();
  seen.from_month = record.from_month().text();
  seen.to_month = record.to_month().text();
}

}  // namespace madoguchi::sim
