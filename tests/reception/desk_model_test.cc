#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/reception/desk_fixture.h"

// Thousands of random operations with restarts. After each: the board, the store and what a watcher
// knows that resumes by its cursor must be the same.
namespace madoguchi::reception {
namespace {

// A client that watches, loses its connection, and comes back with the last cursor it got.
class Watcher {
 public:
  // Reads as a watching service does: from the store up to the board's floor, then from the board.
  // `most`: the connection breaks after so many messages.
  void Read(const Desk& desk, int most) {
    int64_t at = 0;
    if (!cursor_.empty()) {
      const absl::StatusOr<int64_t> parsed = desk.ParseCursor(cursor_);
      if (base::Is(parsed.status(), base::ErrorCode::kCursorTooOld)) {
        ++started_anew_;
        seen_.clear();
      } else {
        ASSERT_TRUE(parsed.ok()) << parsed.status();
        at = *parsed;
      }
    }
    for (int messages = 0; messages < most; ++messages) {
      if (at < desk.board().Floor()) {
        const absl::StatusOr<Desk::Page> page = desk.ReadEvents(at, {}, 1);
        ASSERT_TRUE(page.ok()) << page.status();
        ASSERT_GT(page->looked_through, at);
        for (const Event& event : page->events) Take(event);
        at = page->looked_through;
      } else {
        const std::optional<Event> event = desk.board().Next(at);
        if (!event.has_value()) break;
        Take(*event);
        at = event->number;
      }
      cursor_ = desk.MakeCursor(at);
    }
  }

  const std::map<std::string, std::string>& seen() const { return seen_; }
  int started_anew() const { return started_anew_; }

 private:
  void Take(const Event& event) {
    const v1::Reception& reception = *event.reception;
    std::string& known = seen_[reception.reception_id()];
    if (!known.empty()) {
      v1::Reception before;
      ASSERT_TRUE(before.ParseFromString(known));
      EXPECT_GT(reception.revision(), before.revision());
    }
    known = reception.SerializeAsString();
  }

  std::string cursor_;
  std::map<std::string, std::string> seen_;
  int started_anew_ = 0;
};

class DeskModelTest : public DeskFixture, public testing::WithParamInterface<int> {
 protected:
  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  Person RandomPerson() {
    Person person;
    person.number = absl::StrCat(1000 + Random(30));
    person.branch = Random(4) == 0 ? "" : "01";
    person.kana = Random(2) == 0 ? "ﾏﾄﾞｸﾞﾁ ｱｵｲ" : "ﾏﾄﾞｸﾞﾁ ﾐﾄﾞﾘ";
    if (Random(4) == 0) person.reference = absl::StrCat(Random(5));
    return person;
  }
  std::string RandomReception() {
    if (ids_.empty() || Random(20) == 0) return "nobody";
    // Mostly of late.
    const int back = std::min(static_cast<int>(ids_.size()), Random(10) == 0 ? 1000 : 20);
    return ids_[ids_.size() - 1 - static_cast<size_t>(Random(back))];
  }
  std::string RandomRequest() { return Random(3) == 0 ? "" : absl::StrCat("req", ++requests_); }

  void RandomPush() {
    const absl::Duration late = absl::Seconds(Random(4) == 0 ? Random(600) : 0);
    v1::Confirmation confirmation =
        MakeConfirmation(RandomPerson(), clock_.Now() - late, absl::Minutes(Random(90)));
    if (Random(10) == 0) {
      confirmation.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_ERROR);
    }
    if (Random(15) == 0) confirmation.mutable_header()->set_medical_institution_code("9900000000");
    const eligibility::FacePush push = MakePush(std::move(confirmation));
    ASSERT_TRUE(Push(push).ok());
    ids_.push_back(NewestOpened().reception_id());
    if (Random(5) == 0) {
      const int64_t head = desk_->board().Head();
      ASSERT_TRUE(Push(push).ok());
      EXPECT_EQ(desk_->board().Head(), head);
    }
  }

