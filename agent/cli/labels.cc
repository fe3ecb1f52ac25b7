#include "agent/cli/labels.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "agent/base/japan_time.h"

namespace madoguchi::cli {
namespace {

template <typename Enum, size_t N>
std::string Pick(const std::pair<Enum, const char*> (&names)[N], Enum value,
                 const std::string& code) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return code;
}

}  // namespace

std::string Label(v1::ReceptionState state) {
  static constexpr std::pair<v1::ReceptionState, const char*> kNames[] = {
      {v1::RECEPTION_STATE_WAITING_FOR_CARD, "カード待ち"},
      {v1::RECEPTION_STATE_CARD_PRESENT, "カードあり"},
      {v1::RECEPTION_STATE_IDENTIFIED, "本人確認済"},
      {v1::RECEPTION_STATE_ASKING, "照会中"},
      {v1::RECEPTION_STATE_OUTCOME_UNKNOWN, "結果不明"},
      {v1::RECEPTION_STATE_PENDING, "保留"},
      {v1::RECEPTION_STATE_NOT_ENROLLED, "利用登録なし"},
      {v1::RECEPTION_STATE_ANSWERED, "確認済"},
      {v1::RECEPTION_STATE_REFUSED, "確認不可"},
      {v1::RECEPTION_STATE_ABANDONED, "中断"},
      {v1::RECEPTION_STATE_CANCELLED, "取消"},
      {v1::RECEPTION_STATE_CLOSED, "終了"}};
  return Pick(kNames, state, "?");
}

std::string Label(v1::Validity validity, const std::string& code) {
  static constexpr std::pair<v1::Validity, const char*> kNames[] = {
      {v1::VALIDITY_VALID, "有効"},
      {v1::VALIDITY_INVALID, "無効"},
      {v1::VALIDITY_INVALID_NEWER_EXISTS, "無効(新資格あり)"},
      {v1::VALIDITY_NOT_FOUND, "該当なし"},
      {v1::VALIDITY_SEVERAL_MATCH, "複数該当"},
      {v1::VALIDITY_VALID_UNREGISTERED, "有効(未登録)"}};
  return Pick(kNames, validity, code);
}

std::string Label(v1::Sex sex, const std::string& code) {
  static constexpr std::pair<v1::Sex, const char*> kNames[] = {
      {v1::SEX_MALE, "男"}, {v1::SEX_FEMALE, "女"}, {v1::SEX_NOT_SET, "未設定"}};
  return Pick(kNames, sex, code);
}

std::string Label(v1::ConsentCategory category) {
  static constexpr std::pair<v1::ConsentCategory, const char*> kNames[] = {
      {v1::CONSENT_CATEGORY_DRUG, "薬剤"},
      {v1::CONSENT_CATEGORY_CHECKUP, "健診"},
      {v1::CONSENT_CATEGORY_DIAGNOSIS, "診療"},
      {v1::CONSENT_CATEGORY_OPERATION, "手術"},
      {v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, "限度額"},
      {v1::CONSENT_CATEGORY_SPECIFIC_DISEASE, "特定疾病"}};
  return Pick(kNames, category, "?");
}

std::string Label(v1::ConsentFlag flag, const std::string& code) {
  static constexpr std::pair<v1::ConsentFlag, const char*> kNames[] = {
      {v1::CONSENT_FLAG_REFUSED, "同意なし"},
      {v1::CONSENT_FLAG_GRANTED, "同意あり"},
      {v1::CONSENT_FLAG_EXPIRED, "期限切れ"},
      {v1::CONSENT_FLAG_NOT_OBTAINABLE, "取得困難"}};
  return Pick(kNames, flag, code);
}

std::string Label(v1::AssignmentState state) {
  static constexpr std::pair<v1::AssignmentState, const char*> kNames[] = {
      {v1::ASSIGNMENT_STATE_UNASSIGNED, "未確定"},
      {v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER, "照会番号"},
      {v1::ASSIGNMENT_STATE_BY_PERSON, "職員"},
      {v1::ASSIGNMENT_STATE_EXPECTED, "予定"},
      {v1::ASSIGNMENT_STATE_CONFLICT, "要確認"}};
  return Pick(kNames, state, "-");
}

std::string Label(v1::ConnectionState state) {
  static constexpr std::pair<v1::ConnectionState, const char*> kNames[] = {
      {v1::CONNECTION_STATE_ONLINE, "正常"},
      {v1::CONNECTION_STATE_DEGRADED, "一部異常"},
      {v1::CONNECTION_STATE_OFFLINE, "停止"}};
  return Pick(kNames, state, "-");
}

std::string Label(v1::IdentityMethod method) {
  switch (method) {
    case v1::IDENTITY_METHOD_PIN:
      return "暗証番号";
    case v1::IDENTITY_METHOD_VISUAL:
      return "目視";
    case v1::IDENTITY_METHOD_FACE_DEVICE:
      return "顔認証";
    case v1::IDENTITY_METHOD_OFFICIAL_READER:
      return "顔認証付きカードリーダー";
    case v1::IDENTITY_METHOD_NONE:
      return "番号による照会";
    default:
      return "";
  }
}

