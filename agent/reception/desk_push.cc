#include <algorithm>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/desk_impl.h"

namespace madoguchi::reception {

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

  const absl::Time asked_at = AskedAt(opening.confirmation);
  std::vector<std::string> older;
  absl::Time newest = asked_at;
  for (People::Known& known : people_.Find(PersonKeys(opening.confirmation, person_hash_))) {
    if (known.asked_at <= asked_at) {
      older.push_back(std::move(known.reception_id));
    } else if (known.asked_at > newest) {
      newest = known.asked_at;
      opening.superseded_by = std::move(known.reception_id);
    }
  }

  store::Changes changes;
  changes.face_keys.push_back({push.key, opening.reception_id});
  Receptions receptions;
  // `opened` below refers into it.
  receptions.reserve(1 + older.size());
  receptions.push_back(Open(std::move(opening), now));
  const v1::Reception& opened = receptions.front();
  if (opened.state() == v1::RECEPTION_STATE_ANSWERED) {
    changes.expectations_gone = decision.used;
    const Superseded superseded{opened.reception_id()};
    for (const std::string& id : older) {
      const ReceptionPtr before = board_.Find(id);
      if (before == nullptr || before->state() != v1::RECEPTION_STATE_ANSWERED ||
          !before->superseded_by().empty()) {
        continue;
      }
      absl::StatusOr<v1::Reception> after = Apply(*before, superseded, now);
      if (!after.ok()) return after.status();
      receptions.push_back(*std::move(after));
    }
  }
  const std::string id = opened.reception_id();
  const std::vector<std::string> used = changes.expectations_gone;
  MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes)));
  expectations_.erase(std::remove_if(expectations_.begin(), expectations_.end(),
                                     [&used](const Expectation& expectation) {
                                       return std::find(used.begin(), used.end(), expectation.id) !=
                                              used.end();
                                     }),
                      expectations_.end());
  base::LogInfo("reception_opened",
                {{"reception", id}, {"terminal", push.terminal}, {"counter", push.counter}});
  return absl::OkStatus();
}

}  // namespace madoguchi::reception
