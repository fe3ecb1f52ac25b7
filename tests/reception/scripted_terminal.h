#ifndef MADOGUCHI_TESTS_RECEPTION_SCRIPTED_TERMINAL_H_
#define MADOGUCHI_TESTS_RECEPTION_SCRIPTED_TERMINAL_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/eligibility/exchange_site.h"
#include "tests/reception/desk_fixture.h"

namespace madoguchi::reception {

// The far side of the folders `req` and `res` for a model test: takes requests when it is told to,
// and answers them well or badly. Files are a few words, so that no parser takes part.
class ScriptedTerminal {
 public:
  using ExchangeSite = eligibility::ExchangeSite;
  enum class Reply { kGood, kTwice, kOfAnotherQuestion, kOfAnotherInstitution, kOfAnotherPerson };
  // `taken` hears of each request in the terminal's hands.
  ScriptedTerminal(
      std::mt19937& random,
      std::function<void(const std::string& identifier, const std::string& person)> taken)
      : random_(random), on_taken_(std::move(taken)) {}

  eligibility::ExchangeSite& site() { return site_; }

  static std::string RequestBytes(const std::string& identifier, const std::string& person) {
    return absl::StrCat("<XmlMsg> ", identifier, " ", person, " </XmlMsg>");
  }

  // The reply with these bytes as a record.
  static v1::OqsMessage Parse(const std::string& bytes, absl::Time now) {
    const std::vector<std::string> words = absl::StrSplit(bytes, ' ');
    v1::OqsMessage message;
    message.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
    message.set_role(v1::MESSAGE_ROLE_RESPONSE);
    v1::Confirmation& confirmation = *message.mutable_confirmation();
    confirmation = MakeConfirmation({.number = words[2]}, now);
    confirmation.mutable_header()->set_arbitrary_file_identifier(words[1]);
    confirmation.mutable_header()->set_medical_institution_code(words[3]);
    *confirmation.mutable_qualifications(0)->mutable_birth_date() = base::ParseOqsDate(words[4]);
    return message;
  }

  void Take() {
    if (gone_) return;
    for (const std::string& name : ExchangeSite::Names(site_.Req())) {
      if (!name.ends_with(".xml")) continue;
      const std::vector<std::string> words =
          absl::StrSplit(ExchangeSite::Bytes(site_.Req() / name), ' ');
      std::filesystem::remove(site_.Req() / name);
      ASSERT_EQ(words.size(), 4u) << "not whole";
      EXPECT_TRUE(published_.insert(words[1]).second) << "published twice";
      on_taken_(words[1], words[2]);
      taken_.push_back({.reply_name = "OQSsiquc01res_" + name.substr(name.find('_') + 1),
                        .identifier = words[1],
                        .person = words[2]});
    }
  }

  // One of those it has taken; mostly well unless `kind` is given.
  void Answer(bool well) {
    if (gone_ || taken_.empty()) return;
    const size_t which = random_() % taken_.size();
    const Taken one = taken_[which];
    const unsigned dice = well ? 0 : random_() % 12;
    const Reply kind = dice < 5 ? static_cast<Reply>(dice) : Reply::kGood;
    ExchangeSite::Put(site_.Res() / one.reply_name, BytesOf(one, kind));
    if (kind == Reply::kTwice) {
      twice_.insert(one.reply_name);
      return;
    }
    if (kind == Reply::kGood) good_.insert(one.identifier);
    if (kind == Reply::kOfAnotherInstitution || kind == Reply::kOfAnotherPerson) {
      bad_.insert(one.identifier);
    }
    taken_.erase(taken_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void AnswerAll() {
    while (!gone_ && !taken_.empty()) Answer(true);
  }

  // Another program's reply, under a name that ours may be about to use.
  void OtherProgramAnswers(const std::string& name) {
    if (gone_ || std::filesystem::exists(site_.Res() / name)) return;
    for (const Taken& one : taken_) {
      if (one.reply_name == name) return;
    }
    ExchangeSite::Put(site_.Res() / name, BytesOf({name, "theirs", "7777"}, Reply::kGood));
    theirs_.insert(name);
  }

  // The share goes away, or comes back.
  void SwitchShare() {
    gone_ = !gone_;
    for (const std::filesystem::path& folder : {site_.Req(), site_.Res()}) {
      const std::filesystem::path away = folder.string() + ".away";
      gone_ ? std::filesystem::rename(folder, away) : std::filesystem::rename(away, folder);
    }
  }
  bool gone() const { return gone_; }

  bool AnsweredWell(const std::string& identifier) const { return good_.count(identifier) > 0; }
  bool AnsweredBadly(const std::string& identifier) const { return bad_.count(identifier) > 0; }
  size_t published() const { return published_.size(); }

  // Nobody else's reply was touched; of ours those are left that were not ours in the end. (The
  // second of two is cleared away by the line itself, which does not take part.)
  void ExpectOnlyTheirsLeft() {
    const std::set<std::string> left = ExchangeSite::Names(site_.Res());
    for (const std::string& name : left) {
      const bool foreign = theirs_.count(name) > 0 || twice_.count(name) > 0 ||
                           ExchangeSite::Bytes(site_.Res() / name).find("<XmlMsg> X") == 0;
      EXPECT_TRUE(foreign) << name << " was left";
    }
    for (const std::string& name : theirs_) EXPECT_EQ(left.count(name), 1u) << name;
  }

 private:
  struct Taken {
    std::string reply_name;
    std::string identifier;
    std::string person;
  };

  static std::string BytesOf(const Taken& one, Reply kind) {
    const bool theirs = kind >= Reply::kOfAnotherQuestion;
    return absl::StrCat("<XmlMsg> ", kind == Reply::kOfAnotherQuestion ? "X" : "", one.identifier,
                        " ", theirs ? "6666" : one.person, " ",
                        kind == Reply::kOfAnotherInstitution ? "9900000000" : kInstitution, " ",
                        kind == Reply::kOfAnotherPerson ? "19710102" : "19700102", " </XmlMsg>");
  }

  std::mt19937& random_;
  std::function<void(const std::string&, const std::string&)> on_taken_;
  eligibility::ExchangeSite site_;
  std::vector<Taken> taken_;
  std::set<std::string> published_, good_, bad_, theirs_, twice_;
  bool gone_ = false;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_TESTS_RECEPTION_SCRIPTED_TERMINAL_H_
