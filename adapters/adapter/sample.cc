#include "adapters/adapter/sample.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "adapters/render/render.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {
namespace {

v1::Qualification SamplePerson() {
  v1::Qualification person;
  person.set_insured_card_classification_code("01");
  person.set_insured_card_classification(v1::INSURED_CARD_CLASSIFICATION_GENERAL);
  v1::InsuredId& insured = *person.mutable_insured();
  insured.set_insurer_number("99000000");
  insured.set_insurer_number_trimmed("99000000");
  insured.set_symbol("テスト");
  insured.set_number("999999");
  insured.set_branch("00");
  person.set_name("テスト　窓口");
  person.set_name_kana("ﾃｽﾄ ﾏﾄﾞｸﾞﾁ");
  person.set_name_kana_full_width("テスト マドグチ");
  person.set_sex1_code("2");
  person.set_sex1(v1::SEX_FEMALE);
  *person.mutable_birth_date() = base::ParseOqsDate("19000101");
  person.set_address("テスト県テスト市一丁目");
  person.set_post_number("000-0000");
  *person.mutable_qualification_date() = base::ParseOqsDate("20200401");
  person.set_insurer_name("テスト保険者");
  person.set_reference_number("99999999");
  return person;
}

v1::MessageHeader SampleHeader(absl::Time now) {
  v1::MessageHeader header;
  *header.mutable_process_execution_time() = base::ParseOqsTime(base::FormatOqsTime(now));
  *header.mutable_confirmation_date() = base::ParseOqsDate(base::FormatOqsDay(base::JapanDay(now)));
  header.set_medical_institution_code("9910000000");
  header.set_segment_of_result_code("1");
  header.set_segment_of_result(v1::SEGMENT_OF_RESULT_NORMAL);
  header.set_character_code_code("0");
  return header;
}

v1::MedicalRecord SampleDrugs(absl::Time now) {
  v1::MedicalRecord record;
  *record.mutable_header() = SampleHeader(now);
  record.mutable_patient()->set_name("テスト　窓口");
  record.mutable_patient()->set_name_kana("ﾃｽﾄ ﾏﾄﾞｸﾞﾁ");
  *record.mutable_patient()->mutable_birth_date() = base::ParseOqsDate("19000101");
  record.mutable_patient()->set_sex_code("2");
  record.mutable_patient()->set_sex(v1::SEX_FEMALE);
  record.mutable_result()->set_code("1");
  v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
  line.set_source(v1::DRUG_SOURCE_RECEIPT);
  line.mutable_provider()->set_code("9940000000");
  line.mutable_provider()->set_name("テスト薬局");
  line.mutable_prescriber()->set_code("9910000000");
  line.mutable_prescriber()->set_name("テスト医院");
  *line.mutable_month() = base::ParseOqsDate("200001");
  *line.mutable_dispensed_on() = base::ParseOqsDate("20000101");
  *line.mutable_prescribed_on() = base::ParseOqsDate("20000101");
  line.mutable_drug()->set_treatment_class_code("21");
  line.mutable_drug()->set_drug_name("テスト薬（実在しません）");
  line.mutable_drug()->set_amount("1");
  line.mutable_drug()->set_unit("錠");
  line.mutable_drug()->set_usage("テスト");
  line.mutable_drug()->set_times("1");
  return record;
}

v1::CheckupHistory SampleCheckups(absl::Time now) {
  v1::CheckupHistory history;
  *history.mutable_header() = SampleHeader(now);
  *history.mutable_patient() = SampleDrugs(now).patient();
  history.mutable_result()->set_code("1");
  v1::Checkup& checkup = *history.add_checkups();
  *checkup.mutable_examined_on() = base::ParseOqsDate("20000101");
  v1::CheckupItem& item = *checkup.add_items();
  item.set_item_code("9N001000000000001");
  item.set_item_name("身長（テスト）");
  item.set_data_type("PQ");
  item.set_data_value("1");
  item.set_unit("cm");
  return history;
}

}  // namespace

Parcel SampleParcel(v1::ExportWhat what, absl::Time now) {
  Parcel parcel;
  parcel.test = true;
  parcel.what = what;
  parcel.message_id =
      absl::StrCat("TEST", absl::AsciiStrToUpper(absl::BytesToHexString(crypto::RandomBytes(8))));
  v1::Reception& reception = parcel.reception;
  reception.set_reception_id(crypto::NewId(now));
  reception.set_revision(1);
  reception.set_counter("test");
  reception.set_medical_institution_code("9910000000");
  reception.set_origin(v1::RECEPTION_ORIGIN_IDENTIFIERS);
  reception.set_state(v1::RECEPTION_STATE_ANSWERED);
  *reception.mutable_opened_at() = base::ToProto(now);
  *reception.mutable_changed_at() = base::ToProto(now);
  reception.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_BY_PERSON);
  reception.mutable_assignment()->set_patient_id("99999999");
  v1::Confirmation& answer = *reception.mutable_confirmation();
  answer.set_confirmation_id(crypto::NewId(now));
  *answer.mutable_received_at() = base::ToProto(now);
  *answer.mutable_header() = SampleHeader(now);
  answer.set_processing_result_status_code("1");
  answer.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_NORMAL);
  answer.set_validity_code("1");
  answer.set_validity(v1::VALIDITY_VALID);
  *answer.add_qualifications() = SamplePerson();
  parcel.record = MessageOf(reception);
  if (what == v1::EXPORT_WHAT_DRUG_HISTORY || what == v1::EXPORT_WHAT_DIAGNOSES) {
    parcel.record.set_family(v1::MESSAGE_FAMILY_YZKSIQUC01);
    *parcel.record.mutable_medical_record() = SampleDrugs(now);
    *parcel.record.mutable_asked_for() = SamplePerson();
  } else if (what == v1::EXPORT_WHAT_CHECKUPS) {
    parcel.record.set_family(v1::MESSAGE_FAMILY_TKKSIQUC01);
    *parcel.record.mutable_checkup_history() = SampleCheckups(now);
    *parcel.record.mutable_asked_for() = SamplePerson();
  }
  parcel.record.set_file_name(OqsFileName(parcel.record, parcel.message_id));
  return parcel;
}

}  // namespace madoguchi::adapters
