#ifndef MADOGUCHI_TESTS_SIM_FAULTS_H_
#define MADOGUCHI_TESTS_SIM_FAULTS_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

enum class Fault {
  // The file is written in five pieces within half a second.
  kPieces,
  // The file ends in the middle and stays so.
  kTruncated,
  // Declared UTF-8, bytes are CP932 (a replay that is UTF-8 stays as it is). Still readable.
  kWrongEncoding,
  // A byte that fits neither UTF-8 nor CP932.
  kInvalidBytes,
  // Another program moves the file into `trash` within 400 ms after it is complete.
  kMovedAway,
  // Another program deletes it within 400 ms after it is complete.
  kDeleted,
  // Same name, same content, written a second time.
  kWrittenTwice,
  // Six megabytes.
  kHuge,
  // The face folder is away until the fault is cleared, and comes back as a new folder.
  kShareGone,
  // Whoever looks into the share hangs until the fault is cleared. Needs `run --fuse`.
  kShareHung,
  // From here on: questions and answers (req, res), which `run` handles.
  // The request is taken and nothing ever comes of it.
  kAnswerNever,
  // Answers are held back until the fault is cleared.
  kAnswerLate,
  // The answer is written again 300 ms after the first time.
  kAnswerTwice,
  // The answer is written in five pieces within half a second.
  kAnswerPieces,
  // The answer ends in the middle and stays so.
  kAnswerTruncated,
  // A byte of the answer fits neither UTF-8 nor CP932.
  kAnswerUnreadable,
  // Under the right name: the answer to another question, about another person.
  kAnswerForeign,
  // The answer names another institution.
  kAnswerInstitution,
  // OQS answers with SegmentOfResult 9 and an error.
  kAnswerError,
  // Another program moves the answer into `trash` the moment it is there.
  kAnswerTaken,
  // The terminal takes the request and loses it: OQS never sees it.
  kRequestEaten,
  // The terminal's program stands still: requests stay in req, and are answered after it goes on.
  kRequestIgnored,
  // The req and res folders are away until the fault is cleared, and come back as new folders.
  kExchangeGone,
  // The same, away and back every second.
  kLineFlapping,
  // From here on: medical records (YZK, TKK) about somebody else under the right name and
  // identifier, or about the right person written another way.
  // Of the next one of the population.
  kRecordOtherPerson,
  // The same name and birth date, another sex.
  kRecordOtherSex,
  // The same family name, birth date and sex, another given name.
  kRecordTwin,
  // The same, with ● where the given names differ.
  kRecordMaruTwin,
  // The right person with ● in the name.
  kRecordMaruName,
  // The right person with full-width kana and small ones.
  kRecordSmallKana,
  // Without a patient block.
  kRecordNoPatient,
  // OQS gives none: ResultCode 2.
  kRecordRefused,
  // From here on: the web API. Faults of questions, answers and records count there, too, when they
  // are on for every terminal.
  // Nobody listens.
  kCenterRefuses,
  // Everything is read and nothing answered, until the fault is cleared.
  kCenterHangs,
  // The connection is reset after the request was read.
  kCenterResets,
  // HTTP 503.
  kCenterFails,
  // HTTP 200 with bytes that mean nothing.
  kCenterGarbage,
  // The right identifier, another person.
  kCenterOtherPerson,
  // Tokens given so far do not count any more.
  kCenterTokenExpired,
  // No login is accepted.
  kCenterLoginRefused,
  // The server's certificate is over.
  kCenterCertificateExpired,
  // The answer takes some two seconds, in pieces.
  kCenterSlow,
  // Any card is revoked, suspended, not enrolled.
  kCardRevoked,
  kCardSuspended,
  kCardNotEnrolled,
  // The answer to a card's question echoes none of the consents.
  kConsentLost,
};

// What a fault is about: files of the face reader (taps report those), or questions and answers.
enum class FaultKind { kFace, kExchange };

struct FaultInfo {
  Fault fault;
  absl::string_view name;
  absl::string_view text_ja;
  FaultKind kind = FaultKind::kFace;
};
std::span<const FaultInfo> AllFaults();
absl::string_view FaultName(Fault fault);
// kInvalidArgument with the list of names.
absl::StatusOr<Fault> ParseFault(absl::string_view name);

// A fault that is switched on.
struct ActiveFault {
  Fault fault;
  // 0: every terminal.
  int terminal = 0;
  bool operator==(const ActiveFault&) const = default;
};

// What is switched on, from DIR/sim/faults.json. Hold the site lock.
absl::StatusOr<std::vector<ActiveFault>> ReadFaults(const Site& site);
absl::Status WriteFaults(const Site& site, const std::vector<ActiveFault>& faults);
bool HasFault(const std::vector<ActiveFault>& faults, Fault fault, int terminal);

// Switches a fault on or off, now: folders go away and come back inside these calls. They take the
// site lock themselves. `terminal` 0: every terminal.
absl::Status SetFault(const Site& site, Fault fault, int terminal);
// `only` empty: all faults.
absl::Status ClearFaults(const Site& site, absl::string_view only, int terminal);

// Makes the folders and processes of one terminal as `faults` has them. Hold the site lock alone.
absl::Status ApplyToShare(const Site& site, const std::vector<ActiveFault>& faults, int terminal);

// For kLineFlapping: takes req and res of a terminal away, or brings them back. Hold the site lock
// alone.
absl::Status TakeExchangeAway(const Site& site, int terminal);
absl::Status BringExchangeBack(const Site& site, int terminal);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_FAULTS_H_
