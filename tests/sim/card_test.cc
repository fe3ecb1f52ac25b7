#include "tests/sim/card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace madoguchi::sim {
namespace {

constexpr absl::string_view kSelectJpki = "00A4040C0AD392F000260100000001";
constexpr absl::string_view kStatus = "00200098";
constexpr absl::string_view kRightPin = "002000980431323334";
constexpr absl::string_view kWrongPin = "002000980439393939";

// Certificates only have to be recognised here.
std::string FakeDer(char filling) {
  return absl::StrCat("\x30\x82\x05\xDC", std::string(1500, filling));
}

CardContents FakeContents() {
  CardContents contents;
  contents.auth_certificate = FakeDer('a');
  contents.auth_issuer = FakeDer('A');
  contents.sign_certificate = FakeDer('s');
  contents.sign_issuer = FakeDer('S');
  contents.auth_key = [](absl::string_view bytes) {
    return absl::StrCat("auth:", bytes, std::string(251 - bytes.size(), '.'));
  };
  contents.sign_key = [](absl::string_view bytes) {
    return absl::StrCat("sign:", bytes, std::string(251 - bytes.size(), '.'));
  };
  return contents;
}

// A powered card that speaks hexadecimal digits.
class Spoken {
 public:
  explicit Spoken(absl::string_view behaviour = "", CardPins pins = {})
      : card(FakeContents(), std::move(pins), *ParseCardBehaviour(behaviour)) {
    card.PowerOn();
  }
  std::string Say(absl::string_view command) {
    return card.Exchange(absl::HexStringToBytes(absl::StrReplaceAll(command, {{" ", ""}})));
  }
  // The status word of the answer.
  std::string Word(absl::string_view command) {
    const std::string answer = Say(command);
    return absl::AsciiStrToUpper(absl::BytesToHexString(answer.substr(answer.size() - 2)));
  }
  // The answer, when it ends in 9000.
  std::string Data(absl::string_view command) {
    const std::string answer = Say(command);
    EXPECT_EQ(StatusWordOf(answer), 0x9000) << command;
    return answer.substr(0, answer.size() - 2);
  }
  std::string SignDigest(absl::string_view p2) {
    return Say(absl::StrCat("802A00", p2, "33", std::string(102, '7'), "00"));
  }

  Card card;
};

TEST(Card, AuthenticatesInFiveExchanges) {
  Spoken card;
  EXPECT_EQ(card.Word(kSelectJpki), "9000");
  const std::string file = card.Data("00B08A00000000");
  EXPECT_EQ(file.size(), 2048u);
  EXPECT_TRUE(absl::StartsWith(file, FakeDer('a')));
  EXPECT_EQ(file.back(), '\xFF');
  EXPECT_EQ(card.Word(kStatus), "63C3");
  EXPECT_EQ(card.Word(kRightPin), "9000");
  EXPECT_EQ(card.SignDigest("97").substr(0, 8), "auth:www");
}

TEST(Card, AuthenticatesWithShortCommandsAndWithoutShortIds) {
  Spoken card("no-extended,no-short-ids");
  EXPECT_EQ(card.Word(kSelectJpki), "9000");
  EXPECT_EQ(card.Word("00B08A00000000"), "6700");
  EXPECT_EQ(card.Word("00B08A0000"), "6A86");
  EXPECT_EQ(card.Word(kStatus), "6A86");
  EXPECT_EQ(card.Word("00A4020C02000A"), "9000");
  std::string file;
  for (int page = 0; page < 6; ++page) {
    absl::StrAppend(&file, card.Data(absl::StrCat("00B0", "0", page, "0000")));
  }
  EXPECT_TRUE(absl::StartsWith(file, FakeDer('a')));
  EXPECT_EQ(card.Word("00A4020C020018"), "9000");
  EXPECT_EQ(card.Word("00200080"), "63C3");
  EXPECT_EQ(card.Word("002000800431323334"), "9000");
  EXPECT_EQ(card.Word("00A4020C020017"), "9000");
  EXPECT_EQ(card.SignDigest("80").size(), 258u);
}

TEST(Card, CountsWrongPinsAndBlocks) {
  Spoken card;
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word(kWrongPin), "63C2");
  EXPECT_EQ(card.Word(kWrongPin), "63C1");
  EXPECT_EQ(card.Word(kRightPin), "9000");
  EXPECT_EQ(card.Word(kStatus), "63C3");
  // The wrong one takes back what the right one gave.
  EXPECT_EQ(card.Word(kWrongPin), "63C2");
  EXPECT_EQ(card.Word("802A00970100"
                      "00"),
            "6982");
  EXPECT_EQ(card.Word("00200098020000"), "63C1");
  EXPECT_EQ(card.Word(kWrongPin), "63C0");
  EXPECT_EQ(card.Word(kStatus), "63C0");
  EXPECT_EQ(card.Word(kRightPin), "6984");
  EXPECT_EQ(card.card.pins().auth_left, 0);
  // The other password has attempts of its own.
  EXPECT_EQ(card.Word("0020009B"), "63C5");
}

