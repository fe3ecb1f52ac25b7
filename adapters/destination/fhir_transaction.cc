#include "adapters/destination/fhir_transaction.h"

#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

// Of the objects and arrays around a value: the Bundle, `entry`, one of it, its resource, the
// resource's `identifier`, one of it.
constexpr int kBundle = 1;
constexpr int kEntry = 3;
constexpr int kResource = 4;
constexpr int kIdentifier = 6;

std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains("-._~", absl::string_view(&c, 1))) {
      escaped += c;
    } else {
      absl::StrAppend(&escaped, "%",
                      absl::AsciiStrToUpper(absl::BytesToHexString(absl::string_view(&c, 1))));
    }
  }
  return escaped;
}

// Copies a Bundle as it is read.
class Copier : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Copier> {
 public:
  explicit Copier(bool find_patient) : find_patient_(find_patient), writer_(buffer_) {}

  bool Null() { return writer_.Null(); }
  bool Bool(bool value) { return writer_.Bool(value); }
  // Numbers come as they are written.
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return writer_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    const absl::string_view value(text, size);
    if (depth_ == kBundle && key_ == "type") {
      is_collection_ = value == "collection";
      return is_collection_ && writer_.String("transaction");
    }
    if (depth_ == kResource && in_resource_) {
      if (key_ == "resourceType") type_ = std::string(value);
      if (key_ == "id") id_ = std::string(value);
    }
    if (depth_ == kIdentifier && in_identifier_) {
      if (key_ == "system" && system_.empty()) system_ = std::string(value);
      if (key_ == "value" && value_.empty()) value_ = std::string(value);
    }
    return writer_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    key_.assign(text, size);
    if (depth_ == kBundle) in_entries_ = key_ == "entry";
    if (depth_ == kEntry) in_resource_ = in_entries_ && key_ == "resource";
    // The first identifier only.
    if (depth_ == kResource) in_identifier_ = in_resource_ && key_ == "identifier";
    return writer_.Key(text, size);
  }
  bool StartObject() {
    ++depth_;
    return writer_.StartObject();
  }
  bool EndObject(rapidjson::SizeType) {
    if (depth_ == kIdentifier) in_identifier_ = false;
    if (depth_ == kEntry && in_entries_ && !WriteRequest()) return false;
    --depth_;
    return writer_.EndObject();
  }
  bool StartArray() {
    ++depth_;
    return writer_.StartArray();
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return writer_.EndArray();
  }

  bool complete() const { return is_collection_ && entries_ > 0; }
  Transaction Take() { return {.json = buffer_.GetString(), .entries = entries_}; }

 private:
  bool WriteRequest() {
    if (type_.empty() || id_.empty()) return false;
    ++entries_;
    const bool find = find_patient_ && type_ == "Patient" && !system_.empty() && !value_.empty();
    const std::string url = find ? type_ : absl::StrCat(type_, "/", id_);
    writer_.Key("request");
    writer_.StartObject();
    writer_.Key("method");
    writer_.String(find ? "POST" : "PUT");
    writer_.Key("url");
    writer_.String(url.c_str());
    if (find) {
      writer_.Key("ifNoneExist");
      writer_.String(absl::StrCat("identifier=", Escaped(system_), "%7C", Escaped(value_)).c_str());
    }
    writer_.EndObject();
    for (std::string* text : {&type_, &id_, &system_, &value_}) text->clear();
    in_resource_ = false;
    return true;
  }

  const bool find_patient_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
  int depth_ = 0;
  std::string key_;
  bool is_collection_ = false;
  bool in_entries_ = false;
  bool in_resource_ = false;
  bool in_identifier_ = false;
  int entries_ = 0;
  std::string type_;
  std::string id_;
  std::string system_;
  std::string value_;
};

absl::Status Unusable(absl::string_view what) {
  return base::MakeError(base::ErrorCode::kDestinationAnswerUnusable, {.what = std::string(what)});
}

const rapidjson::Value* Member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

bool IsText(const rapidjson::Value* value, absl::string_view text) {
  return value != nullptr && value->IsString() && value->GetString() == text;
}

}  // namespace

absl::StatusOr<Transaction> TransactionOf(absl::string_view bundle, bool find_patient) {
  Copier copier(find_patient);
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(bundle.data(), bundle.size());
  reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag>(stream,
                                                                                       copier);
  if (reader.HasParseError() || !copier.complete()) {
    return base::MakeError(base::ErrorCode::kNotRenderable,
                           {.what = "only a FHIR Bundle of type collection can be a transaction"});
  }
  return copier.Take();
}

absl::Status CheckTransactionAnswer(absl::string_view answer, int entries) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer.data(), answer.size());
  if (document.HasParseError() || !IsText(Member(document, "resourceType"), "Bundle") ||
      !IsText(Member(document, "type"), "transaction-response")) {
    return Unusable("no Bundle of type transaction-response");
  }
  const rapidjson::Value* entry = Member(document, "entry");
  if (entry == nullptr || !entry->IsArray() || entry->Size() != static_cast<unsigned>(entries)) {
    return Unusable("the transaction-response has another number of entries");
  }
  for (const rapidjson::Value& one : entry->GetArray()) {
    const rapidjson::Value* response = Member(one, "response");
    const rapidjson::Value* status = response == nullptr ? nullptr : Member(*response, "status");
    if (status == nullptr || !status->IsString() || status->GetStringLength() < 3) {
      return Unusable("an entry of the transaction-response has no status");
    }
    const absl::string_view code = absl::string_view(status->GetString()).substr(0, 3);
    if (!std::all_of(code.begin(), code.end(), absl::ascii_isdigit)) {
      return Unusable("an entry of the transaction-response has no status");
    }
    if (code.front() != '2') {
      return base::MakeError(base::ErrorCode::kDestinationRefused,
                             {.what = absl::StrCat("an entry was answered with status ", code)});
    }
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::adapters
