#include <memory>
#include <utility>

#include "agent/base/error.h"
#include "agent/reception/desk_impl.h"

// What is asked of OQS about the holder of a card.
namespace madoguchi::reception {

eligibility::Line* Desk::Impl::CardLine(absl::string_view counter) const {
  return ChooseLine(counter, eligibility::Topic::kCards, {});
}

void Desk::Impl::AskChallenge(const std::string& counter, ChallengeDone done) {
  if (ask_challenge_ == nullptr || CardLine(counter) == nullptr) {
    return done(base::MakeError(base::ErrorCode::kNotAsked,
                                {.what = "no web API takes cards of this counter now"}));
  }
  auto answer = std::make_shared<ChallengeDone>(std::move(done));
  ask_challenge_([this, answer](const absl::StatusOr<oqs::WebChallenge>& challenge) {
    const bool posted = Post([answer, challenge] { (*answer)(challenge); });
    if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
  });
}

absl::Status Desk::Impl::AskCard(v1::Reception after, kept::v1::CardQuestion card,
                                 eligibility::Line& line, store::Changes changes, const Caller& by,
                                 std::vector<audit::Entry> entries) {
  absl::StatusOr<OpenExchange> exchange =
      MakeExchange(QuestionOf({}), after.reception_id(), after.counter(), line);
  if (!exchange.ok()) return exchange.status();
  *exchange->body.mutable_card() = std::move(card);
  changes.exchanges.push_back(exchange->Row());
  MDG_RETURN_IF_ERROR(Save({std::move(after)}, std::move(changes), by, std::move(entries)));
  Send(*std::move(exchange), line);
  return absl::OkStatus();
}

}  // namespace madoguchi::reception
