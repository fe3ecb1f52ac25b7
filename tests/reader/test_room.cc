#include "tests/reader/test_room.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace madoguchi::reader {
namespace {

const TestIdentity& FrontIdentity() {
  static const TestIdentity identity = MakeTestIdentity();
  return identity;
}
const TestIdentity& BackIdentity() {
  static const TestIdentity identity = MakeTestIdentity();
  return identity;
}
std::string ServiceName(const std::string& reader) { return absl::StrCat(reader, " 00 00"); }

}  // namespace

RoomTest::RoomTest() : front_(FrontIdentity()), back_(BackIdentity()) {}

void RoomTest::SetUp() {
  FakePcsc::Get().Reset();
  Put(kFront, front_);
  Put(kBack, back_);
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Other 00 00"]; });
  Make(kRoomPatience);
}

void RoomTest::TearDown() {
  if (room_ != nullptr) {
    EXPECT_TRUE(room_->Stop(kRoomPatience));
  }
  room_ = nullptr;
  FakePcsc::Get().Change([](FakePcsc& fake) {
    EXPECT_EQ(fake.contexts, 0);
    EXPECT_TRUE(fake.handles.empty());
  });
}

void RoomTest::Make(absl::Duration exchange_within, absl::Duration connect_within) {
  room_ = std::make_unique<ReaderRoom>(
      RoomOptions{
          .rules = {{.match = "Front", .counter = "front"}, {.match = "Back", .counter = "front"}},
          .trust = {.roots = {BackIdentity().root_der, FrontIdentity().root_der}},
          .exchange_within = exchange_within,
          .connect_within = connect_within,
          .retry = absl::Milliseconds(10)},
      clock_,
      [this] {
        absl::MutexLock lock(&mu_);
        ++changes_;
      },
      [this](const std::string& holder, const absl::Status& why) {
        absl::MutexLock lock(&mu_);
        lost_.emplace_back(holder, Number(why));
        ++changes_;
      });
}

void RoomTest::Start() {
  room_->Start();
  WaitFor([](const RoomState& state) {
    return state.readers.size() == 3 &&
           std::all_of(state.readers.begin(), state.readers.end(), [](const RoomReader& reader) {
             return reader.facts.counter.empty() || reader.facts.card != 0;
           });
  });
}

void RoomTest::Put(const std::string& reader, TestCard& card) {
  FakePcsc::Get().Insert(ServiceName(reader), [this, &card](const std::string& command) {
    absl::MutexLock lock(&cards_mu_);
    return card(command);
  });
}

void RoomTest::PutAnew(const std::string& reader, TestCard& card) {
  const auto number = [&] {
    for (const RoomReader& one : room_->State().readers) {
      if (one.facts.name == reader) return one.facts.card;
    }
    return uint32_t{0};
  };
  const uint32_t before = number();
  Put(reader, card);
  WaitFor([&](const RoomState&) { return number() != before; });
}

std::shared_ptr<RoomTest::Gate> RoomTest::HoldOn(
    const std::string& reader, TestCard& card,
    std::function<bool(const std::string& command)> holds) {
  auto gate = std::make_shared<Gate>();
  gate->holds = std::move(holds);
  FakePcsc::Get().Change([&](FakePcsc& fake) {
    fake.readers[ServiceName(reader)].card = [this, &card, gate](const std::string& command) {
      if (!gate->let_go.HasBeenNotified() && gate->holds(command)) {
        gate->held.Notify();
        gate->let_go.WaitForNotification();
      }
      absl::MutexLock lock(&cards_mu_);
      return card(command);
    };
  });
  return gate;
}

std::vector<DWORD> RoomTest::Dispositions(const std::string& reader) {
  std::vector<DWORD> dispositions;
  FakePcsc::Get().Change(
      [&](FakePcsc& fake) { dispositions = fake.readers[ServiceName(reader)].dispositions; });
  return dispositions;
}

std::shared_ptr<RoomTest::Asked<absl::StatusOr<CardFacts>>> RoomTest::AskOpen(
    const std::string& reader, const std::string& holder) {
  auto asked = std::make_shared<Asked<absl::StatusOr<CardFacts>>>();
  room_->Open(reader, holder, Into(asked));
  return asked;
}

absl::StatusOr<CardFacts> RoomTest::Open(const std::string& reader, const std::string& holder,
                                         OpenOptions options) {
  auto asked = std::make_shared<Asked<absl::StatusOr<CardFacts>>>();
  room_->Open(reader, holder, Into(asked), options);
  return asked->Wait();
}

std::shared_ptr<RoomTest::Asked<AuthenticateResult>> RoomTest::AskAuthenticate(
    const std::string& reader, const std::string& holder) {
  auto asked = std::make_shared<Asked<AuthenticateResult>>();
  room_->Authenticate(reader, holder, *Pin::Read("1234"), false, challenge_, Into(asked));
  return asked;
}

AuthenticateResult RoomTest::Authenticate(const std::string& pin, bool spend_last,
                                          const std::string& reader, const std::string& holder) {
  auto asked = std::make_shared<Asked<AuthenticateResult>>();
  room_->Authenticate(reader, holder, *Pin::Read(pin), spend_last, challenge_, Into(asked));
  return asked->Wait();
}

void RoomTest::Close(const std::string& reader, const std::string& holder) {
  absl::Notification closed;
  room_->Close(reader, holder, [&] { closed.Notify(); });
  ASSERT_TRUE(closed.WaitForNotificationWithTimeout(kRoomPatience));
}

void RoomTest::WaitFor(const std::function<bool(const RoomState&)>& wanted) {
  const absl::Time until = absl::Now() + kRoomPatience;
  for (;;) {
    int seen = 0;
    {
      absl::MutexLock lock(&mu_);
      seen = changes_;
    }
    if (wanted(room_->State())) return;
    absl::MutexLock lock(&mu_);
    const auto changed = [&] { return changes_ != seen; };
    if (!mu_.AwaitWithDeadline(absl::Condition(&changed), until)) break;
  }
  FAIL() << "the state is not as it should be";
}

void RoomTest::WaitForReader(const std::string& name,
                             const std::function<bool(const RoomReader&)>& wanted) {
  WaitFor([&](const RoomState& state) {
    return std::any_of(state.readers.begin(), state.readers.end(), [&](const RoomReader& reader) {
      return reader.facts.name == name && wanted(reader);
    });
  });
}

std::vector<std::pair<std::string, std::string>> RoomTest::WaitForLost(size_t count) {
  absl::MutexLock lock(&mu_);
  const auto there = [&] { return lost_.size() >= count; };
  EXPECT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&there), kRoomPatience));
  return lost_;
}

std::vector<std::pair<std::string, std::string>> RoomTest::LostSoFar() {
  absl::MutexLock lock(&mu_);
  return lost_;
}

}  // namespace madoguchi::reader
