#ifndef MADOGUCHI_TESTS_RPC_SITE_H_
#define MADOGUCHI_TESTS_RPC_SITE_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/client/channel.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/pki.h"
#include "agent/reception/desk.h"
#include "agent/records/keeper.h"
#include "agent/rpc/server.h"
#include "agent/store/store.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/reception.pb.h"
#include "tests/rpc/record_answers.h"

namespace madoguchi::rpc {

// A clinic in a temporary folder: a real store, desk and server on a UNIX socket. The test itself
// is the client named `tester`, by its uid.
class Site {
 public:
  struct Options {
    std::vector<v1::Role> roles = {v1::ROLE_EMR};
    // Of the client; empty: all.
    std::vector<std::string> counters;
    WatchOptions watch;
    base::Clock* clock = nullptr;
    // False: nobody is configured with this uid.
    bool known = true;
    // Also listens on loopback with mutual TLS; client `remote` has the certificate `emr-1`.
    bool tcp = false;
    // Bytes each reception carries besides what it needs.
    size_t padding = 0;
    // What everybody who is tapped has consented to, for a day.
    std::vector<v1::ConsentCategory> consents;
    // In every answer of OQS about medicines.
    int drug_lines = kDrugLines;
  };

  // What the gate has written down.
  std::vector<records::GateEvent> GateEvents() const;
  // Questions that reached OQS (which answers at once, about the one who was asked for).
  int Questions() const;
  // From now on OQS answers about somebody else.
  void AnswerWrongly();

  Site() : Site(Options()) {}
  explicit Site(Options options);
  ~Site();

  // Ends server and desk, and begins again on the same files.
  void Restart();
  void StartServer();
  void StopServer();

  // A card read at `counter` by fictional person `number`, taken to the disk. Its reception.
  v1::Reception Tap(int number, const std::string& counter = "front");
  std::vector<v1::Reception> Receptions() const;

  // A new connection each time, whose streams hold at most 64 KB that nobody has read.
  std::shared_ptr<grpc::Channel> Channel() const;
  std::string Target() const { return "unix:" + SocketPath(); }
  // With options.tcp: where it is and how `name`, by a certificate of the site's CA, reaches it.
  client::Target RemoteTarget(const std::string& name) const;
  std::string SocketPath() const { return folder_ + "/s"; }
  const std::string& folder() const { return folder_; }

  reception::Desk& desk() { return *desk_; }
  Server& server() { return *server_; }
  store::Store& store() { return *store_; }
  audit::Trail& trail() { return *trail_; }
  base::Clock& clock() { return clock_; }
  // Changes what GetStatus says.
  void SetStatus(const std::function<void(v1::SystemStatus&)>& change);

  static constexpr char kPlantedName[] = "架空花子";

 private:
  void StartDesk();
  void StopDesk();

  void MakePki();
  void MakeKeeper();

  const Options options_;
  base::SystemClock system_clock_;
  base::Clock& clock_;
  std::string folder_;
  crypto::KeyedHash hash_;
  crypto::KeyPair ca_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Trail> trail_;
  // Declared before the desk, which tells it; set while the server is there.
  mutable absl::Mutex mu_;
  Server* notified_ ABSL_GUARDED_BY(mu_) = nullptr;
  v1::SystemStatus status_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<reception::Desk> desk_;
  std::unique_ptr<records::TrustedClock> trusted_;
  std::unique_ptr<records::Gate> gate_;
  std::unique_ptr<records::Keeper> keeper_;
  std::vector<records::GateEvent> gate_events_ ABSL_GUARDED_BY(mu_);
  int questions_ ABSL_GUARDED_BY(mu_) = 0;
  bool wrong_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<Server> server_;
  int taps_ = 0;
};

// The ErrorDetail in `status`; a test failure when there is none.
v1::ErrorDetail DetailIn(const grpc::Status& status);
// Its number, e.g. `MDG-1001`, or empty.
std::string NumberIn(const grpc::Status& status);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_TESTS_RPC_SITE_H_
