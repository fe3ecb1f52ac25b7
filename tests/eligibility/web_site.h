#ifndef MADOGUCHI_TESTS_ELIGIBILITY_WEB_SITE_H_
#define MADOGUCHI_TESTS_ELIGIBILITY_WEB_SITE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/eligibility/web_line.h"
#include "tests/eligibility/terminal_test_support.h"
#include "tests/sim/center.h"
#include "tests/sim/faults.h"
#include "tests/sim/request_file.h"
#include "tests/sim/requests.h"
#include "tests/sim/test_site.h"

// The web API's thread over real sockets, with a journal that the test holds, against the
// simulator's center.
namespace madoguchi::eligibility {

using sim::Fault;

// What the desk would keep.
class WebJournal {
 public:
  LineSink Sink() {
    LineSink sink;
    sink.journal = [this](const Ticket& ticket, JournalStep step) {
      absl::MutexLock lock(&mu_);
      if (refuses_) return base::MakeError(base::ErrorCode::kNotAsked);
      EXPECT_EQ(step, JournalStep::kSent);
      ++sent_[ticket.id];
      return absl::OkStatus();
    };
    sink.not_sent = [this](const Ticket& ticket, const absl::Status& why) {
      absl::MutexLock lock(&mu_);
      ends_[ticket.id] = "not sent " + base::DetailOf(why)->number();
    };
    sink.no_answer = [this](const Ticket& ticket, const absl::Status& why) {
      absl::MutexLock lock(&mu_);
      ends_[ticket.id] = "no answer " + base::DetailOf(why)->number();
    };
    sink.answered = [this](const Ticket& ticket, Reply reply) {
      absl::MutexLock lock(&mu_);
      ++offers_;
      if (full_) return base::MakeError(base::ErrorCode::kStoreFailed);
      ends_[ticket.id] = "answered";
      replies_[ticket.id] = std::move(reply);
      return absl::OkStatus();
    };
    sink.removed = [this](const Ticket& ticket) {
      absl::MutexLock lock(&mu_);
      ++removed_[ticket.id];
    };
    sink.changed = [] {};
    return sink;
  }

  void Refuse() {
    absl::MutexLock lock(&mu_);
    refuses_ = true;
  }
  void Full(bool full) {
    absl::MutexLock lock(&mu_);
    full_ = full;
  }
  std::string End(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = ends_.find(id);
    return found == ends_.end() ? "" : found->second;
  }
  int Sent(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = sent_.find(id);
    return found == sent_.end() ? 0 : found->second;
  }
  int Removed(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = removed_.find(id);
    return found == removed_.end() ? 0 : found->second;
  }
  Reply ReplyTo(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    return replies_.at(id);
  }
  int offers() const {
    absl::MutexLock lock(&mu_);
    return offers_;
  }

 private:
  mutable absl::Mutex mu_;
  bool refuses_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  int offers_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, int> sent_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> removed_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::string> ends_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Reply> replies_ ABSL_GUARDED_BY(mu_);
};

// The machine's clock, as wrong as `off` says.
class OffClock final : public base::Clock {
 public:
  absl::Time Now() const override { return real_.Now() + off; }
  void Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    real_.Wait(mu, cv, deadline - off);
  }
  // Before anybody uses it.
  absl::Duration off = absl::ZeroDuration();

 private:
  base::SystemClock real_;
};

class WebLineTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartCenter()); }

  void StartCenter() {
    absl::StatusOr<std::unique_ptr<sim::Center>> center =
        sim::Center::Start(site_.site(), {.answer_after = absl::Milliseconds(5)});
    ASSERT_TRUE(center.ok()) << center.status();
    center_ = *std::move(center);
  }

  WebConfig Config() const {
    const auto url = [this](absl::string_view path) {
      return absl::StrCat("https://localhost:", site_.site().center_port(), path);
    };
    WebConfig config;
    config.answers = {Topic::kIdentifiers, Topic::kRecords, Topic::kCards};
    config.login_url = url(sim::kLoginPath);
    config.renew_url = url(sim::kRenewPath);
    config.query_url = url(sim::kQueryPath);
    config.drug_url = url(sim::kDrugPath);
    config.checkup_url = url(sim::kCheckupPath);
    config.challenge_url = url(sim::kChallengePath);
    config.card_url = url(sim::kCardPath);
    config.enrol_url = url(sim::kEnrolPath);
    config.keys = {.certificate = site_.site().PkiFile("center-client.pem"),
                   .key = site_.site().PkiFile("center-client.key"),
                   .ca = site_.site().PkiFile("center-ca.pem")};
    config.account = sim::kCenterAccount;
    config.password_file = site_.site().PkiFile("center-password");
    config.answer_within = absl::Seconds(3);
    config.try_again_after = absl::Milliseconds(300);
    return config;
  }

  void Start(const WebConfig& config) {
    line_ = std::make_unique<WebLine>(config, clock_, journal_.Sink());
    line_->Start();
  }
  void StartOnline() {
    Start(Config());
    ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_ONLINE); }));
  }
  bool IsState(v1::ConnectionState state) const { return line_->Status().state() == state; }

  static std::string IdOf(int number) { return absl::StrCat("q", number); }
  Outgoing MakeOutgoing(int number, int person = 1) const {
    Outgoing out;
    out.ticket = {.id = IdOf(number),
                  .terminal = "web",
                  .day = absl::CivilDay(2026, 4, 10),
                  .number = number};
    out.question.institution = std::string(sim::kInstitution);
    out.question.identifier = IdOf(number);
    out.question.day = absl::CivilDay(2026, 4, 10);
    out.question.query = sim::QueryFor(site_.site().LoadPerson(person)->answer);
    return out;
  }
  // Asks and returns how it ended.
  std::string Ask(int number) {
    line_->Ask(MakeOutgoing(number));
    EXPECT_TRUE(Eventually([&] { return !journal_.End(IdOf(number)).empty(); }));
    return journal_.End(IdOf(number));
  }
  void Set(Fault fault) { ASSERT_TRUE(sim::SetFault(site_.site(), fault, 0).ok()); }
  void Clear() { ASSERT_TRUE(sim::ClearFaults(site_.site(), "", 0).ok()); }
  size_t Seen() const { return sim::SeenRequestLines(site_.site())->size(); }

  sim::TempSite site_{{.patients = 3, .asks_by_web = true}};
  OffClock clock_;
  WebJournal journal_;
  std::unique_ptr<sim::Center> center_;
  // Last: it ends first.
  std::unique_ptr<WebLine> line_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_TESTS_ELIGIBILITY_WEB_SITE_H_
