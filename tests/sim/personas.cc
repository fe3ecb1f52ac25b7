#include "tests/sim/personas.h"

#include <string>
#include <utility>

#include "agent/base/japan_time.h"
#include "tests/sim/people.h"
#include "tests/sim/persona_parts.h"

namespace madoguchi::sim {
namespace {

v1::Confirmation ValidWithConsents(absl::CivilDay today) {
  const Member member = Adult(today, "900001", "太郎", "ﾀﾛｳ", "1");
  return AgreeingAnswer(member, today);
}

v1::Confirmation ValidWithoutConsents(absl::CivilDay today) {
  const Member member = Adult(today, "900002", "一郎", "ｲﾁﾛｳ", "1");
  return AnswerWith(MakeQualification(member, today));
}

v1::Confirmation NoReferenceNumber(absl::CivilDay today) {
  Member member = Adult(today, "900003", "夏子", "ﾅﾂｺ", "2");
  member.reference_number.clear();
  return AgreeingAnswer(member, today);
}

v1::Confirmation LostWith(absl::CivilDay today, absl::string_view number,
                          absl::string_view validity) {
  Member member = Adult(today, number, "太郎", "ﾀﾛｳ", "1");
  member.family = "写本";
  member.family_kana = "ｼﾔﾎﾝ";
  v1::Qualification qualification = MakeQualification(member, today);
  SetLost(qualification, today);
  v1::Confirmation answer = AnswerWith(std::move(qualification));
  answer.set_validity_code(std::string(validity));
  return answer;
}

v1::Confirmation Lost(absl::CivilDay today) { return LostWith(today, "900004", "2"); }
v1::Confirmation LostWithNewer(absl::CivilDay today) { return LostWith(today, "900005", "3"); }

v1::Confirmation WithoutResult(absl::string_view validity) {
  v1::Confirmation answer = MakeAnswer();
  answer.clear_prescription_issue_select_code();
  answer.set_validity_code(std::string(validity));
  return answer;
}

v1::Confirmation NotFound(absl::CivilDay) { return WithoutResult("4"); }
v1::Confirmation SeveralMatch(absl::CivilDay) { return WithoutResult("5"); }

v1::Confirmation TwoQualifications(absl::CivilDay today) {
  Member member = AidMember(today);
  member.insurer = kKyokai;
  member.symbol = "99010555";
  member.number = "900008";
  member.branch = "00";
  v1::Confirmation answer = AgreeingAnswer(member, today);
  Member aid = AidMember(today);
  aid.reference_number = "900008";
  v1::Qualification second = MakeQualification(aid, today);
  AddTicket(second);
  *answer.add_qualifications() = std::move(second);
  return answer;
}

v1::Confirmation MaruName(absl::CivilDay today) {
  Member member = Adult(today, "900009", "花子", "ﾊﾅｺ", "2");
  member.family = "●橋";
  member.family_kana = "ｶｸﾊｼ";
  member.branch = "02";
  member.reference_number.clear();
  v1::Qualification qualification = MakeQualification(member, today);
  qualification.set_personal_family_code("2");
  qualification.set_insured_name("●橋　次郎");
  qualification.set_address("みほん県架空市●町１－１");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, "1");
  return AnswerWith(std::move(qualification));
}

v1::Confirmation Kouki(absl::CivilDay today) {
  const Member member{.family = "例示",
                      .family_kana = "ﾚｲｼﾞ",
                      .given = "梅",
                      .given_kana = "ｳﾒ",
                      .sex = "2",
                      .birth = Born(today, 86, 3, 21),
                      .insurer = kKouki,
                      .number = "00900010",
                      .reference_number = "900010",
                      .house = 13};
  v1::Confirmation answer = AgreeingAnswer(member, today);
  SetKoukiRatio(*answer.mutable_qualifications(0), today, "010");
  return answer;
}

v1::Confirmation Elderly(absl::CivilDay today) {
  const Member member{.family = "試山",
                      .family_kana = "ﾀﾒｼﾔﾏ",
                      .given = "一郎",
                      .given_kana = "ｲﾁﾛｳ",
                      .sex = "1",
                      .birth = Born(today, 72, 1, 8),
                      .insurer = kMihonCity,
                      .symbol = "見国１２",
                      .number = "0900011",
                      .branch = "01",
                      .reference_number = "900011",
                      .house = 22};
  v1::Confirmation answer = AgreeingAnswer(member, today);
  AddElderlyCertificate(*answer.mutable_qualifications(0), today, "020");
  return answer;
}

v1::Confirmation Preschool(absl::CivilDay today) {
  Member member = Adult(today, "900012", "桜", "ｻｸﾗ", "2");
  member.birth = Born(today, 3, 1, 3);
  member.branch = "02";
  v1::Qualification qualification = MakeQualification(member, today);
  qualification.set_preschool_code("1");
  qualification.set_personal_family_code("2");
  qualification.set_insured_name("架空　太郎");
  return AnswerWith(std::move(qualification));
}

v1::Confirmation Dependant(absl::CivilDay today) {
  Member member = Adult(today, "900013", "花子", "ﾊﾅｺ", "2");
  member.branch = "01";
  v1::Qualification qualification = MakeQualification(member, today);
  qualification.set_personal_family_code("2");
  qualification.set_insured_name("架空　健");
  ConsentToAll(qualification);
  return AnswerWith(std::move(qualification));
}

v1::Confirmation LimitCertificate(absl::CivilDay today) {
  const Member member = Adult(today, "900014", "誠", "ﾏｺﾄ", "1");
  v1::Qualification qualification = MakeQualification(member, today);
  SetLimitCertificate(qualification, today);
  return AnswerWith(std::move(qualification));
}

v1::Confirmation LimitRefused(absl::CivilDay today) {
  const Member member = Adult(today, "900015", "実", "ﾐﾉﾙ", "1");
  v1::Qualification qualification = MakeQualification(member, today);
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, "1");
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, "0");
  return AnswerWith(std::move(qualification));
}