TEST(Card, ABlockedOrMissingPinCannotBeUsed) {
  CardPins blocked;
  blocked.auth_left = 0;
  Spoken card("blocked-6983", blocked);
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word(kRightPin), "6983");
  Spoken without("no-pin");
  without.Say(kSelectJpki);
  EXPECT_EQ(without.Word(kStatus), "63C0");
  EXPECT_EQ(without.Word(kRightPin), "6984");
  EXPECT_EQ(without.card.pins(), CardPins());
}

TEST(Card, OnlyPowerOffForgetsAVerifiedPin) {
  Spoken card;
  card.Say(kSelectJpki);
  card.Say(kRightPin);
  card.card.Reset();
  EXPECT_EQ(card.Word("802A00970100"
                      "00"),
            "6986");
  card.Say(kSelectJpki);
  EXPECT_EQ(card.SignDigest("97").size(), 258u);
  card.card.PowerOff();
  card.card.PowerOn();
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word("802A00970100"
                      "00"),
            "6982");
}

TEST(Card, GuardsTheSignatureCertificate) {
  Spoken card;
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word("00B0810000"), "6982");
  EXPECT_EQ(card.Word("0020009B06414243313233"), "9000");
  EXPECT_TRUE(absl::StartsWith(card.Data("00B0810000"), FakeDer('s').substr(0, 200)));
  EXPECT_EQ(card.SignDigest("9A").substr(0, 5), "sign:");
  // Which does not open the other key.
  EXPECT_EQ(card.SignDigest("97").size(), 2u);
}

TEST(Card, SaysWhatItIsInItsTokenInformation) {
  for (const auto& [name, label] :
       {std::pair("plastic", "JPKIAPICCTOKEN2 "), std::pair("android", "JPKIAPGPSETOKEN "),
        std::pair("iphone", "JPKIAPIOSTOKEN  "), std::pair("old", "JPKIAPICCTOKEN  ")}) {
    Spoken card(absl::StrCat("label=", name));
    card.Say(kSelectJpki);
    const std::string token = card.Data("00B0860000");
    EXPECT_EQ(token.size(), 160u);
    EXPECT_EQ(token.substr(0, 16), label);
  }
}

