#include "tests/sim/card_run.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "tests/sim/card.h"
#include "tests/sim/card_control.h"
#include "tests/sim/card_link.h"
#include "tests/sim/card_log.h"
#include "tests/sim/card_store.h"
#include "tests/sim/card_witness.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {
namespace {

constexpr absl::Duration kFirstRetry = absl::Milliseconds(20);
constexpr absl::Duration kLongestRetry = absl::Milliseconds(500);
// For the reader to take in a card that was put on it.
constexpr absl::Duration kReaderPatience = absl::Seconds(10);

class CardOnReader {
 public:
  CardOnReader(const Site& site, int port, CardLog log, std::function<void(const std::string&)> say)
      : site_(site), port_(port), log_(std::move(log)), say_(std::move(say)) {}

  absl::Status Prepare(int person, const std::string& behaviour) {
    absl::StatusOr<CardBehaviour> parsed = ParseCardBehaviour(behaviour);
    if (!parsed.ok()) return parsed.status();
    return Become(person, *parsed);
  }

  // Until a signal comes.
  absl::Status Serve(int signals, const CardControl& control) {
    while (true) {
      MDG_RETURN_IF_ERROR(DoWhatIsDue(absl::Now()));
      // With an answer still owed the reader has nothing to say, but it may go.
      const short wanted = owed_.has_value() ? POLLRDHUP : POLLIN | POLLRDHUP;
      pollfd waiting[] = {{signals, POLLIN, 0},
                          {control.fd(), POLLIN, 0},
                          {link_.has_value() ? link_->fd() : -1, wanted, 0}};
      if (poll(waiting, std::size(waiting), MillisecondsLeft(absl::Now())) <= 0) continue;
      if (waiting[0].revents != 0) return Leave("stopped");
      if (waiting[2].revents != 0) MDG_RETURN_IF_ERROR(Listen(waiting[2].revents));
      if (waiting[1].revents == 0) continue;
      std::optional<CardRequest> request = control.Accept();
      if (request.has_value()) MDG_RETURN_IF_ERROR(Change(*std::move(request)));
    }
  }

 private:
  struct Owed {
    std::string answer;
    absl::Time due;
  };

  absl::Status Become(int person, const CardBehaviour& behaviour) {
    absl::StatusOr<OwnedCard> card = LoadCard(site_, person, behaviour, absl::Now());
    if (!card.ok()) return card.status();
    std::optional<OwnedCard> spare;
    if (!behaviour.swap.empty()) {
      int number = 0;
      if (!absl::SimpleAtoi(behaviour.swap, &number)) {
        const absl::StatusOr<int> found = site_.NumberOfPersona(behaviour.swap);
        if (!found.ok()) return found.status();
        number = *found;
      }
      CardBehaviour ordinary = behaviour;
      ordinary.tries = std::nullopt;
      absl::StatusOr<OwnedCard> other = LoadCard(site_, number, ordinary, absl::Now());
      if (!other.ok()) return other.status();
      spare = *std::move(other);
    }
    behaviour_ = behaviour;
    spare_ = std::move(spare);
    exchanges_ = 0;
    if (owed_.has_value()) owed_->due = absl::InfinitePast();
    TakeTheCard(*std::move(card));
    return absl::OkStatus();
  }

  void TakeTheCard(OwnedCard card) {
    const bool is_another = person_ != card.person;
    person_ = card.person;
    persona_ = std::move(card.persona);
    if (is_another) witness_.Forget();
    if (is_another || card_ == nullptr) {
      card_ = std::make_unique<Card>(std::move(card.contents), std::move(card.pins), behaviour_);
    } else {
      card_->Become(std::move(card.contents), std::move(card.pins), behaviour_);
    }
  }

