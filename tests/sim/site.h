#ifndef MADOGUCHI_TESTS_SIM_SITE_H_
#define MADOGUCHI_TESTS_SIM_SITE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::sim {

inline constexpr absl::string_view kInstitution = "9910000017";
// Whose answers come by mistake.
inline constexpr absl::string_view kOtherInstitution = "9910000099";
inline constexpr int kMaxTerminals = 99;
inline constexpr int kMaxPatients = 100000;

// In what encoding the terminals write. kMixed: some files in the one, some in the other.
enum class SiteEncoding { kUtf8, kShiftJis, kMixed };
// `utf8`, `shift_jis`, `mixed`.
absl::StatusOr<SiteEncoding> ParseSiteEncoding(absl::string_view text);
absl::string_view SiteEncodingName(SiteEncoding encoding);

struct InitOptions {
  std::string folder = {};
  uint64_t seed = 1;
  int patients = 50;
  int terminals = 1;
  // `HOST:PORT` for mutual TLS; empty: UNIX socket only.
  std::string listen = {};
  SiteEncoding encoding = SiteEncoding::kUtf8;
  // Port of the web API on this machine; 0: any that is free now.
  int center_port = 0;
  // Questions by identifiers and about records go over the web, and terminals only read cards.
  bool asks_by_web = false;
  // Somebody else's root of cards (PEM), whose cards are given to the population; empty: none.
  std::string trust_card_ca = {};
};

// Writes a whole site into a folder that does not exist or is empty: configuration of the daemon,
// folders of the terminals, certificates, population. `now` decides ages and dates.
absl::Status InitSite(const InitOptions& options, absl::Time now);

// One person of the population, as a template of an answer: codes and texts; what depends on the
// push (times, institution, months of tickets) is empty and filled then.
struct Person {
  int number = 0;
  // Empty for an ordinary patient.
  std::string persona = {};
  std::string text_ja = {};
  v1::Confirmation answer = {};
};

// A site on disk. People are read one file at a time, so vendors may edit DIR/sim/people.
class Site {
 public:
  static absl::StatusOr<Site> Open(const std::string& folder);

  int patients() const { return patients_; }
  int terminals() const { return terminals_; }
  SiteEncoding encoding() const { return encoding_; }
  // 0: a site of an older kind, without a web API.
  int center_port() const { return center_port_; }
  // Patients and personas.
  int people() const;

  std::string SimFolder() const;
  std::string PkiFile(absl::string_view name) const;
  // The terminal's folder as the daemon sees it: DIR/oqs, DIR/oqs2, … `terminal` from 1.
  std::string OqsFolder(int terminal) const;
  // Where it lies while `run --fuse` serves it through bindfs.
  std::string HiddenFolder(int terminal) const;
  // The one of the two that is the terminal's own disk now.
  std::string DiskFolder(int terminal) const;
  // Where files wait while a folder (`face`, `req`, `res`) is gone (faults share-gone,
  // exchange-gone).
  std::string GoneFolder(int terminal, absl::string_view part = "face") const;
  // Where the terminal itself finds its folder `part` now: on its disk, or where it is gone to.
  std::string OwnFolder(int terminal, absl::string_view part) const;

  absl::StatusOr<Person> LoadPerson(int number) const;
  absl::StatusOr<int> NumberOfPersona(absl::string_view persona) const;
  // kInvalidArgument unless there is such a terminal.
  absl::Status CheckTerminal(int terminal) const;

  static std::string TerminalName(int terminal);
  static std::string CounterName(int terminal);

 private:
  std::string root_;
  int patients_ = 0;
  int terminals_ = 0;
  SiteEncoding encoding_ = SiteEncoding::kUtf8;
  int center_port_ = 0;
};

// Parts of InitSite that have a file of their own.
std::string ConfigurationText(const InitOptions& options, unsigned uid);
absl::Status WriteKeys(const std::string& pki_folder, const std::string& listen_host,
                       absl::Time now);
// Those of the web API, and the account's password.
absl::Status WriteCenterKeys(const std::string& pki_folder, absl::Time now);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_SITE_H_
