#ifndef MADOGUCHI_AGENT_CLI_COMMANDS_H_
#define MADOGUCHI_AGENT_CLI_COMMANDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/cli/identifiers.h"
#include "madoguchi/v1/confirmation.pb.h"

// The commands of `madoguchi`, one function each: they print to standard output, problems to
// standard error, and return the exit code of the contract.
namespace madoguchi::cli {

// Exit codes (docs/architecture.md, commands).
enum Exit : int {
  kSuccess = 0,
  kAnswerIsNo = 1,
  kUsage = 2,
  kCannotReach = 3,
  kNotAllowed = 4,
  kOutsideFailed = 5,
};

// Options every command has.
struct Global {
  // unix:PATH or HOST:PORT.
  std::string target;
  // PEM files, for TCP.
  std::string certificate;
  std::string key;
  std::string ca;
  // The person who acts (metadata madoguchi-operator).
  std::string person;
  // The bare message, one per line, instead of text for people.
  bool json = false;
  // How long a call may take.
  double timeout_seconds = 10;
};

struct WatchOptions {
  // Start now, or after this cursor; neither: today.
  bool now = false;
  std::string after;
  std::vector<std::string> counters;
  // End after that many receptions; 0: never.
  int count = 0;
  // End once everything known has been shown.
  bool until_caught_up = false;
};
int Watch(const Global& global, const WatchOptions& options);

int Status(const Global& global, bool follow);

int ListReaders(const Global& global, bool follow);
// Reads the card on `reader` but for the PIN, and says what works. kAnswerIsNo when something about
// the card does not.
int TestReader(const Global& global, const std::string& reader);

struct CheckInOptions {
  std::string reader;
  // What the patient consents to, separated by commas.
  std::string consent;
  // The member of staff who identifies the person by eye, instead of a PIN.
  std::string visual;
  bool use_last_attempt = false;
  // Enrols a card that is not enrolled yet: the patient has agreed.
  bool enroll = false;
};
// A whole check-in at a card reader, PINs from standard input, one a line.
int ReceptionStart(const Global& global, const CheckInOptions& options);

struct ListOptions {
  std::string counter;
  // yyyy-mm-dd or yyyymmdd; empty: today.
  std::string day;
  std::string patient;
};
int ReceptionList(const Global& global, const ListOptions& options);
int ReceptionShow(const Global& global, const std::string& reception_id);

struct ChangeOptions {
  std::string reception_id;
  std::string patient;
  std::string reason;
  int32_t expected_revision = 0;
  std::string request_id;
};
int ReceptionAssign(const Global& global, const ChangeOptions& options);
int ReceptionUnassign(const Global& global, const ChangeOptions& options);
int ReceptionCancel(const Global& global, const ChangeOptions& options);

struct ExpectOptions {
  std::string counter;
  std::string patient;
  Identifiers identifiers;
  int32_t seconds = 0;
  std::string request_id;
};
// Asks for missing identifiers when a person sits at the keyboard (and --json is not given).
int ReceptionExpect(const Global& global, const ExpectOptions& options);

struct RecordOptions {
  std::string reception_id;
  // yyyy-mm, both included; empty: the daemon's default (three years).
  std::string from;
  std::string to;
  // `stored-or-fetch` (also when empty), `stored` or `fetch`.
  std::string freshness;
  // Every line on its own, also those that repeat another.
  bool duplicates = false;
  std::string request_id;
};
// Medical records of the patient of a reception.
int Drugs(const Global& global, const RecordOptions& options);
int Checkups(const Global& global, const RecordOptions& options);
int Diagnoses(const Global& global, const RecordOptions& options);

struct DocumentOptions {
  RecordOptions record;
  // `drug`, `drug-diagnosis` or `checkup`.
  std::string kind;
  // The file to write.
  std::string out;
  bool force = false;
};
int Document(const Global& global, const DocumentOptions& options);

struct ConfirmOptions {
  Identifiers identifiers;
  // Empty: the only one there is.
  std::string counter;
  std::string patient;
  // One that was answered by identifiers or waits for the line; empty: none.
  std::string reception_id;
  bool open_reception = false;
  // How long to wait for the answer.
  int32_t wait_seconds = 30;
  std::string request_id;
};
// Asks for missing identifiers as ReceptionExpect does. kSuccess: valid; kAnswerIsNo: not valid,
// not found; kOutsideFailed: no answer, or one that does not say.
int Confirm(const Global& global, const ConfirmOptions& options);
int ReceptionRetry(const Global& global, const ChangeOptions& options);
// What is typed goes before what was noted already.
int ReceptionComplete(const Global& global, const ConfirmOptions& options);

// Asks for missing identifiers when a person sits at the keyboard and --json is not given.
absl::Status AskAtKeyboard(const Global& global, Identifiers& typed);
void PutIdentifiers(const Identifiers& typed, v1::InsuredId& insured, v1::Date& birth_date);

struct AuditOptions {
  // Days as for ListOptions; empty: from the first, to the newest.
  std::string from;
  std::string to;
  std::string reception_id;
  // The client whose doing it was. AuditDisclose reads it from standard input when it is empty.
  std::string identity;
  std::string person;
  // Numbers of kinds; empty: all (released records for AuditDisclose).
  std::vector<int32_t> kinds;
  // A file with an anchor a line, `-` for standard input; empty: none.
  std::string anchors;
};
int AuditList(const Global& global, const AuditOptions& options);
// kAnswerIsNo when the trail is not intact.
int AuditVerify(const Global& global, const AuditOptions& options);
int AuditAnchor(const Global& global, const AuditOptions& options);
int AuditDisclose(const Global& global, const AuditOptions& options);

struct PkiOptions {
  // Where ca.pem, ca.key and what is made from them lie.
  std::string folder = ".";
  std::string name;
  // For `server`: DNS names and addresses besides the name.
  std::vector<std::string> also;
  int days = 730;
  bool force = false;
};
int PkiInit(const Global& global, const PkiOptions& options);
int PkiServer(const Global& global, const PkiOptions& options);
int PkiClient(const Global& global, const PkiOptions& options);

// A record in a format of others (ExportService), to standard output or a file for its owner only.
struct ExportOptions {
  std::string reception_id;
  // One of ExportWhatNames(); fhir, hl7v2, jahis, xml or message.
  std::string what;
  std::string to;
  std::string jp_core = "1.2.0";
  // Of hl7v2; empty: the daemon's default.
  std::string in1;
  std::string charset;
  std::string event;
  // Empty: standard output.
  std::string out;
  bool force = false;
};
std::vector<std::string> ExportWhatNames();
int Export(const Global& global, const ExportOptions& options);

struct ConvertOptions {
  std::string to = "json";
  // Of fhir: `1.2.0` or `1.1.2`.
  std::string jp_core = "1.2.0";
  // Of hl7v2.
  std::string in1 = "ssmix2";
  std::string charset = "utf-8";
  std::string event = "A08";
  std::string time;
  // Of ssmix2: the root of the storage, which must exist; its FacilityID, empty for the institution
  // each message names; the chart number, empty for the reference number of the answer; the width
  // of chart numbers in the storage. `time` above, too.
  std::string storage;
  std::string institution;
  std::string patient_id;
  int patient_digits = 10;
  std::vector<std::string> files;
  // Further names of files stand on standard input, one a line, however many.
  bool files_from_stdin = false;
};
int Convert(const ConvertOptions& options);

// The failure catalogue, or one entry (`MDG-1203` or `1203`).
int Errors(const Global& global, const std::string& number);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_COMMANDS_H_
