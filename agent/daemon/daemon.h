#ifndef MADOGUCHI_AGENT_DAEMON_DAEMON_H_
#define MADOGUCHI_AGENT_DAEMON_DAEMON_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/crypto/digest.h"
#include "agent/daemon/config.h"
#include "agent/daemon/medical.h"
#include "agent/daemon/readers.h"
#include "agent/daemon/site_lock.h"
#include "agent/eligibility/line.h"
#include "agent/eligibility/terminal.h"
#include "agent/eligibility/web_line.h"
#include "agent/reception/desk.h"
#include "agent/rpc/server.h"
#include "agent/store/store.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::daemon {

// The rooms, wired: terminals -> desk -> clients. Owns every thread of the program but main.
class Daemon {
 public:
  explicit Daemon(Config config);
  // Stops.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Opens the site, serves, watches. On an error nothing runs. Once.
  absl::Status Start();
  // Terminals and lines first, then clients, the desk last, so that what arrived is stored and what
  // is stored could be told. False when a thread that hangs in a share or in the card service had
  // to be left behind: the process must then end without running destructors. Idempotent.
  bool Stop();

  // `unix:PATH tls:HOST:PORT`, as far as configured.
  std::string Listeners() const;

 private:
  absl::Status OpenSite();
  void MakeTerminals();
  void MakeLines();
  absl::Status MakeReaders();
  // OQS's clock minus ours, of the terminal where it is largest; any thread.
  absl::Duration Skew() const;
  v1::SystemStatus Status() const;
  void AddAudit(v1::SystemStatus& status) const;
  void AddReaders(v1::SystemStatus& status) const;
  void AddWebApi(v1::SystemStatus& status) const;
  void AddWarnings(v1::SystemStatus& status) const;

  const Config config_;
  base::SystemClock clock_;
  const absl::Time started_at_;
  std::optional<SiteLock> lock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Trail> trail_;
  std::optional<crypto::KeyedHash> person_hash_;
  std::unique_ptr<reception::Desk> desk_;
  std::vector<std::unique_ptr<eligibility::Terminal>> terminals_;
  std::vector<std::unique_ptr<eligibility::Line>> lines_;
  // One of `lines_`; nullptr without [center].
  eligibility::WebLine* web_ = nullptr;
  std::unique_ptr<Medical> medical_;
  // nullptr: no reader is configured.
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<rpc::Server> server_;
  bool stopped_ = false;
  bool all_ended_ = true;
};

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_DAEMON_H_