  JsonObject Line(absl::string_view event) const {
    JsonObject line;
    line.Text("at", absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez", absl::Now(), base::Japan()))
        .Number("port", port_)
        .Number("patient", person_)
        .Text("persona", persona_)
        .Text("event", event);
    return line;
  }

  int MillisecondsLeft(absl::Time now) const {
    absl::Time next = absl::InfiniteFuture();
    if (on_reader_ && !link_.has_value()) next = std::min(next, connect_at_);
    if (owed_.has_value()) next = std::min(next, owed_->due);
    if (putting_.has_value()) next = std::min(next, put_deadline_);
    if (next == absl::InfiniteFuture()) return -1;
    return static_cast<int>(std::clamp<int64_t>(
        absl::ToInt64Milliseconds(absl::Ceil(next - now, absl::Milliseconds(1))), 0, 60'000));
  }

  absl::Status DoWhatIsDue(absl::Time now) {
    if (putting_.has_value() && now >= put_deadline_) {
      putting_->Answer(absl::UnavailableError(
          absl::StrCat("no reader at port ", port_, " has taken the card; is pcscd running?")));
      putting_.reset();
    }
    if (owed_.has_value() && now >= owed_->due) {
      MDG_RETURN_IF_ERROR(Pay());
      MDG_RETURN_IF_ERROR(DoWhatWasSaid());
    }
    if (on_reader_ && !link_.has_value() && now >= connect_at_) return Connect(now);
    return absl::OkStatus();
  }

  absl::Status Connect(absl::Time now) {
    absl::StatusOr<VpcdLink> link = VpcdLink::Connect(port_);
    if (!link.ok()) {
      if (!std::exchange(told_, true)) say_(absl::StrCat("waiting: ", link.status().message()));
      connect_at_ = now + retry_;
      retry_ = std::min(retry_ * 2, kLongestRetry);
      return absl::OkStatus();
    }
    link_.emplace(*std::move(link));
    is_ready_ = false;
    exchanges_ = 0;
    last_exchange_ = now;
    return absl::OkStatus();
  }

  // The card is away, and with it its power.
  absl::Status Leave(absl::string_view why) {
    if (!link_.has_value()) return absl::OkStatus();
    link_.reset();
    owed_.reset();
    card_->PowerOff();
    const std::vector<std::string> seen =
        witness_.PowerEnds(CardPowerEnd::kRemoved, absl::ZeroDuration());
    connect_at_ = absl::Now();
    return is_ready_ ? log_.Add(Line("removed").Text("why", why).Texts("forbidden", seen))
                     : absl::OkStatus();
  }

  absl::Status ReaderGone() {
    // One that closes at once is not asked again at once.
    const absl::Duration wait = is_ready_ ? kFirstRetry : retry_;
    retry_ = std::min(wait * 2, kLongestRetry);
    MDG_RETURN_IF_ERROR(Leave("reader-gone"));
    connect_at_ = absl::Now() + wait;
    return absl::OkStatus();
  }

  absl::Status Listen(short what) {
    if (owed_.has_value()) {
      return (what & (POLLRDHUP | POLLHUP | POLLERR)) != 0 ? ReaderGone() : absl::OkStatus();
    }
    const bool is_there = link_->Receive();
    MDG_RETURN_IF_ERROR(DoWhatWasSaid());
    return is_there || !link_.has_value() ? absl::OkStatus() : ReaderGone();
  }

  // Up to the first exchange whose answer is not due yet.
  absl::Status DoWhatWasSaid() {
    while (link_.has_value() && !owed_.has_value()) {
      const std::optional<std::string> message = link_->Next();
      if (!message.has_value()) break;
      if (message->size() == 1) {
        MDG_RETURN_IF_ERROR(Power(message->front()));
      } else if (!message->empty()) {
        MDG_RETURN_IF_ERROR(Exchange(*message));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Power(char what) {
    switch (what) {
      case kVpcdPowerOff:
        card_->PowerOff();
        return PowerEnded("power-off", CardPowerEnd::kOff);
      case kVpcdPowerOn:
        card_->PowerOn();
        return log_.Add(Line("power-on"));
      case kVpcdReset:
        card_->Reset();
        return PowerEnded("reset", CardPowerEnd::kReset);
      case kVpcdAtr:
        if (!link_->Send(behaviour_.atr)) return ReaderGone();
        return is_ready_ ? absl::OkStatus() : TakenIn();
      default:
        return absl::OkStatus();
    }
  }

  absl::Status PowerEnded(absl::string_view event, CardPowerEnd how) {
    const absl::Duration idle = absl::Now() - last_exchange_;
    return log_.Add(Line(event)
                        .Number("idle_ms", absl::ToInt64Milliseconds(idle))
                        .Texts("forbidden", witness_.PowerEnds(how, idle)));
  }

  // Only its first question for the answer to reset tells that the reader knows of the card.
  absl::Status TakenIn() {
    is_ready_ = true;
    told_ = false;
    retry_ = kFirstRetry;
    MDG_RETURN_IF_ERROR(log_.Add(Line("inserted")));
    say_(absl::StrCat("ready: the card of person ", person_,
                      persona_.empty() ? "" : absl::StrCat(" (", persona_, ")"),
                      " is on the reader at port ", port_));
    if (putting_.has_value()) putting_->Answer(absl::OkStatus());
    putting_.reset();
    return absl::OkStatus();
  }

  absl::Status Exchange(const std::string& command) {
    ++exchanges_;
    if (exchanges_ == behaviour_.yank_before) {
      behaviour_.yank_before = 0;
      return Yank();
    }
    const CardPins before = card_->pins();
    std::string answer = card_->Exchange(command);
    if (!(card_->pins() == before)) {
      MDG_RETURN_IF_ERROR(SaveCardPins(site_, person_, card_->pins()));
    }
    const bool is_yanked = exchanges_ == behaviour_.yank_during;
    MDG_RETURN_IF_ERROR(LogExchange(command.size(), answer.size(), !is_yanked));
    last_exchange_ = absl::Now();
    if (is_yanked) {
      behaviour_.yank_during = 0;
      return Yank();
    }
    const bool hangs = exchanges_ == behaviour_.hang;
    if (hangs) behaviour_.hang = 0;
    owed_ =
        Owed{std::move(answer), hangs ? absl::InfiniteFuture() : last_exchange_ + behaviour_.slow};
    return owed_->due > last_exchange_ ? absl::OkStatus() : Pay();
  }

  absl::Status Pay() {
    const std::string answer = std::exchange(owed_, std::nullopt)->answer;
    last_exchange_ = absl::Now();
    return link_->Send(answer) ? absl::OkStatus() : ReaderGone();
  }

  absl::Status LogExchange(size_t sent, size_t received, bool answered) {
    const CardStep& step = card_->step();
    JsonObject line = Line("exchange");
    line.Number("n", exchanges_).Text("act", CardActName(step.act));
    if (step.act == CardAct::kSelectApplication) line.Text("application", step.application);
    if (step.file != 0) line.Text("file", absl::StrFormat("%04X", step.file));
    line.Number("sent", static_cast<int64_t>(sent))
        .Number("received", static_cast<int64_t>(received))
        .Text("status_word", absl::StrFormat("%04X", step.status_word))
        .Bool("answered", answered)
        .Texts("forbidden", witness_.Exchange(step, answered));
    return log_.Add(line);
  }

  absl::Status Yank() {
    MDG_RETURN_IF_ERROR(Leave("yanked"));
    on_reader_ = behaviour_.back.has_value();
    connect_at_ = absl::Now() + behaviour_.back.value_or(absl::ZeroDuration());
    if (spare_.has_value()) TakeTheCard(*std::exchange(spare_, std::nullopt));
    return absl::OkStatus();
  }

  // A failure of the change is the answer; a failure returned ends the program.
  absl::Status Change(CardRequest request) {
    const CardChange& change = request.change();
    const int person = change.person.value_or(person_);
    const bool is_another = person != person_;
    if (change.person.has_value() || change.behaviour.has_value()) {
      const absl::StatusOr<CardBehaviour> behaviour =
          change.behaviour.has_value() ? ParseCardBehaviour(*change.behaviour) : behaviour_;
      absl::Status status = behaviour.status();
      // Made before the other card goes: a swap is quick.
      if (status.ok() && is_another)
        status = LoadCard(site_, person, *behaviour, absl::Now()).status();
      if (status.ok() && is_another) MDG_RETURN_IF_ERROR(Leave("swapped"));
      if (status.ok()) status = Become(person, *behaviour);
      if (!status.ok()) {
        request.Answer(status);
        return absl::OkStatus();
      }
    }
    if (change.take) {
      MDG_RETURN_IF_ERROR(Leave("taken"));
      on_reader_ = false;
    }
    if (!is_another && !change.put) {
      request.Answer(absl::OkStatus());
      return absl::OkStatus();
    }
    return Put(std::move(request));
  }

  absl::Status Put(CardRequest request) {
    on_reader_ = true;
    if (link_.has_value() && is_ready_) {
      request.Answer(absl::OkStatus());
      return absl::OkStatus();
    }
    connect_at_ = absl::Now();
    putting_.emplace(std::move(request));
    put_deadline_ = absl::Now() + kReaderPatience;
    return absl::OkStatus();
  }

  const Site& site_;
  const int port_;
  CardLog log_;
  std::function<void(const std::string&)> say_;

  int person_ = 0;
  std::string persona_;
  CardBehaviour behaviour_;
  std::unique_ptr<Card> card_;
  std::optional<OwnedCard> spare_;
  CardWitness witness_;

  bool on_reader_ = true;
  std::optional<VpcdLink> link_;
  bool is_ready_ = false;
  bool told_ = false;
  absl::Time connect_at_ = absl::InfinitePast();
  absl::Duration retry_ = kFirstRetry;
  int exchanges_ = 0;
  absl::Time last_exchange_;
  std::optional<Owed> owed_;
  std::optional<CardRequest> putting_;
  absl::Time put_deadline_;
};

}  // namespace

absl::Status RunCard(const Site& site, const CardOptions& options,
                     const std::function<void(const std::string&)>& say) {
  constexpr int kHighestPort = 65535;
  if (options.port < 1 || options.port > kHighestPort) {
    return absl::InvalidArgumentError(
        absl::StrCat("--port ", options.port, ": allowed are 1 to ", kHighestPort));
  }
  const absl::StatusOr<Descriptor> signals = BlockSignals({SIGTERM, SIGINT, SIGHUP});
  if (!signals.ok()) return signals.status();
  absl::StatusOr<CardLog> log = CardLog::Open(site);
  if (!log.ok()) return log.status();
  const absl::StatusOr<CardControl> control = CardControl::Listen(site, options.port);
  if (!control.ok()) return control.status();
  CardOnReader card(site, options.port, *std::move(log), say);
  MDG_RETURN_IF_ERROR(card.Prepare(options.person, options.behaviour));
  return card.Serve(signals->get(), *control);
}

}  // namespace madoguchi::sim
