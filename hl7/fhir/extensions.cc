#include "hl7/fhir/extensions.h"

#include "hl7/fhir/jp_core.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {

static_assert(kLocalExtensionBase.substr(0, kLocalBase.size()) == kLocalBase);

void Extensions::Start(absl::string_view base, absl::string_view name) {
  if (!open_) json_.Array("extension");
  open_ = true;
  json_.Object();
  json_.Members({"\"url\":\"", base, name, "\""});
}

void Extensions::Again(absl::string_view rendered) {
  if (rendered.empty()) return;
  if (!open_) json_.Array("extension");
  open_ = true;
  json_.Item(rendered);
}

void Extensions::Text(absl::string_view element, absl::string_view text) {
  if (IsBlank(text)) return;
  Start(kLocalExtensionBase, element);
  json_.Text("valueString", text);
  End();
}

void Extensions::Code(absl::string_view element, absl::string_view table, absl::string_view code,
                      absl::string_view display) {
  if (IsBlank(code)) return;
  Start(kLocalExtensionBase, element);
  WriteCoding(json_, "valueCoding", LocalSystem(table), code, display);
  End();
}

void Extensions::Date(absl::string_view element, const v1::Date& date) {
  const auto text = DateOf(date);
  if (!text) return Text(element, date.text());
  Start(kLocalExtensionBase, element);
  json_.Members({"\"valueDate\":\"", text->view(), "\""});
  End();
}

void Extensions::Reference(absl::string_view element, const Id& id) {
  Start(kLocalExtensionBase, element);
  WriteReference(json_, "valueReference", id);
  End();
}

void Extensions::JpText(absl::string_view name, absl::string_view text) {
  if (IsBlank(text)) return;
  Start(kExtensionBase, name);
  json_.Text("valueString", text);
  End();
}

}  // namespace madoguchi::hl7::fhir
