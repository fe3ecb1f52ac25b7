#include <algorithm>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/desk_impl.h"

namespace madoguchi::reception {

Desk::Impl::SamePerson Desk::Impl::FindSamePerson(const v1::Confirmation& confirmation) const {
  SamePerson same;
  const absl::Time asked_at = AskedAt(confirmation);
  absl::Time newest = asked_at;
  for (People::Known& known : people_.Find(PersonKeys(confirmation, person_hash_))) {
    if (known.asked_at <= asked_at) {
      same.older.push_back(std::move(known.reception_id));
    } else if (known.asked_at > newest) {
      newest = known.asked_at;
      same.newer = std::move(known.reception_id);
    }
  }
  return same;
}

Desk::Impl::Receptions Desk::Impl::Supersede(const std::vector<std::string>& ids,
                                             const std::string& by, absl::Time now) const {
  Receptions superseded;
  for (const std::string& id : ids) {
    const ReceptionPtr before = board_.Find(id);
    if (before == nullptr) continue;
    absl::StatusOr<v1::Reception> after = Apply(*before, Superseded{by}, now);
    // Cancelled and closed ones have no consents to shut.
    if (after.ok() && after->revision() != before->revision()) {
      superseded.push_back(*std::move(after));
    }
  }
  return superseded;
}

void Desk::Impl::ForgetExpectations(const std::vector<std::string>& used) {
  std::erase_if(expectations_, [&used](const Expectation& expectation) {
    return std::find(used.begin(), used.end(), expectation.id) != used.end();
  });
}

absl::Status Desk::Impl::TakePush(eligibility::FacePush push) {
  const absl::StatusOr<std::optional<std::string>> taken = store_.FindFaceKey(push.key);
  if (!taken.ok()) {
    NoteStore(taken.status());
    return taken.status();
  }
  if (taken->has_value()) return absl::OkStatus();

  const absl::Time now = clock_.Now();
  Opening opening{.reception_id = crypto::NewId(now),
                  .confirmation_id = crypto::NewId(now),
                  .terminal = push.terminal,
                  .counter = push.counter,
                  .seen_at = push.seen_at,
                  .medical_institution_code = options_.medical_institution_code,
                  .confirmation = std::move(push.confirmation),
                  .assignment = {},
                  .superseded_by = {}};
  *opening.confirmation.mutable_received_at() = base::ToProto(push.seen_at);
  Decision decision = DecideAssignment(opening.confirmation, push.counter, expectations_, now);
  opening.assignment = std::move(decision.assignment);

  const SamePerson same = FindSamePerson(opening.confirmation);
  opening.superseded_by = same.newer;

  store::Changes changes;
  changes.face_keys.push_back({push.key, opening.reception_id});
  v1::Reception opened = Open(std::move(opening), now);
  const std::string id = opened.reception_id();
  const bool answered = opened.state() == v1::RECEPTION_STATE_ANSWERED;
  // The new one first: whoever reads that it superseded another has seen it already.
  Receptions receptions;
  receptions.push_back(std::move(opened));
  if (answered) {
    changes.expectations_gone = decision.used;
    for (v1::Reception& older : Supersede(same.older, id, now)) {
      receptions.push_back(std::move(older));
    }
  }
  const std::vector<std::string> used = changes.expectations_gone;
  MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes)));
  ForgetExpectations(used);
  base::LogInfo("reception_opened",
                {{"reception", id}, {"terminal", push.terminal}, {"counter", push.counter}});
  return absl::OkStatus();
}

}  // namespace madoguchi::reception
