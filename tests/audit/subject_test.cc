#include "agent/audit/subject.h"

#include <gtest/gtest.h>

namespace madoguchi::audit {
namespace {

TEST(Subject, IsThePersonOfTheAnswerAndTheChart) {
  v1::Reception reception;
  reception.mutable_assignment()->set_patient_id("1234");
  reception.mutable_pending_note()->set_name("だれか");
  v1::Qualification& person = *reception.mutable_confirmation()->add_qualifications();
  person.set_name("窓口　花子");
  person.mutable_insured()->set_number("1001");
  person.mutable_birth_date()->set_year(1980);
  person.set_address("県市町");
  const auto subject = DecodeSubject(SubjectOf(reception));
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(subject->patient_id(), "1234");
  EXPECT_EQ(subject->name(), "窓口　花子");
  EXPECT_EQ(subject->insured().number(), "1001");
  EXPECT_EQ(subject->birth_date().year(), 1980);
  EXPECT_EQ(SubjectOf(reception).find("県市町"), std::string::npos);
}

TEST(Subject, OfAQuestionIsWhomItAsksAbout) {
  v1::Reception reception;
  reception.mutable_pending_note()->set_name("窓口　太郎");
  EXPECT_EQ(DecodeSubject(SubjectOf(reception))->name(), "窓口　太郎");
}

TEST(Subject, FitsWhateverIsInIt) {
  v1::AuditSubject subject;
  std::string longest = "x";
  for (int i = 0; i < 4000; ++i) longest += "●";
  subject.set_patient_id(longest);
  subject.set_name(longest);
  subject.mutable_insured()->set_insurer_number(longest);
  subject.mutable_insured()->set_insurer_number_trimmed(longest);
  subject.mutable_insured()->set_symbol(longest);
  subject.mutable_insured()->set_number(longest);
  subject.mutable_insured()->set_branch(longest);
  subject.mutable_birth_date()->set_text(longest);
  const std::string bytes = EncodeSubject(subject);
  EXPECT_LT(bytes.size(), 2048);
  // Cut between characters: half a one could not be read again.
  const auto read = DecodeSubject(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(longest.rfind(read->name(), 0), 0);
}

TEST(Subject, OtherBytesAreNone) { EXPECT_FALSE(DecodeSubject("\xFF\xFF").has_value()); }

}  // namespace
}  // namespace madoguchi::audit
