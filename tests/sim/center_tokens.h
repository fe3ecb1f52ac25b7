#ifndef MADOGUCHI_TESTS_SIM_CENTER_TOKENS_H_
#define MADOGUCHI_TESTS_SIM_CENTER_TOKENS_H_

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/sim/center_http.h"

namespace madoguchi::sim {

// The one account of the web API, and the tokens it was given. Thread-safe.
class CenterTokens {
 public:
  CenterTokens(std::string password, absl::Duration token_for)
      : password_(std::move(password)), token_for_(token_for) {}

  // `refuse`: whatever the password.
  HttpResponse Login(const std::string& body, bool refuse);
  HttpResponse Renew(const std::string& body);
  // `expire`: once for each time it is on, what was given so far does not count any more.
  bool Know(const std::string& token, bool expire);

 private:
  HttpResponse Give();

  const std::string password_;
  const absl::Duration token_for_;
  absl::Mutex mu_;
  // Until when each counts.
  std::map<std::string, absl::Time> tokens_ ABSL_GUARDED_BY(mu_);
  std::string refresh_ ABSL_GUARDED_BY(mu_);
  bool expired_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CENTER_TOKENS_H_
