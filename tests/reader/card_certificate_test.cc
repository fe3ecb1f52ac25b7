#include "agent/reader/card_certificate.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"
#include "tests/reader/test_card.h"

namespace madoguchi::reader {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::string Check(const TestIdentity& identity, const CardTrust& trust, absl::Time now = kNow) {
  const absl::Status status = CheckCardCertificate(identity.certificate_der, trust, now);
  return status.ok() ? "OK" : base::DetailOf(status)->number();
}
CardTrust TrustIn(const TestIdentity& identity) { return {.roots = {identity.root_der}}; }

TEST(CardCertificateTest, OfAConfiguredRoot) {
  const TestIdentity identity = MakeTestIdentity();
  EXPECT_EQ(Check(identity, TrustIn(identity)), "OK");
  EXPECT_EQ(Check(identity, {}), "MDG-2111");
  // Generations have one name and different keys: the signature decides.
  const TestIdentity other = MakeTestIdentity();
  EXPECT_EQ(Check(identity, TrustIn(other)), "MDG-2111");
  EXPECT_EQ(Check(identity, {.roots = {other.root_der, identity.root_der}}), "OK");
  // A certificate that is no CA signs nothing.
  EXPECT_EQ(Check(identity, {.roots = {identity.certificate_der}}), "MDG-2111");
}

TEST(CardCertificateTest, OnlyWithinItsTime) {
  const TestIdentity identity =
      MakeTestIdentity({.from = kNow - absl::Hours(1), .to = kNow + absl::Hours(1)});
  EXPECT_EQ(Check(identity, TrustIn(identity)), "OK");
  EXPECT_EQ(Check(identity, TrustIn(identity), kNow + absl::Hours(2)), "MDG-2108");
  EXPECT_EQ(Check(identity, TrustIn(identity), kNow - absl::Hours(2)), "MDG-2109");
}

TEST(CardCertificateTest, OnlyForUserAuthentication) {
  const TestIdentity signing =
      MakeTestIdentity({.key_usage = "critical,digitalSignature,nonRepudiation"});
  EXPECT_EQ(Check(signing, TrustIn(signing)), "MDG-2110");
  const TestIdentity named = MakeTestIdentity({.alternative_name = "email:a@example.jp"});
  EXPECT_EQ(Check(named, TrustIn(named)), "MDG-2110");
  const TestIdentity test = MakeTestIdentity({.organization = "JPKI-TEST"});
  CardTrust trust = TrustIn(test);
  EXPECT_EQ(Check(test, trust), "MDG-2110");
  trust.allow_test_hierarchy = true;
  EXPECT_EQ(Check(test, trust), "OK");
}

TEST(CardCertificateTest, WhatIsNoneIsRefusedWhateverItIs) {
  const TestIdentity identity = MakeTestIdentity();
  const CardTrust trust = TrustIn(identity);
  const std::string& der = identity.certificate_der;
  for (size_t length = 0; length < der.size(); length += 7) {
    EXPECT_FALSE(CheckCardCertificate(der.substr(0, length), trust, kNow).ok());
  }
  EXPECT_FALSE(CheckCardCertificate(der + "x", trust, kNow).ok());
  for (size_t at = 0; at < der.size(); at += 5) {
    std::string changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    EXPECT_FALSE(CheckCardCertificate(changed, trust, kNow).ok()) << at;
  }
}

}  // namespace
}  // namespace madoguchi::reader
