#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "agent/base/clock.h"
#include "agent/crypto/sealing_keys.h"

namespace madoguchi::crypto {
namespace {

constexpr size_t kSecret = 32;
constexpr unsigned char kMask = 0x55;
constexpr size_t kMostRegion = size_t{64} << 20;

// A secret that only another process knows and seals; here it comes masked, so that what a search
// finds was left by opening it.
struct Sealed {
  std::array<unsigned char, SealingKeys::kRoom> bytes;
  std::array<unsigned char, kSecret> masked;
};

// The other process: a public key from `in`, then the above to `out`.
[[noreturn]] void SealElsewhere(int in, int out) {
  std::array<unsigned char, 1024> der = {};
  const ssize_t size = read(in, der.data(), der.size());
  const unsigned char* start = der.data();
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(d2i_PUBKEY(nullptr, &start, size), nullptr);
  EVP_PKEY_encrypt_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
  EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256());
  EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256());
  std::array<unsigned char, kSecret> secret = {};
  const int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  bool done = read(random, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
  Sealed sealed = {};
  size_t length = sealed.bytes.size();
  done = done &&
         EVP_PKEY_encrypt(context, sealed.bytes.data(), &length, secret.data(), secret.size()) == 1;
  for (size_t i = 0; i < kSecret; ++i) sealed.masked[i] = secret[i] ^ kMask;
  done = done && write(out, &sealed, sizeof(sealed)) == static_cast<ssize_t>(sizeof(sealed));
  _exit(done ? 0 : 1);
}

// How often the masked secret is in this process's writable memory in clear. The search looks
// through a window of its own and never puts the clear secret together.
int CountInMemory(const std::array<unsigned char, kSecret>& masked) {
  auto* const window = static_cast<unsigned char*>(
      mmap(nullptr, kMostRegion, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    size_t from = 0;
    size_t to = 0;
    std::array<char, 5> rights = {};
    if (std::sscanf(line.c_str(), "%zx-%zx %4s", &from, &to, rights.data()) != 3) continue;
    const auto own = reinterpret_cast<size_t>(window);
    if (rights[0] != 'r' || rights[1] != 'w' || to - from > kMostRegion) continue;
    if (own >= from && own < to) continue;
    const ssize_t size = pread(memory, window, to - from, static_cast<off_t>(from));
    for (ssize_t at = 0; at + static_cast<ssize_t>(kSecret) <= size; ++at) {
      size_t same = 0;
      while (same < kSecret && window[at + same] == (masked[same] ^ kMask)) ++same;
      if (same == kSecret) ++count;
    }
  }
  close(memory);
  munmap(window, kMostRegion);
  return count;
}

TEST(SealingKeysMemory, NothingOfWhatWasOpenedIsLeftElsewhere) {
  std::array<int, 2> to_other = {};
  std::array<int, 2> from_other = {};
  ASSERT_EQ(pipe2(to_other.data(), O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(from_other.data(), O_CLOEXEC), 0);
  const pid_t other = fork();
  if (other == 0) SealElsewhere(to_other[0], from_other[1]);
  base::SystemClock clock;
  SealingKeys keys(clock);
  const auto key = keys.Take();
  ASSERT_TRUE(key.ok());
  ASSERT_GT(write(to_other[1], key->public_key.data(), key->public_key.size()), 0);
  Sealed sealed = {};
  ASSERT_EQ(read(from_other[0], &sealed, sizeof(sealed)), static_cast<ssize_t>(sizeof(sealed)));
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  ASSERT_EQ(status, 0);
  for (const int end : {to_other[0], to_other[1], from_other[0], from_other[1]}) close(end);

  std::array<char, SealingKeys::kRoom> opened = {};
  EXPECT_EQ(CountInMemory(sealed.masked), 0);
  const absl::string_view bytes(reinterpret_cast<const char*>(sealed.bytes.data()),
                                sealed.bytes.size());
  ASSERT_EQ(*keys.Open(key->id, bytes, opened), kSecret);
  // Where it was asked for, so the search finds what is there; and nowhere else.
  EXPECT_EQ(CountInMemory(sealed.masked), 1);
  explicit_bzero(opened.data(), opened.size());
  EXPECT_EQ(CountInMemory(sealed.masked), 0);
}

}  // namespace
}  // namespace madoguchi::crypto
