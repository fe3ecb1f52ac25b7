#include "tests/sim/card_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"
#include "tests/sim/files.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

OwnedCard Load(const TempSite& site, int number, absl::string_view behaviour = "") {
  const absl::StatusOr<OwnedCard> card =
      LoadCard(site.site(), number, *ParseCardBehaviour(behaviour), absl::Now());
  EXPECT_TRUE(card.ok()) << card.status();
  return card.ok() ? *card : OwnedCard{};
}

// One test, because keys take their time.
TEST(CardStore, KeepsACardPerPerson) {
  const TempSite site({.patients = 3});
  const OwnedCard first = Load(site, 1);
  EXPECT_EQ(first.pins, CardPins());
  EXPECT_TRUE(Exists(absl::StrCat(site.path(), "/pki/jpki-user-root.pem")));
  // As many reads as with a real card.
  EXPECT_GE(first.contents.auth_certificate.size(), 1450u);
  EXPECT_LE(first.contents.auth_certificate.size(), 1600u);
  EXPECT_NE(first.contents.auth_certificate.find("99000001"), std::string::npos);
  EXPECT_EQ(first.contents.auth_key("digest").size(), 256u);
  EXPECT_EQ(first.contents.auth_key(std::string(246, 'x')), "");

  CardPins pins = first.pins;
  pins.auth_left = 1;
  ASSERT_TRUE(SaveCardPins(site.site(), 1, pins).ok());
  const OwnedCard again = Load(site, 1);
  EXPECT_EQ(again.pins, pins);
  EXPECT_EQ(again.contents.auth_certificate, first.contents.auth_certificate);
  EXPECT_EQ(again.contents.auth_key("x"), first.contents.auth_key("x"));
  EXPECT_EQ(Load(site, 1, "tries=2").pins.auth_left, 2);
  EXPECT_EQ(Load(site, 1).pins.auth_left, 2);

  const OwnedCard expired = Load(site, 1, "expired");
  EXPECT_NE(expired.contents.auth_certificate, first.contents.auth_certificate);
  EXPECT_EQ(expired.contents.auth_key("x"), first.contents.auth_key("x"));
  EXPECT_NE(Load(site, 1, "wrong-key").contents.auth_key("x"), first.contents.auth_key("x"));
  EXPECT_EQ(Load(site, 1, "no-certificate").contents.auth_certificate, "");

  EXPECT_NE(Load(site, 2).contents.auth_certificate, first.contents.auth_certificate);
  EXPECT_TRUE(absl::IsInvalidArgument(
      LoadCard(site.site(), 999'999, CardBehaviour(), absl::Now()).status()));
  const std::string path = absl::StrCat(site.path(), "/sim/cards/000002/pins.json");
  ASSERT_TRUE(ReplaceFile(path, "{}").ok());
  const absl::Status damaged = LoadCard(site.site(), 2, CardBehaviour(), absl::Now()).status();
  EXPECT_THAT(std::string(damaged.message()), testing::HasSubstr("pins.json is damaged"));
}

}  // namespace
}  // namespace madoguchi::sim