  void RandomCommand() {
    const std::string id = RandomReception();
    const std::string request = RandomRequest();
    const int which = Random(3);
    const std::string chart = absl::StrCat(Random(3));
    const auto call = [&] {
      if (which == 0) return Assign(id, chart, request);
      return which == 1 ? Unassign(id, request) : Cancel(id, request);
    };
    const Outcome first = call();
    if (request.empty() || Random(3) != 0) return;
    if (Random(3) == 0) Restart();
    const Outcome again = call();
    ASSERT_EQ(again.ok(), first.ok());
    if (first.ok()) {
      EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
    }
  }

  void Step() {
    const int dice = Random(100);
    if (dice < 40) {
      RandomPush();
    } else if (dice < 75) {
      RandomCommand();
    } else if (dice < 80) {
      ASSERT_TRUE(Expect(RandomPerson(), absl::StrCat(Random(3)), "", 1 + Random(60)).ok());
    } else if (dice < 94) {
      Advance(absl::Seconds(Random(900)));
    } else if (dice < 97) {
      Restart();
    } else if (dice < 98) {
      Advance(absl::Hours(Random(30)));
    } else {
      ShutDown();
      clock_.Advance(absl::Minutes(Random(600)));
      StartUp();
    }
  }

  // Everything held in memory is what is on disk, in the same order.
  void ExpectBoardIsStore() {
    const auto page = desk_->ReadEvents(0, {}, 100'000);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(desk_->board().Head(), store_->Head());
    std::map<int64_t, std::string> held;
    for (const Event& event : desk_->board().All()) {
      held[event.number] = event.reception->SerializeAsString();
    }
    size_t found = 0;
    for (const Event& event : page->events) {
      const auto same = held.find(event.number);
      const bool open = event.reception->state() != v1::RECEPTION_STATE_CLOSED;
      if (same == held.end()) {
        EXPECT_FALSE(open);
        EXPECT_LE(event.number, desk_->board().Floor());
        continue;
      }
      ++found;
      EXPECT_EQ(same->second, event.reception->SerializeAsString());
    }
    EXPECT_EQ(found, held.size());
  }

  void ExpectRulesHold() {
    const absl::Time now = clock_.Now();
    for (const Event& event : desk_->board().All()) {
      const v1::Reception& reception = *event.reception;
      const bool answered = reception.state() == v1::RECEPTION_STATE_ANSWERED;
      EXPECT_TRUE(answered || reception.usable_consents().empty());
      EXPECT_TRUE(reception.superseded_by().empty() || reception.usable_consents().empty());
      for (const v1::UsableConsent& consent : reception.usable_consents()) {
        EXPECT_GT(base::FromProto(consent.until()), now);
      }
      if (reception.state() != v1::RECEPTION_STATE_CLOSED) {
        EXPECT_EQ(base::JapanDay(base::FromProto(reception.opened_at())), base::JapanDay(now));
      }
    }
  }

  void ExpectWatcherKnowsAll(Watcher& watcher) {
    watcher.Read(*desk_, 1'000'000);
    const auto page = desk_->ReadEvents(0, {}, 100'000);
    ASSERT_TRUE(page.ok());
    for (const Event& event : page->events) {
      const auto known = watcher.seen().find(event.reception->reception_id());
      ASSERT_NE(known, watcher.seen().end()) << event.number;
      EXPECT_EQ(known->second, event.reception->SerializeAsString());
    }
  }

  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  std::vector<std::string> ids_;
  int requests_ = 0;
};

TEST_P(DeskModelTest, BoardStoreAndWatchersAgree) {
  options_.keep = absl::Hours(24 * 2);
  Restart();
  Watcher busy;
  Watcher lazy;
  for (int step = 0; step < 1200 && !HasFailure(); ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    Step();
    busy.Read(*desk_, Random(4));
    if (Random(300) == 0) lazy.Read(*desk_, Random(1000));
    if (step % 50 == 0) {
      ExpectBoardIsStore();
      ExpectRulesHold();
    }
  }
  ExpectBoardIsStore();
  ExpectRulesHold();
  ExpectWatcherKnowsAll(busy);
  ExpectWatcherKnowsAll(lazy);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeskModelTest, testing::Range(1, 5));

}  // namespace
}  // namespace madoguchi::reception
