#ifndef MADOGUCHI_TESTS_READER_TEST_CARD_H_
#define MADOGUCHI_TESTS_READER_TEST_CARD_H_

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace madoguchi::reader {

// A root of a test hierarchy and a certificate of it, made anew for each test program.
struct TestIdentity {
  std::string root_der;
  std::string certificate_der;
  std::shared_ptr<EVP_PKEY> key;
};
struct TestIdentityOptions {
  absl::Time from = absl::FromUnixSeconds(1'700'000'000);
  absl::Time to = absl::FromUnixSeconds(2'000'000'000);
  std::string organization = "JPKI";
  std::string key_usage = "critical,digitalSignature";
  // E.g. "email:somebody@example.jp"; empty: none.
  std::string alternative_name = {};
};
TestIdentity MakeTestIdentity(const TestIdentityOptions& options = {});

// The user authentication part of the JPKI application (my-number-card 1 and 2), as a table of
// behaviours. It counts what it is told.
class TestCard {
 public:
  explicit TestCard(TestIdentity identity) : identity_(std::move(identity)) {}

  std::optional<std::string> operator()(const std::string& command);

  std::string pin = "1234";
  int attempts = 3;
  std::string label = "JPKIAPICCTOKEN2";
  bool extended_length = true;
  bool short_ids = true;
  bool first_fails = false;
  bool has_application = true;
  bool has_certificate = true;
  // Goes away before answering this exchange, counted from 1; with `after`, after having done it.
  int yank_at = 0;
  bool yank_after = false;

  int exchanges = 0;
  int verifies = 0;
  int signatures = 0;
  // Other applications selected, other files read.
  int forbidden = 0;

 private:
  std::string Answer(const std::string& command);
  std::string Read(const std::string& command);
  std::string Verify(const std::string& command);
  std::string SignWith(const std::string& command);

  TestIdentity identity_;
  bool selected_ = false;
  int current_ = 0;
  bool verified_ = false;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_TESTS_READER_TEST_CARD_H_