TEST(Card, SelectsByPrefixAndHasOnlyWhatItsKindHas) {
  Spoken card;
  EXPECT_EQ(card.Word("00A40000"), "6A86");
  EXPECT_EQ(card.Word("00A4040C06D392F0002601"), "9000");
  EXPECT_EQ(card.Word("00A4000C023F00"), "9000");
  EXPECT_EQ(card.Word("00B0860001"), "9000");
  EXPECT_EQ(card.Word("00A4040C04D392F000"), "6A82");
  EXPECT_EQ(card.Word("00A4040C0AD3921000310001010408"), "9000");
  EXPECT_EQ(card.Word("00A4020C020001"), "6A82");
  EXPECT_EQ(card.Word("00B0810000"), "6A82");
  Spoken phone("label=android");
  EXPECT_EQ(phone.Word("00A4040C0AD3921000310001010408"), "6A82");
  EXPECT_EQ(phone.Word(kSelectJpki), "9000");
  Spoken other("other-card");
  EXPECT_EQ(other.Word(kSelectJpki), "6A82");
}

TEST(Card, HasEveryStatusWordOfItsKind) {
  Spoken card;
  EXPECT_EQ(card.Word("00A4"), "6700");
  EXPECT_EQ(card.Word("00B0000000"), "6986");
  EXPECT_EQ(card.Word("01A4040C0AD392F000260100000001"), "6881");
  EXPECT_EQ(card.Word("0CA4040C0AD392F000260100000001"), "6882");
  EXPECT_EQ(card.Word("90A40400"), "6E00");
  EXPECT_EQ(card.Word("0084000008"), "6D00");
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word("00B0000000"), "6986");
  EXPECT_EQ(card.Word("00B0970000"), "6981");
  EXPECT_EQ(card.Word("00A4020C020099"), "6A82");
  EXPECT_EQ(card.Word("00B0860000"), "9000");
  EXPECT_EQ(card.Word("00B0860000"), "9000");
  EXPECT_EQ(card.Word("00B000A000"), "6B00");
  EXPECT_EQ(card.Word("00B00000"), "6700");
  EXPECT_EQ(card.Word("00200180"), "6A86");
  EXPECT_EQ(card.Word("00200080"), "6981");
  EXPECT_EQ(card.Word("00200097"), "6981");
  EXPECT_EQ(card.Word("002A0097010000"), "6E00");
  EXPECT_EQ(card.Word("802A0297010000"), "6A86");
  card.Say(kRightPin);
  EXPECT_EQ(card.Word("802A0097"), "6700");
  EXPECT_EQ(card.Word(absl::StrCat("802A0097F6", std::string(492, '0'), "00")), "6985");
  EXPECT_EQ(card.Word("802A0098010000"), "6981");
  EXPECT_EQ(card.Word("00C0000000"), "6985");
}

TEST(Card, ReadsPastTheEndInThreeWays) {
  EXPECT_EQ(Spoken().card.step().status_word, 0);
  Spoken plain;
  plain.Say(kSelectJpki);
  EXPECT_EQ(plain.Data("00B0869000").size(), 16u);
  Spoken warns("end-6282");
  warns.Say(kSelectJpki);
  EXPECT_EQ(warns.Word("00B0869000"), "6282");
  EXPECT_EQ(warns.Say("00B0869000").size(), 18u);
  Spoken corrects("le-6c");
  corrects.Say(kSelectJpki);
  EXPECT_EQ(corrects.Word("00B0869000"), "6C10");
  EXPECT_EQ(corrects.Data("00B0869010").size(), 16u);
}

TEST(Card, HandsLongAnswersOutInPieces) {
  Spoken card("chain-61");
  card.Say(kSelectJpki);
  EXPECT_EQ(card.Word("00B08A0000"), "6100");
  EXPECT_EQ(card.Data("00C0000000"), FakeDer('a').substr(0, 256));
  EXPECT_EQ(card.Word("00C0000000"), "6985");
  EXPECT_EQ(card.Word("00B0860010"), "6110");
  EXPECT_EQ(card.Say("00C0000008").size(), 10u);
  EXPECT_EQ(card.Data("00C0000008").size(), 8u);
  // Another command ends it.
  EXPECT_EQ(card.Word("00B0860010"), "6110");
  EXPECT_EQ(card.Word(kStatus), "63C3");
  EXPECT_EQ(card.Word("00C0000010"), "6985");
}

