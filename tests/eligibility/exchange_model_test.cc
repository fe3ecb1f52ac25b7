#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/eligibility/exchange_folder.h"
#include "agent/eligibility/question.h"
#include "tests/eligibility/exchange_site.h"

// Thousands of random histories of questions, terminals, other programs, shares that go away and
// ends of the program at every step, against the simplest model: a question is in the terminal's
// hands once if it was sent, never if it was withdrawn.
namespace madoguchi::eligibility {
namespace {

namespace fs = std::filesystem;

// Where the program ends within one publication.
enum class Crash { kNever, kBeforeWritten, kAfterWritten, kBeforeSent, kInTemporary };
constexpr int kCrashes = 5;

// What the journal, which survives, holds of one question.
struct Journaled {
  std::string content;
  int number = 0;
  JournalStep step = JournalStep::kPrepared;
  bool withdrawn = false;
};

class History {
 public:
  explicit History(uint32_t seed) : random_(seed) {}

  void Run(int operations) {
    for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) Step();
    Settle();
  }
  int crashes() const { return crashes_; }
  int undone() const { return undone_; }
  int swept() const { return swept_; }

 private:
  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }
  static ExchangeNames Names(const Journaled& one) {
    return NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01,
                   SuffixOf(absl::CivilDay(2026, 4, 10), one.number));
  }

  void Step() {
    switch (Pick(10)) {
      case 0:
        return Ask();
      case 1:
      case 2:
      case 3:
        return Publish(Pick(2) == 0 ? static_cast<Crash>(Pick(kCrashes)) : Crash::kNever);
      case 4:
        return Withdraw();
      case 5:
        return TerminalTakes();
      case 6:
        return OtherProgram();
      case 7:
        return PowerFails();
      case 8:
        return Sweep();
      default:
        return Share();
    }
  }

  // A number is free when the journal and both folders do not hold it.
  int NextNumber() { return next_number_++; }

  void Ask() {
    const std::string content = absl::StrCat("<XmlMsg>", journal_.size(), "</XmlMsg>");
    journal_.push_back({.content = content, .number = NextNumber()});
  }

  Journaled* Any() {
    return journal_.empty()
               ? nullptr
               : &journal_[static_cast<size_t>(Pick(static_cast<int>(journal_.size())))];
  }

  void Publish(Crash crash) {
    Journaled* one = Any();
    if (one != nullptr && !one->withdrawn) PublishOne(*one, crash);
  }

  void PublishOne(Journaled& one, Crash crash) {
    const bool prepared = one.step == JournalStep::kPrepared;
    if (crash == Crash::kInTemporary) {
      // It ended in the middle of writing.
      if (prepared && !gone_) ExchangeSite::Put(site_.Req() / Names(one).temporary, "<Xml");
      ++crashes_;
      return;
    }
    ExchangeFolder folder = site_.Folder();
    const ExchangeNames names = Names(one);
    const PublishResult result =
        folder.Publish(names, one.content, one.step, [&](JournalStep step) {
          const bool writing = step == JournalStep::kWritten;
          const bool before = crash == (writing ? Crash::kBeforeWritten : Crash::kBeforeSent);
          if (!before) one.step = step;
          const bool ends = before || (writing && crash == Crash::kAfterWritten);
          if (ends) ++crashes_;
          return ends ? absl::AbortedError("the program ended") : absl::OkStatus();
        });
    if (!result.journal.ok()) return;
    if (result.publication == Publication::kNameTaken) {
      one.number = NextNumber();
      one.step = JournalStep::kPrepared;
      // It may end here too: the old temporary file is never published then.
      if (crash == Crash::kNever) folder.Withdraw(names, JournalStep::kPrepared);
    }
  }

  void Withdraw() {
    Journaled* one = Any();
    if (one == nullptr || one->withdrawn) return;
    ExchangeFolder folder = site_.Folder();
    const PublishResult result = folder.Withdraw(Names(*one), one->step);
    if (result.publication == Publication::kNotSent) one->withdrawn = true;
    if (result.publication == Publication::kSent) one->step = JournalStep::kSent;
  }

  void TerminalTakes() {
    if (gone_) return;
    for (const std::string& name : ExchangeSite::Names(site_.Req())) {
      if (!name.ends_with(".xml")) continue;
      const std::string content = ExchangeSite::Bytes(site_.Req() / name);
      fs::remove(site_.Req() / name);
      if (content == "theirs") {
        ++theirs_taken_;
        continue;
      }
      EXPECT_TRUE(content.ends_with("</XmlMsg>")) << "an incomplete request was published";
      EXPECT_EQ(++taken_[content], 1) << content << " was published twice";
      ExchangeSite::Put(site_.Res() / ("OQSsiquc01res_" + name.substr(name.find('_') + 1)),
                        "reply");
    }
  }

  // Somebody else asks, under a name that ours may be about to use.
  void OtherProgram() {
    if (gone_) return;
    const Journaled* one = Any();
    const int number = one != nullptr && Pick(2) == 0 ? one->number : next_number_;
    const fs::path path = site_.Req() / NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01,
                                                SuffixOf(absl::CivilDay(2026, 4, 10), number))
                                            .request;
    if (fs::exists(path)) return;
    ExchangeSite::Put(path, "theirs");
    ++theirs_;
  }

  // Undoes renames whose requests the terminal has answered already.
  void PowerFails() {
    if (gone_) return;
    for (const Journaled& one : journal_) {
      const ExchangeNames names = Names(one);
      if (one.step != JournalStep::kWritten || !fs::exists(site_.Res() / names.reply)) continue;
      ExchangeSite::Put(site_.Req() / names.temporary, one.content);
      ++undone_;
    }
  }

  void Sweep() {
    std::set<std::string> needed;
    for (const Journaled& one : journal_) {
      if (one.step == JournalStep::kWritten && !one.withdrawn) needed.insert(Names(one).temporary);
    }
    int removed = 0;
    ExchangeFolder folder = site_.Folder();
    folder.Sweep(
        {.first = 0, .last = 9999},
        [&needed](absl::string_view name) { return needed.contains(std::string(name)); }, removed);
    swept_ += removed;
  }

  void Share() {
    const fs::path away = site_.Req().string() + "-away";
    if (gone_) {
      fs::rename(away, site_.Req());
    } else if (Pick(3) == 0) {
      fs::rename(site_.Req(), away);
    } else {
      return;
    }
    gone_ = !gone_;
  }

  // The program runs, the share answers, the terminal works: now everything must come out right.
  void Settle() {
    if (gone_) Share();
    for (int round = 0; round < 5; ++round) {
      for (Journaled& one : journal_) {
        if (!one.withdrawn) PublishOne(one, Crash::kNever);
      }
      TerminalTakes();
    }
    for (const Journaled& one : journal_) {
      EXPECT_EQ(taken_[one.content], one.withdrawn ? 0 : 1) << one.content;
    }
    EXPECT_EQ(theirs_taken_, theirs_) << "another program's request was lost";
    // What names a patient does not stay behind.
    Sweep();
    EXPECT_TRUE(ExchangeSite::Names(site_.Req()).empty());
  }

  std::mt19937 random_;
  ExchangeSite site_;
  std::vector<Journaled> journal_;
  std::map<std::string, int> taken_;
  int next_number_ = 0;
  bool gone_ = false;
  int crashes_ = 0;
  int undone_ = 0;
  int swept_ = 0;
  int theirs_ = 0;
  int theirs_taken_ = 0;
};

TEST(ExchangeModelTest, EveryQuestionIsPublishedOnceWhateverBreaks) {
  int crashes = 0;
  int undone = 0;
  int swept = 0;
  for (uint32_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    History history(seed);
    history.Run(300);
    crashes += history.crashes();
    undone += history.undone();
    swept += history.swept();
  }
  // The test is worth something only as long as its histories break.
  EXPECT_GT(crashes, 3000);
  EXPECT_GT(undone, 300);
  EXPECT_GT(swept, 300);
}

}  // namespace
}  // namespace madoguchi::eligibility
