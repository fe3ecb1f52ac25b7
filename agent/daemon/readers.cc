#include "agent/daemon/readers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/certificate.h"

namespace madoguchi::daemon {
namespace {

using base::ErrorCode;

constexpr size_t kLargestRoot = size_t{64} << 10;
// Longer than the desk waits for a PIN: it is the desk that ends the wait.
constexpr absl::Duration kKeyLives = absl::Minutes(5);

absl::StatusOr<std::string> ReadRoot(const std::string& path) {
  const auto refuse = [&path](const char* what) {
    return base::MakeError(ErrorCode::kBadConfiguration,
                           {.what = absl::StrCat("cards.roots: ", path, " ", what,
                                                 "; allowed is one certificate, PEM or DER"),
                            .field = "cards.roots"});
  };
  base::FileContents file = base::ReadBoundedFile(path, kLargestRoot);
  if (file.fault != base::FileFault::kNone) return refuse("cannot be read");
  if (crypto::ReadFacts(file.bytes).ok()) return std::move(file.bytes);
  absl::StatusOr<std::vector<std::string>> certificates = crypto::PemToDer(file.bytes);
  if (!certificates.ok()) return refuse("is no certificate");
  if (certificates->size() != 1) return refuse("holds several certificates");
  return std::move(certificates->front());
}

v1::ReaderState StateOf(const reader::RoomReader& reader) {
  if (reader.stuck) return v1::READER_STATE_STUCK;
  switch (reader.facts.state) {
    case reader::ReaderFacts::State::kEmpty:
      return v1::READER_STATE_EMPTY;
    case reader::ReaderFacts::State::kCard:
      return v1::READER_STATE_CARD;
    case reader::ReaderFacts::State::kBusy:
      return v1::READER_STATE_BUSY;
    case reader::ReaderFacts::State::kTrouble:
      break;
  }
  return v1::READER_STATE_TROUBLE;
}

void AddProblem(v1::Reader& reader) {
  switch (reader.state()) {
    case v1::READER_STATE_ABSENT:
      *reader.mutable_problem() = base::MakeDetail(ErrorCode::kReaderNotFound);
      break;
    case v1::READER_STATE_BUSY:
      *reader.mutable_problem() = base::MakeDetail(ErrorCode::kReaderBusy);
      break;
    case v1::READER_STATE_STUCK:
      *reader.mutable_problem() = base::MakeDetail(ErrorCode::kReaderStuck);
      break;
    case v1::READER_STATE_TROUBLE:
      *reader.mutable_problem() = base::MakeDetail(ErrorCode::kReaderTrouble);
      break;
    default:
      break;
  }
}

v1::CardKind KindOf(reader::TokenKind kind) {
  switch (kind) {
    case reader::TokenKind::kPlastic:
      return v1::CARD_KIND_PLASTIC;
    case reader::TokenKind::kAndroid:
      return v1::CARD_KIND_ANDROID;
    case reader::TokenKind::kIphone:
      return v1::CARD_KIND_IPHONE;
  }
  return v1::CARD_KIND_UNSPECIFIED;
}

v1::TestReaderResponse ReportOf(const reader::CardFacts& facts) {
  v1::TestReaderResponse report;
  if (facts.kind.has_value()) report.set_card_kind(KindOf(*facts.kind));
  if (!facts.check.ok()) {
    *report.mutable_certificate_problem() = *base::DetailOf(facts.check);
  }
  const absl::StatusOr<crypto::CertificateFacts> certificate = crypto::ReadFacts(facts.certificate);
  if (certificate.ok()) {
    *report.mutable_certificate_expires() = base::ToProto(certificate->not_after);
  }
  report.set_pin_attempts_left(facts.attempts_left);
  report.set_pin_pad(facts.pin_pad);
  report.set_extended_length(facts.extended_length);
  report.set_short_file_ids(facts.short_ids);
  report.set_exchanges(facts.exchanges);
  report.set_milliseconds(static_cast<int32_t>(absl::ToInt64Milliseconds(facts.took)));
  return report;
}

}  // namespace

v1::ListReadersResponse ReadersOf(const reader::RoomState& state,
                                  const std::vector<reader::ReaderRule>& rules) {
  v1::ListReadersResponse list;
  if (!state.service.ok()) {
    *list.mutable_card_service_problem() = *base::DetailOf(state.service);
  }
  for (const reader::RoomReader& one : state.readers) {
    if (one.facts.counter.empty()) continue;
    v1::Reader& reader = *list.add_readers();
    reader.set_name(one.facts.name);
    reader.set_counter(one.facts.counter);
    reader.set_state(StateOf(one));
    reader.set_reception_id(one.holder);
    AddProblem(reader);
  }
  for (const reader::ReaderRule& rule : rules) {
    const bool known = absl::EndsWith(rule.match, "*") ||
                       std::any_of(state.readers.begin(), state.readers.end(),
                                   [&](const auto& one) { return one.facts.name == rule.match; });
    if (known) continue;
    v1::Reader& reader = *list.add_readers();
    reader.set_name(rule.match);
    reader.set_counter(rule.counter);
    reader.set_state(v1::READER_STATE_ABSENT);
    AddProblem(reader);
  }
  std::sort(list.mutable_readers()->begin(), list.mutable_readers()->end(),
            [](const v1::Reader& a, const v1::Reader& b) { return a.name() < b.name(); });
  return list;
}

Readers::Readers(reader::RoomOptions options, base::Clock& clock, std::function<void()> on_change,
                 reader::ReaderRoom::OnLost on_lost)
    : rules_(options.rules),
      keys_(clock, {.lives = kKeyLives}),
      room_(std::move(options), clock, std::move(on_change), std::move(on_lost)) {}

absl::StatusOr<std::unique_ptr<Readers>> Readers::Make(const CardsConfig& config,
                                                       std::vector<reader::ReaderRule> rules,
                                                       base::Clock& clock,
                                                       std::function<void()> on_change,
                                                       reader::ReaderRoom::OnLost on_lost) {
  reader::RoomOptions options;
  options.rules = std::move(rules);
  options.exchange_within = config.exchange_within;
  options.trust.allow_test_hierarchy = config.test_hierarchy;
  for (const std::string& path : config.roots) {
    absl::StatusOr<std::string> root = ReadRoot(path);
    if (!root.ok()) return root.status();
    options.trust.roots.push_back(*std::move(root));
  }
  return std::unique_ptr<Readers>(
      new Readers(std::move(options), clock, std::move(on_change), std::move(on_lost)));
}

reception::CardReaders Readers::ForDesk() {
  reception::CardReaders cards;
  cards.find = [this](const std::string& reader) { return Find(reader); };
  cards.open = [this](const std::string& reader, const std::string& holder,
                      const reader::ReaderRoom::OpenDone& done) {
    room_.Open(reader, holder, done, {});
  };
  cards.prove = [this](const std::string& reader, const std::string& holder,
                       const reception::SealedPin& pin,
                       const reader::ReaderRoom::AuthenticateDone& done) {
    Prove(reader, holder, pin, done);
  };
  cards.close = [this](const std::string& reader, const std::string& holder) {
    room_.Close(reader, holder, [] {});
  };
  cards.new_key = [this]() -> absl::StatusOr<v1::PinKey> {
    absl::StatusOr<crypto::SealingKeys::Taken> taken = keys_.Take();
    if (!taken.ok()) return taken.status();
    v1::PinKey key;
    key.set_key_id(std::move(taken->id));
    key.set_public_key_der(std::move(taken->public_key));
    return key;
  };
  cards.drop_key = [this](const std::string& id) { keys_.Drop(id); };
  return cards;
}

absl::StatusOr<reception::CardReaders::Now> Readers::Find(const std::string& reader) const {
  const reader::RoomState state = room_.State();
  if (!state.service.ok()) return state.service;
  for (const reader::RoomReader& one : state.readers) {
    if (one.facts.name != reader || one.facts.counter.empty()) continue;
    const bool there = one.facts.state == reader::ReaderFacts::State::kCard && !one.stuck;
    return reception::CardReaders::Now{.counter = one.facts.counter,
                                       .card = there ? one.facts.card : 0};
  }
  return base::MakeError(ErrorCode::kReaderNotFound, {.field = "reader"});
}

void Readers::Prove(const std::string& reader, const std::string& holder,
                    const reception::SealedPin& pin,
                    const reader::ReaderRoom::AuthenticateDone& done) {
  if (pin.sealed.empty()) {
    return room_.AuthenticateOnPad(reader, holder, pin.spend_last, pin.challenge, done);
  }
  absl::StatusOr<reader::Pin> clear = reader::Pin::Unseal(keys_, pin.key_id, pin.sealed);
  if (!clear.ok()) {
    return done({.proof = clear.status(), .attempts_left = -1, .open = true});
  }
  room_.Authenticate(reader, holder, *std::move(clear), pin.spend_last, pin.challenge, done);
}

void Readers::Test(const std::string& reader, TestDone done) {
  const std::string holder = absl::StrCat("test ", ++tests_);
  room_.Open(reader, holder,
             [this, reader, holder,
              done = std::move(done)](const absl::StatusOr<reader::CardFacts>& facts) {
               if (!facts.ok()) return done(facts.status());
               room_.Close(reader, holder, [report = ReportOf(*facts), done] { done(report); });
             },
             {.label = true});
}

}  // namespace madoguchi::daemon
