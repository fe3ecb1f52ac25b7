#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/message.h"
#include "agent/text/jis.h"
#include "agent/text/kana.h"
#include "hl7/v2/convert.h"
#include "hl7/v2/standard.h"
#include "tests/hl7/v2/leaf_list.h"
#include "tests/hl7/v2/parsed.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"

// Every value an answer holds is in its messages, where the table of fields says, or the table says
// why it is not.
namespace madoguchi::hl7::v2 {
namespace {

constexpr uint32_t kGenerated = 300;

// With the space that divides a name as a narrow one: which one it was is not kept.
std::string FirstSpaceNarrow(const std::string& name) {
  const size_t wide = name.find("　");
  if (wide == std::string::npos || wide == 0 || name.find(' ') < wide) return name;
  if (wide + 3 == name.size()) return name;
  return absl::StrCat(name.substr(0, wide), " ", name.substr(wide + 3));
}

std::vector<std::string> NamesAt(const Parsed& parsed, absl::string_view target) {
  std::vector<std::string> names;
  const std::vector<std::string> families = parsed.Repetitions(target, 1);
  const std::vector<std::string> givens = parsed.Repetitions(target, 2);
  for (size_t i = 0; i < families.size(); ++i) {
    names.push_back(givens[i].empty() ? families[i] : absl::StrCat(families[i], " ", givens[i]));
  }
  return names;
}

bool Contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool HoldsName(const Parsed& parsed, absl::string_view target, const std::string& name) {
  std::vector<std::string> all = NamesAt(parsed, target);
  // IN1-16 of each insurance.
  const std::vector<std::string>& given = parsed.All(absl::StrCat(target, ".2"));
  const std::vector<std::string>& family = parsed.All(absl::StrCat(target, ".1"));
  for (size_t i = 0; i < family.size(); ++i) {
    all.push_back(given[i].empty() ? family[i] : absl::StrCat(family[i], " ", given[i]));
  }
  return Contains(all, name);
}

// True when the target holds what the form makes of the value.
bool Holds(const Parsed& parsed, absl::string_view target, Form form, const std::string& text) {
  switch (form) {
    case Form::kName:
      return HoldsName(parsed, target, FirstSpaceNarrow(text));
    case Form::kKana:
      return HoldsName(parsed, target, FirstSpaceNarrow(text::ToFullWidth(text)));
    case Form::kSex:
      return Contains(parsed.All(target), text == "1"   ? "M"
                                          : text == "2" ? "F"
                                                        : "U") &&
             text.size() == 1 && text >= "1" && text <= "3";
    case Form::kFamily:
      return (text == "1" && Contains(parsed.All(target), "SEL")) ||
             (text == "2" && Contains(parsed.All(target), "OTH"));
    case Form::kTrimmed: {
      for (const std::string& value : parsed.All(target)) {
        if (!value.empty() && absl::StrContains(text, value)) return true;
      }
      return false;
    }
    default:
      return Contains(parsed.All(target), text);
  }
}

// A ZOQ whose name ends like the field.
bool IsLeftover(const Parsed& parsed, const TestLeaf& leaf) {
  const std::vector<std::string>& names = parsed.All("ZOQ-2");
  const std::vector<std::string>& texts = parsed.All("ZOQ-3");
  for (size_t i = 0; i < names.size(); ++i) {
    if (texts[i] == leaf.text && absl::EndsWith(names[i], leaf.ending)) return true;
  }
  return false;
}

bool IsThere(const std::vector<Parsed>& messages, const TestLeaf& leaf) {
  const Standard* row = FindStandard(leaf.record);
  if (row != nullptr && row->form == Form::kNowhere) return true;
  for (const Parsed& parsed : messages) {
    if (IsLeftover(parsed, leaf)) return true;
    if (row == nullptr) continue;
    std::vector<std::string> targets = absl::StrSplit(row->target, ", ");
    if (absl::StrContains(row->note, "IN1-11")) targets.emplace_back("IN1-11");
    for (const std::string& target : targets) {
      if (Holds(parsed, target, row->form, leaf.text)) return true;
    }
  }
  return false;
}

struct Case {
  std::string name;
  v1::OqsMessage message;
};

std::vector<Case> Fixtures() {
  std::vector<Case> cases;
  for (const absl::string_view ending : {".xml", ".json", ".zip"}) {
    for (const oqs::Fixture& fixture : oqs::FixturesOf(ending)) {
      auto message = oqs::ReadAnyForm(fixture.name, fixture.bytes);
      if (message.ok()) cases.push_back({fixture.path, *std::move(message)});
    }
  }
  EXPECT_GT(cases.size(), 60U);
  return cases;
}

// With what the reader derives.
std::vector<Case> GeneratedCases() {
  std::vector<Case> cases;
  for (uint32_t seed = 0; seed < kGenerated; ++seed) {
    const v1::OqsMessage made = oqs::GenerateMessage(seed, oqs::Encoding::kUtf8);
    const auto bytes = oqs::WriteMessage(made, oqs::Encoding::kUtf8);
    if (!bytes.ok()) continue;
    auto message = oqs::ReadMessage(made.file_name(), *bytes);
    EXPECT_TRUE(message.ok()) << seed;
    if (message.ok()) cases.push_back({absl::StrCat("seed ", seed), *std::move(message)});
  }
  return cases;
}

// Whether a record has something HL7 v2 has messages for, told without the converter.
bool NamesSomebody(const v1::OqsMessage& message) {
  for (const v1::BatchUnit& unit : message.batch_answer().units()) {
    if (unit.confirmation().qualifications_size() > 0) return true;
  }
  for (const v1::Checkup& checkup : message.checkup_history().checkups()) {
    if (checkup.items_size() > 0) return true;
  }
  return message.confirmation().qualifications_size() > 0 ||
         message.medical_record().drug_history().drug_lines_size() > 0;
}

void ExpectComplete(const Case& each, In1Layout layout) {
  SCOPED_TRACE(each.name);
  const auto messages = Convert(each.message, {.in1 = layout});
  ASSERT_EQ(messages.ok(), NamesSomebody(each.message)) << messages.status();
  if (!messages.ok()) {
    EXPECT_TRUE(base::Is(messages.status(), base::ErrorCode::kNoSuchForm));
    return;
  }
  std::vector<Parsed> parsed;
  for (const Message& message : *messages) parsed.emplace_back(message.bytes);
  for (const TestLeaf& leaf : LeafList(each.message)) {
    EXPECT_TRUE(IsThere(parsed, leaf)) << leaf.record << " " << leaf.ending;
  }
}

TEST(Completeness, EveryValueOfEveryFixtureIsInItsMessages) {
  for (const Case& each : Fixtures()) {
    ExpectComplete(each, In1Layout::kSsmix2);
    ExpectComplete(each, In1Layout::kJahis);
  }
}

TEST(Completeness, EveryValueOfGeneratedRecordsIsInTheirMessages) {
  size_t converted = 0;
  for (const Case& each : GeneratedCases()) {
    converted += NamesSomebody(each.message) ? 1 : 0;
    ExpectComplete(each, In1Layout::kSsmix2);
    ExpectComplete(each, In1Layout::kJahis);
  }
  EXPECT_GT(converted, kGenerated / 4);
}

TEST(Completeness, TheSameRecordGivesTheSameBytesWhateverTheCharset) {
  for (const Case& each : GeneratedCases()) {
    for (const bool ssmix2 : {false, true}) {
      const Options utf8{.ssmix2 = ssmix2};
      const Options jis{.charset = Charset::kIso2022Jp, .ssmix2 = ssmix2};
      const auto first = Convert(each.message, utf8);
      const auto second = Convert(v1::OqsMessage(each.message), utf8);
      const auto encoded = Convert(each.message, jis);
      ASSERT_EQ(first.ok(), second.ok());
      if (!first.ok()) continue;
      ASSERT_EQ(first->size(), second->size());
      for (size_t i = 0; i < first->size(); ++i) {
        ASSERT_EQ((*first)[i].bytes, (*second)[i].bytes) << each.name;
        // Delimiters are in ASCII mode, so an encoded message has as many of each.
        const auto decoded = text::DecodeIso2022Jp((*encoded)[i].bytes);
        ASSERT_TRUE(decoded.ok()) << each.name;
        EXPECT_EQ(Parsed(*decoded).Names(), Parsed(ssmix2 ? *decoded : (*first)[i].bytes).Names());
        for (const absl::string_view segment :
             absl::StrSplit((*encoded)[i].bytes, '\r', absl::SkipEmpty())) {
          EXPECT_TRUE(text::DecodeIso2022Jp(segment).ok());
          EXPECT_EQ(absl::StrContains(segment, "\x1b"),
                    absl::StrContains(segment, "\x1b$B") && absl::StrContains(segment, "\x1b(B"));
        }
      }
    }
  }
}

}  // namespace
}  // namespace madoguchi::hl7::v2
