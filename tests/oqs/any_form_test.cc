#include "agent/oqs/any_form.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

TEST(AnyForm, XmlIsReadAsBefore) {
  for (const Fixture& fixture : AllFixtures()) {
    const auto any = ReadAnyForm(fixture.name, fixture.bytes);
    ASSERT_TRUE(any.ok()) << fixture.path << ": " << any.status();
    EXPECT_EQ(any->SerializeAsString(),
              ReadMessage(fixture.name, fixture.bytes)->SerializeAsString());
  }
}

TEST(AnyForm, ContentDecidesAndNotTheExtension) {
  const Fixture pdf = FixturesOf(".pdf").front();
  EXPECT_TRUE(ReadAnyForm(pdf.name, pdf.bytes)->has_document());
  EXPECT_TRUE(ReadAnyForm("YZKsiquc01res_1.xml", pdf.bytes)->has_document());
  // A failure may come as XML in place of the page.
  const Fixture xml = FixtureEndingWith("YZKsiquc01res_022604100930000412.xml");
  EXPECT_TRUE(ReadAnyForm("YZKsiquc01res_022604100930000412.pdf", xml.bytes)->has_medical_record());
}

TEST(AnyForm, NamesOfFamiliesKnownByNameOnlyMakeOpaque) {
  const Fixture pdf = FixturesOf(".pdf").front();
  EXPECT_TRUE(ReadAnyForm("CIPsiquc01res_1.pdf", pdf.bytes)->has_opaque());
  EXPECT_TRUE(ReadAnyForm("CIPsiquc01res_1.xml", "<XmlMsg>")->has_opaque());
}

TEST(AnyForm, WhatIsNothingIsRefused) {
  for (const char* bytes : {"", "x", "%PDF", "PK", "{", "\177ELF"}) {
    const auto message = ReadAnyForm("OQSsiquc01res_1.xml", bytes);
    ASSERT_FALSE(message.ok()) << bytes;
    EXPECT_EQ(base::DetailOf(message.status())->number().substr(0, 6), "MDG-13") << bytes;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
