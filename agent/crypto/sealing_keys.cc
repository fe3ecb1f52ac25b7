#include "agent/crypto/sealing_keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::crypto {
namespace {

using base::ErrorCode;

constexpr int kBits = 2048;
constexpr size_t kIdBytes = 16;
constexpr int kLowest = 19;

// Freeing a private key wipes its numbers (BN_clear_free).
struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

absl::Status Spent(const char* what) {
  return base::MakeError(ErrorCode::kSealedPinSpent, {.what = what});
}

// 0 ends the making.
int GoOn(EVP_PKEY_CTX* context) {
  const auto* const stop =
      static_cast<const std::atomic<bool>*>(EVP_PKEY_CTX_get_app_data(context));
  return stop != nullptr && *stop ? 0 : 1;
}

// Null when none can be made, or `stop` (may be null) has become true. On a busy machine the lowest
// priority makes it long.
Key MakeKey(std::atomic<bool>* stop) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kBits) != 1) {
    return nullptr;
  }
  EVP_PKEY_CTX_set_app_data(context.get(), stop);
  EVP_PKEY_CTX_set_cb(context.get(), GoOn);
  const bool made = EVP_PKEY_generate(context.get(), &key) == 1;
  ERR_clear_error();
  return Key(made ? key : nullptr);
}

std::string PublicDer(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

// The bytes opened; 0 when it was not sealed so. OpenSSL 3.0 unpads in a buffer that it wipes, and
// what else it has of the secret is still masked.
size_t Decrypt(EVP_PKEY* key, absl::string_view sealed, std::span<char> out) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new(key, nullptr));
  size_t size = out.size();
  const bool opened =
      context != nullptr && EVP_PKEY_decrypt_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<const unsigned char*>(sealed.data()), sealed.size()) == 1;
  // How it failed is nobody's to know (RFC 8017 7.1.2).
  ERR_clear_error();
  return opened ? size : 0;
}

}  // namespace

class SealingKeys::Shelf {
 public:
  Shelf(base::Clock& clock, SealingKeysOptions options)
      : clock_(clock), options_(options), thread_([this] { Run(); }) {}
  ~Shelf();

  absl::StatusOr<Taken> Take();
  absl::StatusOr<size_t> Open(absl::string_view id, absl::string_view sealed, std::span<char> out);
  // The key of an id that is not over, which has it no more; null when there is none.
  Key Remove(absl::string_view id);

 private:
  struct Out {
    std::string id;
    Key key;
    absl::Time until;
  };

  void Run();
  void DestroyOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  base::Clock& clock_;
  const SealingKeysOptions options_;
  absl::Mutex mu_;
  absl::CondVar changed_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  // The same for a key that is being made.
  std::atomic<bool> stop_now_{false};
  std::deque<Key> ready_ ABSL_GUARDED_BY(mu_);
  // Oldest first, and so by their time.
  std::deque<Out> out_ ABSL_GUARDED_BY(mu_);
  // Last: it uses all of the above.
  std::thread thread_;
};

SealingKeys::Shelf::~Shelf() {
  {
    absl::MutexLock lock(&mu_);
    stop_ = true;
    stop_now_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void SealingKeys::Shelf::DestroyOver() {
  const absl::Time now = clock_.Now();
  while (!out_.empty() && out_.front().until <= now) out_.pop_front();
}

void SealingKeys::Shelf::Run() {
  pthread_setname_np(pthread_self(), "sealing keys");
  // A key costs a tenth of a second of a processor that others need more. Of this thread alone.
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kLowest);
  for (;;) {
    {
      absl::MutexLock lock(&mu_);
      for (;;) {
        if (stop_) return;
        DestroyOver();
        if (ready_.size() < options_.ready) break;
        clock_.Wait(mu_, changed_, out_.empty() ? absl::InfiniteFuture() : out_.front().until);
      }
    }
    Key key = MakeKey(&stop_now_);
    absl::MutexLock lock(&mu_);
    // Stopped, or without randomness there is no use in trying on; Take() says what is wrong.
    if (key == nullptr) return;
    ready_.push_back(std::move(key));
  }
}

absl::StatusOr<SealingKeys::Taken> SealingKeys::Shelf::Take() {
  Key key;
  {
    absl::MutexLock lock(&mu_);
    if (!ready_.empty()) {
      key = std::move(ready_.front());
      ready_.pop_front();
      changed_.SignalAll();
    }
  }
  if (key == nullptr) key = MakeKey(nullptr);
  const std::string public_key = key == nullptr ? "" : PublicDer(key.get());
  if (public_key.empty()) {
    return base::MakeError(ErrorCode::kCryptoFailed, {.what = "no key can be made"});
  }
  const std::string id = absl::BytesToHexString(RandomBytes(kIdBytes));
  absl::MutexLock lock(&mu_);
  DestroyOver();
  if (out_.size() >= options_.most) out_.pop_front();
  const absl::Time until = clock_.Now() + options_.lives;
  out_.push_back({.id = id, .key = std::move(key), .until = until});
  changed_.SignalAll();
  return Taken{.id = id, .public_key = public_key, .until = until};
}

Key SealingKeys::Shelf::Remove(absl::string_view id) {
  absl::MutexLock lock(&mu_);
  DestroyOver();
  const auto found =
      std::find_if(out_.begin(), out_.end(), [&](const Out& out) { return out.id == id; });
  if (found == out_.end()) return nullptr;
  Key key = std::move(found->key);
  out_.erase(found);
  return key;
}

absl::StatusOr<size_t> SealingKeys::Shelf::Open(absl::string_view id, absl::string_view sealed,
                                                std::span<char> out) {
  const Key key = Remove(id);
  if (key == nullptr) return Spent("no such key is open");
  if (out.size() < kRoom) {
    return base::MakeError(ErrorCode::kInternal, {.what = "no room for what was sealed"});
  }
  const size_t size = Decrypt(key.get(), sealed, out);
  if (size == 0) return Spent("this was not sealed for the key");
  return size;
}

SealingKeys::SealingKeys(base::Clock& clock, SealingKeysOptions options)
    : shelf_(std::make_unique<Shelf>(clock, options)) {}

SealingKeys::~SealingKeys() = default;

absl::StatusOr<SealingKeys::Taken> SealingKeys::Take() { return shelf_->Take(); }

absl::StatusOr<size_t> SealingKeys::Open(absl::string_view id, absl::string_view sealed,
                                         std::span<char> out) {
  return shelf_->Open(id, sealed, out);
}

void SealingKeys::Drop(absl::string_view id) { shelf_->Remove(id); }

}  // namespace madoguchi::crypto
