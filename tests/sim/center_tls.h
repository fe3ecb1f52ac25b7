#ifndef MADOGUCHI_TESTS_SIM_CENTER_TLS_H_
#define MADOGUCHI_TESTS_SIM_CENTER_TLS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sim/files.h"

// TLS for a server of the simulator: certificates of clients are demanded, and the connection can
// be torn in every way.
namespace madoguchi::sim {

// A listening socket on 127.0.0.1.
absl::StatusOr<Descriptor> ListenLocally(int port);
// A port that was free a moment ago.
absl::StatusOr<int> FreePort();
// The next connection, waiting at most `wait`; closed when there is none.
Descriptor AcceptOne(const Descriptor& listener, absl::Duration wait);

struct TlsFiles {
  std::string certificate;
  std::string key;
  // Whose certificates clients must have.
  std::string client_ca;
};

// One connection. One thread.
class TlsConnection {
 public:
  // The handshake, at most `within`. `give_up` is asked every 50 ms, by everything that waits.
  static absl::StatusOr<std::unique_ptr<TlsConnection>> Accept(Descriptor socket,
                                                               const TlsFiles& files,
                                                               absl::Duration within,
                                                               std::function<bool()> give_up);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // Some bytes, appended to `bytes`; false at the end, an error, or after `within`.
  bool Read(std::string& bytes, absl::Duration within);
  bool Write(absl::string_view bytes);
  // Waits until the client has closed, or `give_up` says so.
  void WaitForEnd();
  // The next close is a reset.
  void Reset();

 private:
  class Impl;
  explicit TlsConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CENTER_TLS_H_
