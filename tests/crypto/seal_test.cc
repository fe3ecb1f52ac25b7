#include "agent/crypto/seal.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::crypto {
namespace {

TEST(Seal, OpensWithTheKeyAndTheContextOnly) {
  const std::string key = RandomBytes(32);
  const auto public_key = PublicKeyOf(key);
  ASSERT_TRUE(public_key.ok());
  for (const std::string& plain : {std::string(), std::string("a"), std::string(5000, 'x')}) {
    const auto sealed = Seal(*public_key, "here", plain);
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->size(), plain.size() + 48);
    EXPECT_EQ(*OpenSeal(key, "here", *sealed), plain);
    EXPECT_TRUE(base::Is(OpenSeal(key, "there", *sealed).status(), base::ErrorCode::kCryptoFailed));
    EXPECT_FALSE(OpenSeal(RandomBytes(32), "here", *sealed).ok());
  }
}

TEST(Seal, NoticesEveryChangedBit) {
  const std::string key = RandomBytes(32);
  const std::string sealed = *Seal(*PublicKeyOf(key), "c", "text");
  for (size_t i = 0; i < sealed.size() * 8; ++i) {
    // The highest bit of an X25519 key is not looked at (RFC 7748, section 5); it is bound by HKDF.
    std::string changed = sealed;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(OpenSeal(key, "c", changed).ok()) << i;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(OpenSeal(key, "c", sealed.substr(0, size)).ok()) << size;
  }
}

TEST(Seal, IsNeverTheSameTwice) {
  const std::string public_key = *PublicKeyOf(RandomBytes(32));
  EXPECT_NE(*Seal(public_key, "c", "text"), *Seal(public_key, "c", "text"));
}

TEST(Seal, TakesNoKeyThatIsNone) {
  EXPECT_FALSE(PublicKeyOf("short").ok());
  EXPECT_FALSE(Seal("short", "c", "text").ok());
  // Every shared secret with this one is zero.
  EXPECT_FALSE(Seal(std::string(32, '\0'), "c", "text").ok());
}

// RFC 7748, section 6.1: Alice's keys.
TEST(Seal, MakesThePublicKeyOfTheStandard) {
  const std::string key(
      "\x77\x07\x6d\x0a\x73\x18\xa5\x7d\x3c\x16\xc1\x72\x51\xb2\x66\x45"
      "\xdf\x4c\x2f\x87\xeb\xc0\x99\x2a\xb1\x77\xfb\xa5\x1d\xb9\x2c\x2a",
      32);
  EXPECT_EQ(PublicKeyOf(key)->substr(0, 4), "\x85\x20\xf0\x09");
}

}  // namespace
}  // namespace madoguchi::crypto