v1::Confirmation SpecificDisease(absl::CivilDay today) {
  const Member member = Adult(today, "900016", "勇", "ｲｻﾑ", "1");
  v1::Qualification qualification = MakeQualification(member, today);
  SetConsent(qualification, v1::CONSENT_CATEGORY_SPECIFIC_DISEASE, "1");
  v1::SpecificDiseaseCertificate& certificate = *qualification.add_specific_disease_certificates();
  const absl::CivilDay start(today.year() - 2, 4, 1);
  certificate.set_disease_code("1");
  *certificate.mutable_issued() = base::ToDate(start);
  *certificate.mutable_valid_from() = base::ToDate(start);
  certificate.set_self_pay("10000");
  return AnswerWith(std::move(qualification));
}

v1::Confirmation SeihoTicket(absl::CivilDay today) {
  Member member = AidMember(today);
  member.number = "0900017";
  member.given = "恵";
  member.given_kana = "ﾒｸﾞﾐ";
  member.sex = "2";
  member.reference_number = "900017";
  v1::Qualification qualification = MakeQualification(member, today);
  AddTicket(qualification);
  return AnswerWith(std::move(qualification));
}

v1::Confirmation SeihoUnregistered(absl::CivilDay today) {
  Member member = AidMember(today);
  member.number = "0900018";
  member.given = "健";
  member.given_kana = "ｹﾝ";
  member.reference_number = "900018";
  v1::Confirmation answer = AnswerWith(MakeQualification(member, today));
  answer.set_validity_code("6");
  return answer;
}

// Everything that identifies the two is the same; only the name tells them apart.
v1::Confirmation Twin(absl::CivilDay today, absl::string_view given, absl::string_view kana) {
  Member member = Adult(today, "900019", given, kana, "1");
  member.family = "雛形";
  member.family_kana = "ﾋﾅｶﾞﾀ";
  member.birth = Born(today, 30, 2, 2);
  member.branch.clear();
  member.reference_number.clear();
  return AgreeingAnswer(member, today);
}

