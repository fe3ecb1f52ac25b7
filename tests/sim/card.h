#ifndef MADOGUCHI_TESTS_SIM_CARD_H_
#define MADOGUCHI_TESTS_SIM_CARD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/sim/card_apdu.h"
#include "tests/sim/card_behaviour.h"

// The chip of a My Number Card, as far as a card reader can tell: bytes in, bytes out. What it
// answers is what independent programs agree on that work with real cards; no public norm exists.
namespace madoguchi::sim {

// PKCS#1 v1.5 type 1 over exactly the bytes given; empty when they do not fit the key.
using CardKey = std::function<std::string(absl::string_view bytes)>;

// What the JPKI application holds. Certificates in DER; empty: there is none.
struct CardContents {
  std::string auth_certificate = {};
  std::string auth_issuer = {};
  std::string sign_certificate = {};
  std::string sign_issuer = {};
  CardKey auth_key = {};
  CardKey sign_key = {};
};

inline constexpr int kAuthTries = 3;
inline constexpr int kSignTries = 5;

// The only thing a card keeps without power.
struct CardPins {
  std::string auth = "1234";
  int auth_left = kAuthTries;
  std::string sign = "ABC123";
  int sign_left = kSignTries;
  bool operator==(const CardPins&) const = default;
};

enum class CardAct : uint8_t {
  kOther,
  kSelectApplication,
  kSelectFile,
  kRead,
  kPinStatus,
  kVerify,
  kSign,
};
absl::string_view CardActName(CardAct act);

// What one exchange was about. Never a PIN, never what was read.
struct CardStep {
  CardAct act = CardAct::kOther;
  // Of kSelectApplication: what was asked for, in hexadecimal digits.
  std::string application = {};
  // The application that was selected before, with the same digits; empty: none.
  std::string inside = {};
  // The file or key that was addressed; 0: none.
  uint16_t file = 0;
  // kVerify: the wrong PIN of last time once more.
  bool same_wrong_pin = false;
  uint16_t status_word = 0;
};

// Not thread-safe.
class Card {
 public:
  Card(CardContents contents, CardPins pins, const CardBehaviour& behaviour);

  // Power ends every selection and what was verified; a reset keeps the latter.
  void PowerOn();
  void PowerOff();
  void Reset();
  // A command APDU of any bytes and length; the answer always ends in a status word.
  std::string Exchange(absl::string_view command);

  const CardPins& pins() const { return pins_; }
  // What the last exchange was about.
  const CardStep& step() const { return step_; }
  bool auth_verified() const { return auth_verified_; }
  // Other contents while it lies on the reader; power and selection stay as they are.
  void Become(CardContents contents, CardPins pins, const CardBehaviour& behaviour);

 private:
  std::string Answer(absl::string_view command);
  std::string Dispatch(const CommandApdu& apdu);
  std::string Select(const CommandApdu& apdu);
  std::string SelectApplication(const CommandApdu& apdu);
  std::string SelectFile(const CommandApdu& apdu);
  std::string ReadBinary(const CommandApdu& apdu);
  std::string ReadAt(const std::string& bytes, size_t offset, size_t le);
  std::string Verify(const CommandApdu& apdu);
  std::string CheckPin(const std::string& given, const std::string& right, int full, int& left,
                       bool& verified);
  std::string Sign(const CommandApdu& apdu);
  std::string GetResponse(const CommandApdu& apdu);
  // Holds long answers back for GET RESPONSE when the card is one of those.
  std::string Give(const CommandApdu& apdu, std::string data);

  bool InJpki() const;
  // The file by P2: the current one for 80, another for 80 + its short id. 0 and `error` otherwise.
  uint16_t FileByP2(uint8_t p2, uint16_t& error) const;
  bool HasFile(uint16_t file) const;
  std::string BytesOf(uint16_t file) const;

  CardContents contents_;
  CardPins pins_;
  CardBehaviour behaviour_;
  CardStep step_;
  bool fresh_ = true;
  // In hexadecimal digits; empty: none.
  std::string application_;
  uint16_t current_ = 0;
  bool auth_verified_ = false;
  bool sign_verified_ = false;
  std::string last_wrong_;
  std::string held_back_;
};

// Application identifiers, in hexadecimal digits.
inline constexpr absl::string_view kJpkiApplication = "D392F000260100000001";
// 券面事項入力補助AP: holds the 個人番号.
inline constexpr absl::string_view kTextApplication = "D3921000310001010408";
// 券面事項確認AP: holds the photo.
inline constexpr absl::string_view kFaceApplication = "D3921000310001010402";

// Files of the JPKI application.
inline constexpr uint16_t kSignCertificateFile = 0x0001;
inline constexpr uint16_t kSignIssuerFile = 0x0002;
inline constexpr uint16_t kTokenFile = 0x0006;
inline constexpr uint16_t kPresenceFile = 0x0008;
inline constexpr uint16_t kAuthCertificateFile = 0x000A;
inline constexpr uint16_t kAuthIssuerFile = 0x000B;
inline constexpr uint16_t kAuthKeyFile = 0x0017;
inline constexpr uint16_t kAuthPinFile = 0x0018;
inline constexpr uint16_t kSignKeyFile = 0x001A;
inline constexpr uint16_t kSignPinFile = 0x001B;

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_H_
