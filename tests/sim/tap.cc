#include "tests/sim/tap.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"
#include "agent/oqs/message.h"
#include "tests/sim/deliver.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/push.h"

namespace madoguchi::sim {
namespace {

struct Push {
  std::string bytes;
  Expected expected;
};

absl::StatusOr<Push> MakePush(const Person& person, const TapOptions& options,
                              const std::string& name, PushFacts facts) {
  facts.consent_for = options.consent_for;
  facts.consents = options.consents;
  const v1::Confirmation answer = FillPush(person.answer, facts);
  absl::StatusOr<std::string> bytes = WritePush(answer, name, facts.encoding);
  if (!bytes.ok()) return bytes.status();
  return Push{std::move(*bytes), Expect(answer, kInstitution, facts.now)};
}

absl::StatusOr<Push> MakeReplay(const std::string& path, const std::string& name, absl::Time now) {
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--replay: ", bytes.status().message(), "; allowed is a readable file"));
  }
  const absl::StatusOr<v1::OqsMessage> message = oqs::ReadMessage(name, *bytes);
  if (message.ok()) {
    return Push{std::move(*bytes), Expect(message->confirmation(), kInstitution, now)};
  }
  const std::optional<v1::ErrorDetail> detail = base::DetailOf(message.status());
  return Push{std::move(*bytes), ExpectNone(detail.has_value() ? detail->number() : "")};
}

std::vector<std::string> NamesOfFaults(const std::vector<ActiveFault>& faults, int terminal) {
  std::vector<std::string> names;
  for (const FaultInfo& info : AllFaults()) {
    if (info.kind == FaultKind::kFace && HasFault(faults, info.fault, terminal))
      names.emplace_back(info.name);
  }
  return names;
}

}  // namespace

JsonObject Tapped::Json() const {
  JsonObject json;
  json.Text("file", file)
      .Text("terminal", Site::TerminalName(terminal))
      .Text("counter", Site::CounterName(terminal))
      .Text("persona", persona)
      .Number("patient", patient)
      .Texts("faults", faults)
      .Object("expected", expected.Json());
  return json;
}

Tapper::Tapper(const Site& site) : site_(site), chance_(std::random_device()()) {}

absl::StatusOr<Person> Tapper::Choose(const TapOptions& options) {
  if (options.patient != 0) return site_.LoadPerson(options.patient);
  if (!options.persona.empty()) {
    const absl::StatusOr<int> number = site_.NumberOfPersona(options.persona);
    if (!number.ok()) return number.status();
    return site_.LoadPerson(*number);
  }
  if (site_.patients() == 0) {
    return absl::InvalidArgumentError(
        "the site has no ordinary patients: allowed is --persona NAME or --replay FILE");
  }
  return site_.LoadPerson(1 +
                          static_cast<int>(chance_() % static_cast<uint64_t>(site_.patients())));
}

absl::StatusOr<Tapped> Tapper::Tap(const TapOptions& options) {
  MDG_RETURN_IF_ERROR(site_.CheckTerminal(options.terminal));
  const absl::StatusOr<SiteLock> lock = SiteLock::Take(site_.SimFolder(), SiteLock::Mode::kShared);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
  if (!faults.ok()) return faults.status();
  const Delivery delivery{.site = site_, .faults = *faults, .terminal = options.terminal};
  const absl::Time now = absl::Now();
  const std::string random = crypto::RandomBytes(10);
  PushFacts facts{.now = now,
                  .token = absl::BytesToHexString(random),
                  .encoding = FileEncoding(site_.encoding(), random.back())};
  if (delivery.Has(Fault::kWrongEncoding)) facts.encoding = oqs::Encoding::kShiftJis;
  Tapped tapped;
  tapped.terminal = options.terminal;
  tapped.file = FaceFileName(facts.token, now);
  absl::StatusOr<Push> push = Push{};
  if (!options.replay.empty()) {
    push = MakeReplay(options.replay, tapped.file, now);
  } else {
    const absl::StatusOr<Person> person = Choose(options);
    if (!person.ok()) return person.status();
    tapped.patient = person->number;
    tapped.persona = person->persona;
    push = MakePush(*person, options, tapped.file, facts);
  }
  if (!push.ok()) return push.status();
  tapped.faults = NamesOfFaults(*faults, options.terminal);
  tapped.expected = ExpectWithFaults(push->expected, delivery);
  MDG_RETURN_IF_ERROR(Deliver(delivery, tapped.file, Damage(delivery, push->bytes)));
  return tapped;
}

}  // namespace madoguchi::sim