v1::Confirmation TwinA(absl::CivilDay today) { return Twin(today, "一郎", "ｲﾁﾛｳ"); }
v1::Confirmation TwinB(absl::CivilDay today) { return Twin(today, "次郎", "ｼﾞﾛｳ"); }

v1::Confirmation SexNotSet(absl::CivilDay today) {
  const Member member = Adult(today, "900021", "光", "ﾋｶﾙ", "3");
  v1::Qualification qualification = MakeQualification(member, today);
  qualification.set_sex2_code("2");
  ConsentToAll(qualification);
  return AnswerWith(std::move(qualification));
}

v1::Confirmation CardExpiring(absl::CivilDay today) {
  const Member member = Adult(today, "900022", "京子", "ｷﾖｳｺ", "2");
  v1::Confirmation answer = AgreeingAnswer(member, today);
  answer.mutable_processing_result()->set_code("SYN-I0001");
  answer.mutable_processing_result()->set_message(
      "合成通知：マイナンバーカードの電子証明書の有効期限まで３か月以内です。");
  return answer;
}

v1::Confirmation ElectronicPrescription(absl::CivilDay today) {
  const Member member = Adult(today, "900023", "翔", "ｼﾖｳ", "1");
  v1::Confirmation answer = AgreeingAnswer(member, today);
  answer.set_prescription_issue_select_code("1");
  return answer;
}

v1::Confirmation ConflictingReferenceNumbers(absl::CivilDay today) {
  v1::Confirmation answer = TwoQualifications(today);
  for (v1::Qualification& qualification : *answer.mutable_qualifications()) {
    qualification.set_name("例示　勇");
    qualification.set_name_kana("ﾚｲｼﾞ ｲｻﾑ");
    qualification.mutable_insured()->set_number("0900024");
    if (!qualification.insured_name().empty()) qualification.set_insured_name("例示　勇");
  }
  answer.mutable_qualifications(0)->set_reference_number("900024");
  answer.mutable_qualifications(1)->set_reference_number("900124");
  return answer;
}

v1::Confirmation NotEnrolled(absl::CivilDay) {
  v1::Confirmation answer = WithoutResult("");
  answer.set_processing_result_status_code("2");
  answer.mutable_processing_result()->set_code("SYN-E0201");
  answer.mutable_processing_result()->set_message(
      "合成エラー：健康保険証利用の登録が確認できません。");
  return answer;
}

v1::Confirmation FileErrorAnswer(absl::CivilDay) {
  v1::Confirmation answer;
  answer.mutable_header()->set_reference_classification_code("1");
  answer.mutable_header()->set_segment_of_result_code("9");
  answer.mutable_header()->mutable_error()->set_code("SYN-E0001");
  answer.mutable_header()->mutable_error()->set_message(
      "合成エラー：資格確認の処理を行うことができませんでした。");
  return answer;
}

v1::Confirmation ForeignInstitution(absl::CivilDay today) {
  Member member = Adult(today, "900027", "静", "ｼｽﾞｶ", "2");
  member.reference_number.clear();
  v1::Confirmation answer = AgreeingAnswer(member, today);
  answer.mutable_header()->set_medical_institution_code("9910000099");
  return answer;
}

v1::Confirmation UnknownCodes(absl::CivilDay today) {
  const Member member = Adult(today, "900028", "明美", "ｱｹﾐ", "4");
  v1::Qualification qualification = MakeQualification(member, today);
  SetLimitCertificate(qualification, today);
  qualification.set_insured_card_classification_code("B7");
  qualification.set_personal_family_code("5");
  qualification.mutable_limit_certificate()->set_category_code("C01");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, "7");
  SetConsent(qualification, v1::CONSENT_CATEGORY_CHECKUP, "1");
  v1::Confirmation answer = AnswerWith(std::move(qualification));
  answer.set_prescription_issue_select_code("9");
  return answer;
}

