#include "agent/crypto/sealing_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <set>
#include <string>

#include "agent/base/error.h"

namespace madoguchi::crypto {
namespace {

using base::ErrorCode;

// As another program does it.
std::string SealFor(const std::string& public_key, const std::string& secret,
                    const EVP_MD* mgf1 = EVP_sha256()) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(public_key.data());
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      d2i_PUBKEY(nullptr, &bytes, static_cast<long>(public_key.size())), EVP_PKEY_free);
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY_encrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256());
  EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), mgf1);
  std::string sealed(SealingKeys::kRoom, '\0');
  size_t size = sealed.size();
  EXPECT_EQ(EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(sealed.data()), &size,
                             reinterpret_cast<const unsigned char*>(secret.data()), secret.size()),
            1);
  return sealed;
}

class SealingKeysTest : public testing::Test {
 protected:
  absl::StatusOr<std::string> Open(absl::string_view id, absl::string_view sealed) {
    std::array<char, SealingKeys::kRoom> room = {};
    const absl::StatusOr<size_t> size = keys_.Open(id, sealed, room);
    if (!size.ok()) return size.status();
    return std::string(room.data(), *size);
  }
  bool IsSpent(absl::string_view id, absl::string_view sealed) {
    return base::Is(Open(id, sealed).status(), ErrorCode::kSealedPinSpent);
  }

  base::ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  SealingKeys keys_{clock_, {.lives = absl::Minutes(2), .most = 3, .ready = 1}};
};

TEST_F(SealingKeysTest, OpensOnce) {
  const auto key = keys_.Take();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->until, clock_.Now() + absl::Minutes(2));
  const std::string sealed = SealFor(key->public_key, "secret");
  EXPECT_EQ(*Open(key->id, sealed), "secret");
  EXPECT_TRUE(IsSpent(key->id, sealed));
}

TEST_F(SealingKeysTest, WhatDoesNotFitSpendsTheKeyToo) {
  const auto other = keys_.Take();
  ASSERT_TRUE(other.ok());
  for (const bool foreign : {true, false}) {
    const auto key = keys_.Take();
    ASSERT_TRUE(key.ok());
    const std::string sealed = SealFor(key->public_key, "secret");
    EXPECT_TRUE(IsSpent(key->id, foreign ? SealFor(other->public_key, "secret")
                                         : SealFor(key->public_key, "secret", EVP_sha1())));
    EXPECT_TRUE(IsSpent(key->id, sealed));
  }
  for (const std::string& junk : {std::string(), std::string("x"), std::string(256, '\xFF'),
                                  std::string(257, '\x01'), std::string(100'000, '\x01')}) {
    const auto key = keys_.Take();
    ASSERT_TRUE(key.ok());
    EXPECT_TRUE(IsSpent(key->id, junk)) << junk.size();
  }
}

TEST_F(SealingKeysTest, UnknownDroppedAndOverAreSpent) {
  EXPECT_TRUE(IsSpent("", ""));
  EXPECT_TRUE(IsSpent(std::string(32, '0'), std::string(256, '1')));
  keys_.Drop("nothing");
  const auto dropped = keys_.Take();
  ASSERT_TRUE(dropped.ok());
  keys_.Drop(dropped->id);
  EXPECT_TRUE(IsSpent(dropped->id, SealFor(dropped->public_key, "secret")));
  const auto over = keys_.Take();
  ASSERT_TRUE(over.ok());
  clock_.Advance(absl::Minutes(2));
  EXPECT_TRUE(IsSpent(over->id, SealFor(over->public_key, "secret")));
}

TEST_F(SealingKeysTest, TheOldestGoesWhenThereAreTooMany) {
  const auto first = keys_.Take();
  const auto second = keys_.Take();
  std::set<std::string> different = {first->id, second->id, first->public_key, second->public_key};
  for (int i = 0; i < 2; ++i) {
    const auto more = keys_.Take();
    ASSERT_TRUE(more.ok());
    different.insert(more->id);
    different.insert(more->public_key);
  }
  EXPECT_EQ(different.size(), 8u);
  EXPECT_TRUE(IsSpent(first->id, SealFor(first->public_key, "secret")));
  EXPECT_EQ(*Open(second->id, SealFor(second->public_key, "secret")), "secret");
}

TEST_F(SealingKeysTest, NeedsRoom) {
  const auto key = keys_.Take();
  std::array<char, SealingKeys::kRoom - 1> small = {};
  EXPECT_TRUE(base::Is(keys_.Open(key->id, SealFor(key->public_key, "secret"), small).status(),
                       ErrorCode::kInternal));
}

}  // namespace
}  // namespace madoguchi::crypto
