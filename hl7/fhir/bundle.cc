#include "hl7/fhir/bundle.h"

#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

// Below kLocalBase.
constexpr absl::string_view kFileIdentifier =
    R"("system":"http://madoguchi.example.jp/fhir/IdSystem/oqs-arbitrary-file-identifier")";

}  // namespace

void Bundle::Clear() {
  organizations_.Clear();
  ids_.Clear();
  targets_.clear();
}

void Bundle::Start(std::string& out, const v1::MessageHeader& header, Fingerprint content) {
  header_ = &header;
  content.Add(header.medical_institution_code()).Add(header.arbitrary_file_identifier());
  content.Add(header.process_execution_time().text());
  const Id id = ids_.Take(content);
  json_.Start(out);
  json_.Object();
  json_.Members(R"("resourceType":"Bundle")");
  json_.Plain("id", id.view());
  if (!IsBlank(header.arbitrary_file_identifier())) {
    json_.Object("identifier");
    WriteFileIdentifier();
    json_.EndObject();
  }
  json_.Members(R"("type":"collection")");
  WriteInstant(json_, "timestamp", header.process_execution_time());
  json_.Array("entry");
  Id site = {};
  const bool named = organizations_.Write(OrganizationKind::kInstitution,
                                          header.medical_institution_code(), {}, site);
  site_ = named ? std::optional<Id>(site) : std::nullopt;
}

void Bundle::Finish(absl::string_view activity) {
  // FHIR demands to know when, and nothing but the answer tells.
  if (!targets_.empty() && InstantOf(header_->process_execution_time())) {
    WriteProvenance(activity);
  }
  json_.EndArray();
  json_.EndObject();
  json_.Finish();
}

void Bundle::WriteFileIdentifier() {
  json_.Members(kFileIdentifier);
  json_.Text("value", header_->arbitrary_file_identifier());
}

void Bundle::WriteAnswerTime(absl::string_view key) {
  const v1::OqsTime& time = header_->process_execution_time();
  if (!InstantOf(time) && (time.no_end() || IsBlank(time.text()))) {
    WriteUnknown(json_, key);
  } else {
    WriteInstant(json_, key, time);
  }
}

void Bundle::WriteProvenance(absl::string_view activity) {
  Fingerprint fingerprint("Provenance");
  for (const Id& target : targets_) fingerprint.Add(target);
  StartEntry(json_, ids_.Take(fingerprint), "Provenance");
  json_.Array("target");
  for (const Id& target : targets_) WriteReferenceItem(json_, target);
  json_.EndArray();
  WriteInstant(json_, "recorded", header_->process_execution_time());
  json_.Object("activity");
  json_.Members(R"("coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DataOperation",)"
                R"("code":"CREATE","display":"create"}])");
  json_.Text("text", activity);
  json_.EndObject();
  json_.Array("agent");
  json_.Object();
  json_.Members(R"("type":{"coding":[{"system":)"
                R"("http://terminology.hl7.org/CodeSystem/provenance-participant-type",)"
                R"("code":"assembler","display":"Assembler"}]},"who":{"display":"Madoguchi"})");
  if (site_) WriteReference(json_, "onBehalfOf", *site_);
  json_.EndObject();
  json_.EndArray();
  json_.Array("entity");
  json_.Object();
  json_.Members(R"("role":"source")");
  json_.Object("what");
  if (!IsBlank(header_->arbitrary_file_identifier())) {
    json_.Object("identifier");
    WriteFileIdentifier();
    json_.EndObject();
  }
  json_.Members(R"("display":"オンライン資格確認等システム 応答")");
  json_.EndObject();
  json_.EndObject();
  json_.EndArray();
  EndEntry(json_);
}

}  // namespace madoguchi::hl7::fhir