std::string Label(v1::ReaderState state) {
  switch (state) {
    case v1::READER_STATE_ABSENT:
      return "接続なし";
    case v1::READER_STATE_EMPTY:
      return "カードなし";
    case v1::READER_STATE_CARD:
      return "カードあり";
    case v1::READER_STATE_BUSY:
      return "他のソフトが使用中";
    case v1::READER_STATE_STUCK:
      return "応答なし";
    case v1::READER_STATE_TROUBLE:
      return "異常";
    default:
      return "不明";
  }
}

std::string Label(v1::CardKind kind) {
  switch (kind) {
    case v1::CARD_KIND_PLASTIC:
      return "マイナンバーカード";
    case v1::CARD_KIND_ANDROID:
      return "スマートフォン (Android)";
    case v1::CARD_KIND_IPHONE:
      return "スマートフォン (iPhone)";
    default:
      return "不明";
  }
}

std::string Label(v1::RecordState state) {
  static constexpr std::pair<v1::RecordState, const char*> kNames[] = {
      {v1::RECORD_STATE_NOT_CONSENTED, "同意なし"}, {v1::RECORD_STATE_NOT_FETCHED, "未取得"},
      {v1::RECORD_STATE_FETCHING, "取得中"},        {v1::RECORD_STATE_READY, "取得済"},
      {v1::RECORD_STATE_FAILED, "取得できず"},      {v1::RECORD_STATE_EXPIRED, "期限切れ"}};
  return Pick(kNames, state, "-");
}

std::string Label(v1::PersonalFamily value, const std::string& code) {
  static constexpr std::pair<v1::PersonalFamily, const char*> kNames[] = {
      {v1::PERSONAL_FAMILY_INSURED, "本人"}, {v1::PERSONAL_FAMILY_DEPENDANT, "家族"}};
  return Pick(kNames, value, code);
}

std::string Label(v1::InsuredCardClassification value, const std::string& code) {
  static constexpr std::pair<v1::InsuredCardClassification, const char*> kNames[] = {
      {v1::INSURED_CARD_CLASSIFICATION_GENERAL, "一般"},
      {v1::INSURED_CARD_CLASSIFICATION_RETIRED, "退職"},
      {v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_GENERAL, "短期（一般）"},
      {v1::INSURED_CARD_CLASSIFICATION_SHORT_TERM_RETIRED, "短期（退職）"},
      {v1::INSURED_CARD_CLASSIFICATION_SPECIAL_MEDICAL_EXPENSE, "特別療養費"},
      {v1::INSURED_CARD_CLASSIFICATION_SPECIAL_RETIRED, "特例退職"},
      {v1::INSURED_CARD_CLASSIFICATION_SELF_DEFENSE, "自衛官"},
      {v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID, "医療扶助"}};
  return Pick(kNames, value, code);
}

std::string Label(v1::ReasonOfLoss value, const std::string& code) {
  static constexpr std::pair<v1::ReasonOfLoss, const char*> kNames[] = {
      {v1::REASON_OF_LOSS_DEATH, "死亡"},
      {v1::REASON_OF_LOSS_PUBLIC_ASSISTANCE, "生活保護受給開始"},
      {v1::REASON_OF_LOSS_OTHER_INSURANCE, "他の医療保険の資格取得"},
      {v1::REASON_OF_LOSS_OTHER, "その他"}};
  return Pick(kNames, value, code);
}

std::string Label(v1::LimitCategory value, const std::string& code) {
  static constexpr std::pair<v1::LimitCategory, const char*> kNames[] = {
      {v1::LIMIT_CATEGORY_A01, "ア"},
      {v1::LIMIT_CATEGORY_A02, "イ"},
      {v1::LIMIT_CATEGORY_A03, "ウ"},
      {v1::LIMIT_CATEGORY_A04, "エ"},
      {v1::LIMIT_CATEGORY_A05, "オ"},
      {v1::LIMIT_CATEGORY_A06, "オ（境界層）"},
      {v1::LIMIT_CATEGORY_B01, "現役並みⅢ"},
      {v1::LIMIT_CATEGORY_B02, "現役並みⅡ"},
      {v1::LIMIT_CATEGORY_B03, "現役並みⅠ"},
      {v1::LIMIT_CATEGORY_B04, "一般"},
      {v1::LIMIT_CATEGORY_B05, "低所得Ⅱ"},
      {v1::LIMIT_CATEGORY_B06, "低所得Ⅰ"},
      {v1::LIMIT_CATEGORY_B07, "低所得Ⅰ（老福）"},
      {v1::LIMIT_CATEGORY_B08, "低所得Ⅰ（境界層）"},
      {v1::LIMIT_CATEGORY_B09, "一般Ⅱ"},
      {v1::LIMIT_CATEGORY_B10, "一般Ⅰ"}};
  return Pick(kNames, value, code);
}

std::string Show(const v1::Date& date) {
  if (date.day() == 0 && date.month() != 0) {
    return absl::StrFormat("%04d-%02d", date.year(), date.month());
  }
  if (!base::IsRealDay(date)) return date.text();
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string Show(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "";
  return absl::FormatTime("%m-%d %H:%M:%S", base::FromProto(time), base::Japan());
}

}  // namespace madoguchi::cli