TEST(Card, MayFailTheFirstCommandAfterPowerUp) {
  Spoken card("first-6f00");
  EXPECT_EQ(card.Word(kSelectJpki), "6F00");
  EXPECT_EQ(card.Word(kSelectJpki), "9000");
  card.card.Reset();
  EXPECT_EQ(card.Word(kSelectJpki), "9000");
  card.card.PowerOff();
  card.card.PowerOn();
  EXPECT_EQ(card.Word(kSelectJpki), "6F00");
}

TEST(Card, TellsOfEveryExchangeButNeverThePin) {
  Spoken card;
  card.Say(kSelectJpki);
  EXPECT_EQ(card.card.step().application, kJpkiApplication);
  card.Say("00B08A0000");
  EXPECT_EQ(card.card.step().act, CardAct::kRead);
  EXPECT_EQ(card.card.step().file, kAuthCertificateFile);
  card.Say(kWrongPin);
  EXPECT_EQ(card.card.step().act, CardAct::kVerify);
  EXPECT_FALSE(card.card.step().same_wrong_pin);
  card.Say(kWrongPin);
  EXPECT_TRUE(card.card.step().same_wrong_pin);
  EXPECT_EQ(card.card.step().status_word, 0x63C1);
}

size_t Pick(std::mt19937& chance, size_t below) { return static_cast<size_t>(chance() % below); }

// A good command, mostly with a byte or two changed, sometimes of another length.
std::string SomeCommand(std::mt19937& chance) {
  static const std::string kGood[] = {
      absl::HexStringToBytes(kSelectJpki),
      absl::HexStringToBytes("00A4020C02000A"),
      absl::HexStringToBytes("00B08A00000000"),
      absl::HexStringToBytes("00B0008000"),
      absl::HexStringToBytes(kRightPin),
      absl::HexStringToBytes("00C0000000"),
      absl::HexStringToBytes(absl::StrCat("802A009733", std::string(102, '1'), "00"))};
  std::string command = kGood[Pick(chance, std::size(kGood))];
  if (Pick(chance, 8) == 0) command.resize(Pick(chance, 300));
  for (size_t changes = Pick(chance, 4); changes > 1 && !command.empty(); --changes) {
    command[Pick(chance, command.size())] = static_cast<char>(chance());
  }
  return command;
}

bool IsAnswer(const std::string& answer) {
  return answer.size() >= 2 && answer.size() <= 65'538 && StatusWordOf(answer) >= 0x6000;
}

// Every answer ends in a status word, none is longer than it may be, and attempts never fall below
// none.
TEST(Card, AnswersWhateverIsSent) {
  std::mt19937 chance(20261125);
  Spoken card;
  int good_answers = 0;
  int signatures = 0;
  for (int round = 0; round < 300'000; ++round) {
    constexpr absl::string_view kBehaviours[] = {"", "chain-61,le-6c", "no-short-ids,end-6282"};
    // Three wrong PINs, and there would be nothing left to sign.
    if (round % 100 == 0) {
      card.card.Become(FakeContents(), CardPins(),
                       *ParseCardBehaviour(kBehaviours[round / 100 % 3]));
    }
    if (Pick(chance, 500) == 0) card.card.PowerOff();
    const std::string command = SomeCommand(chance);
    ASSERT_TRUE(IsAnswer(card.card.Exchange(command))) << absl::BytesToHexString(command);
    ASSERT_GE(std::min(card.card.pins().auth_left, card.card.pins().sign_left), 0);
    const bool is_good = card.card.step().status_word == 0x9000;
    good_answers += is_good ? 1 : 0;
    signatures += is_good && card.card.step().act == CardAct::kSign ? 1 : 0;
  }
  // It went deep enough.
  EXPECT_GT(good_answers, 30'000);
  EXPECT_GT(signatures, 1000);
}

}  // namespace
}  // namespace madoguchi::sim