v1::Confirmation UnknownElements(absl::CivilDay today) {
  const Member member = Adult(today, "900029", "結衣", "ﾕｲ", "2");
  v1::Confirmation answer = AgreeingAnswer(member, today);
  const std::pair<absl::string_view, absl::string_view> kNew[] = {
      {"XmlMsg/MessageHeader/FutureHeader", "SYN-FUTURE-1"},
      {"XmlMsg/MessageBody/FutureBody/FuturePart", "SYN-FUTURE-2"},
      {"XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation/FutureResult",
       "SYN-FUTURE-3"},
  };
  for (const auto& [path, text] : kNew) {
    v1::UnknownElement& element = *answer.add_unknown_elements();
    element.set_path(std::string(path));
    element.set_text(std::string(text));
  }
  return answer;
}

v1::Confirmation NoEndConsent(absl::CivilDay today) {
  const Member member = Adult(today, "900030", "春子", "ﾊﾙｺ", "2");
  v1::Qualification qualification = MakeQualification(member, today);
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, "1");
  for (v1::Consent& consent : *qualification.mutable_consents()) {
    if (consent.category() == v1::CONSENT_CATEGORY_DRUG) {
      *consent.mutable_available_until() = base::ParseOqsTime("99991231235959");
    }
  }
  return AnswerWith(std::move(qualification));
}

v1::Confirmation ManyMedicines(absl::CivilDay today) {
  Member member = Adult(today, "900031", "静", "ｼｽﾞｶ", "2");
  member.birth = Born(today, 68, 5, 9);
  return AgreeingAnswer(member, today);
}

}  // namespace

const std::vector<Persona>& Personas() {
  static const auto& personas = *new std::vector<Persona>{
      {"valid-with-consents", "有効、すべての閲覧に同意", ValidWithConsents},
      {"valid-without-consents", "有効、閲覧の同意なし", ValidWithoutConsents},
      {"valid-no-reference-number", "有効、照会番号なし（初診）", NoReferenceNumber},
      {"lost", "無効（資格喪失）", Lost},
      {"lost-with-newer", "無効（新しい資格あり）", LostWithNewer},
      {"not-found", "該当資格なし", NotFound},
      {"several-match", "複数該当", SeveralMatch},
      {"two-qualifications", "社保と医療扶助の２つの資格", TwoQualifications},
      {"maru-name", "氏名と住所に●", MaruName},
      {"kouki-1wari", "後期高齢者、１割", Kouki},
      {"elderly-2wari", "前期高齢者（高齢受給者証）、２割", Elderly},
      {"preschool", "未就学児", Preschool},
      {"dependant", "家族（被扶養者）", Dependant},
      {"limit-certificate", "限度額適用認定証 区分ウ", LimitCertificate},
      {"limit-refused", "限度額の提供に同意なし", LimitRefused},
      {"specific-disease", "特定疾病療養受療証（人工透析）", SpecificDisease},
      {"seiho-ticket", "医療扶助、医療券あり", SeihoTicket},
      {"seiho-unregistered", "医療扶助、有効（未登録）", SeihoUnregistered},
      {"twins-no-branch", "枝番のない双子（兄）", TwinA},
      {"twins-no-branch-b", "枝番のない双子（弟）", TwinB},
      {"sex-not-set", "性別１が未設定、性別２あり", SexNotSet},
      {"card-expiring", "有効、電子証明書の期限が近いという通知", CardExpiring},
      {"electronic-prescription", "電子処方箋を希望", ElectronicPrescription},
      {"conflicting-reference-numbers", "照会番号が２つで食い違う", ConflictingReferenceNumbers},
      {"not-enrolled", "保険証利用の登録なし（本人エラー）", NotEnrolled},
      {"file-error", "ファイル全体の異常終了", FileErrorAnswer},
      {"foreign-institution", "別の医療機関への回答", ForeignInstitution},
      {"unknown-codes", "知られていないコード値", UnknownCodes},
      {"unknown-elements", "知られていない項目", UnknownElements},
      {"no-end-consent", "同意の期限なし", NoEndConsent},
      {"many-medicines", "薬の多い人（３年で数百行）", ManyMedicines},
  };
  return personas;
}

}  // namespace madoguchi::sim
