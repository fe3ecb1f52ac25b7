#include "agent/base/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "madoguchi/v1/options.pb.h"
#include "madoguchi/v1/reception_service.pb.h"

namespace madoguchi::base {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPlanted[] = "PLANTED-PERSON";

// Fills every field; what is marked personal (or lies below such a field) gets the planted text.
void Fill(Message& message, bool personal, int depth) {
  if (depth > 8) return;
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const bool hidden = personal || field->options().GetExtension(v1::personal);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* below = field->is_repeated() ? reflection->AddMessage(&message, field)
                                            : reflection->MutableMessage(&message, field);
      Fill(*below, hidden, depth + 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string text = hidden ? kPlanted : "open";
      if (field->is_repeated()) {
        reflection->AddString(&message, field, text);
      } else {
        reflection->SetString(&message, field, text);
      }
    }
  }
}

TEST(Redacted, ShowsNothingThatIsMarkedPersonal) {
  v1::GetReceptionResponse response;
  Fill(response, false, 0);
  // A watch that cannot bark is no watch: the text is really there.
  ASSERT_THAT(response.SerializeAsString(), HasSubstr(kPlanted));
  const std::string text = Redacted(response);
  EXPECT_THAT(text, Not(HasSubstr(kPlanted)));
  EXPECT_THAT(text, HasSubstr("***"));
  EXPECT_THAT(text, HasSubstr("reception_id:\"open\""));
  EXPECT_LE(text.size(), 2003u);
}

TEST(Redacted, HidesRequestsToo) {
  v1::AssignPatientRequest request;
  request.set_reception_id("r-1");
  request.set_patient_id(kPlanted);
  request.set_expected_revision(3);
  EXPECT_EQ(Redacted(request), "reception_id:\"r-1\" patient_id:*** expected_revision:3");
}

}  // namespace
}  // namespace madoguchi::base
