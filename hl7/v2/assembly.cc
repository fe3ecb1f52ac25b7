#include "hl7/v2/assembly.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/text/jis.h"
#include "agent/text/kana.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr absl::string_view kSendingApplication = "MADOGUCHI";
// HL70211.
constexpr absl::string_view kMsh18Utf8 = "UNICODE UTF-8";
// The first repetition is empty: ASCII.
constexpr absl::string_view kMsh18Iso2022Jp = "~ISO IR87";
constexpr absl::string_view kMsh20Iso2022Jp = "ISO 2022-1994";
constexpr absl::string_view kSsmix2Profile =
    "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO";
// `M` and 16 hexadecimal digits.
constexpr absl::string_view kIdPlace = "M0000000000000000";
constexpr size_t kMaxControlId = 20;
constexpr absl::string_view kIdeographicSpace = "　";
constexpr size_t kMost15Digits = 1'000'000'000'000'000;

size_t Mix(size_t state, size_t word) {
  state = (state ^ word) * 0xD6E8FEB86659FD93;
  return state ^ (state >> 32);
}

// Of the content, eight bytes at a time.
size_t HashOf(absl::string_view bytes) {
  size_t state = bytes.size();
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    state = Mix(state, word);
    bytes.remove_prefix(size);
  }
  return Mix(state, 0);
}

// Tells in which field of a message an offset lies. Offsets must come in ascending order.
class Locator {
 public:
  explicit Locator(absl::string_view message) : message_(message) { BeginSegment(); }

  std::string WhereIs(size_t offset) {
    for (; at_ < offset; ++at_) {
      if (message_[at_] == '|') ++field_;
      if (message_[at_] == '\r') BeginSegment();
    }
    const int occurrence = seen_[name_];
    return absl::StrCat(name_, occurrence > 1 ? absl::StrCat("[", occurrence, "]") : "", "-",
                        field_ + (name_ == "MSH" ? 1 : 0));
  }

 private:
  void BeginSegment() {
    name_ = message_.substr(at_ == 0 ? 0 : at_ + 1, 3);
    field_ = 0;
    ++seen_[name_];
  }

  absl::string_view message_;
  size_t at_ = 0;
  absl::string_view name_;
  int field_ = 0;
  absl::flat_hash_map<absl::string_view, int> seen_;
};

void Name(SegmentWriter& writer, absl::string_view name, absl::string_view use,
          absl::string_view representation) {
  if (name.empty()) return;
  const NameParts parts = SplitName(name);
  writer.Repeat(5, {parts.family, parts.given, "", "", "", "", use, representation});
}

}  // namespace

absl::string_view ProcessTime(const v1::MessageHeader& header) {
  const v1::OqsTime& time = header.process_execution_time();
  return time.has_time() ? absl::string_view(time.text()) : "";
}

std::string DayText(const v1::Date& date) {
  if (!base::IsRealDay(date)) return "";
  std::string text(8, '0');
  const auto put = [&text](size_t end, int number) {
    for (; number > 0; number /= 10) text[--end] = static_cast<char>('0' + number % 10);
  };
  put(4, date.year());
  put(6, date.month());
  put(8, date.day());
  return text;
}

NameParts SplitName(absl::string_view name) {
  const size_t wide = name.find(kIdeographicSpace);
  const size_t narrow = name.find(' ');
  const size_t at = std::min(wide, narrow);
  if (at == absl::string_view::npos || at == 0) return {name, ""};
  const absl::string_view given = name.substr(at + (at == wide ? kIdeographicSpace.size() : 1));
  if (given.empty()) return {name, ""};
  return {name.substr(0, at), given};
}

absl::string_view SexOf(absl::string_view code) {
  if (code == "1") return "M";
  if (code == "2") return "F";
  if (code == "3") return "U";
  return "";
}

void OrderNumber::Add(absl::string_view text) { state_ = Mix(state_, HashOf(text)); }

std::string OrderNumber::Finish() const {
  const std::string digits = std::to_string(state_ % kMost15Digits);
  return std::string(15 - digits.size(), '0') + digits;
}

Assembly::Assembly(const MessageType& type, const Options& options, absl::string_view institution,
                   absl::string_view time, int place, size_t room)
    : options_(options),
      type_(absl::StrCat(type.code, "^", type.trigger)),
      time_(options.time.empty() ? std::string(time) : options.time),
      writer_(text_) {
  text_.reserve(room);
  writer_.Segment("MSH");
  writer_.Field(3, kSendingApplication);
  writer_.Field(4, institution);
  writer_.Field(5, options.receiving_application);
  writer_.Field(6, options.receiving_facility);
  writer_.Field(7, time_);
  writer_.Field(9, {type.code, type.trigger, type.structure});
  if (options.control_id.empty()) {
    writer_.Constant(10, kIdPlace);
    id_at_ = text_.size() - kIdPlace.size();
  } else {
    const std::string number = place > 1 ? absl::StrCat("-", place) : "";
    const absl::string_view given(options.control_id);
    writer_.Field(10, absl::StrCat(given.substr(0, kMaxControlId - number.size()), number));
  }
  writer_.Field(11, "P");
  writer_.Field(12, "2.5");
  if (options.charset == Charset::kIso2022Jp || options.ssmix2) {
    writer_.Constant(18, kMsh18Iso2022Jp);
    writer_.Field(20, kMsh20Iso2022Jp);
  } else {
    writer_.Field(18, kMsh18Utf8);
  }
  if (options.ssmix2) writer_.Constant(21, kSsmix2Profile);
}

void Assembly::Pid(const Person& person) {
  writer_.Segment("PID");
  writer_.Field(1, "0001");
  writer_.Field(3, {person.patient_id, "", "", "", person.patient_id.empty() ? "" : "PI"});
  // L legal, A alias (HL70200); I ideographic, P phonetic (HL70465).
  Name(writer_, person.name, "L", "I");
  Name(writer_, text::ToFullWidth(person.kana), "L", "P");
  Name(writer_, person.other_name, "A", "I");
  Name(writer_, text::ToFullWidth(person.other_kana), "A", "P");
  if (person.birth_date != nullptr) writer_.Field(7, DayText(*person.birth_date));
  writer_.Field(8, SexOf(person.sex_code));
  if (!person.address.empty() || !person.post_number.empty()) {
    writer_.Field(11, {"", "", "", "", person.post_number, "JPN", "H", person.address});
  }
  writer_.Field(33, person.updated);
}

absl::StatusOr<Message> Assembly::Finish() {
  writer_.Finish();
  if (id_at_ != std::string::npos) {
    size_t hash = HashOf(text_);
    for (size_t at = id_at_ + kIdPlace.size(); at > id_at_ + 1; hash >>= 4) {
      text_[--at] = "0123456789ABCDEF"[hash & 15];
    }
  }
  Message message{.type = std::move(type_), .bytes = {}, .replaced = {}, .replaced_count = 0};
  if (options_.charset == Charset::kUtf8 && !options_.ssmix2) {
    message.bytes = std::move(text_);
    return message;
  }
  absl::StatusOr<text::Iso2022JpBytes> encoded = text::EncodeIso2022Jp(text_);
  MDG_RETURN_IF_ERROR(encoded.status());
  message.bytes = std::move(encoded->bytes);
  Locator locator(text_);
  message.replaced_count = encoded->replaced_count;
  message.replaced.reserve(encoded->replaced.size());
  for (text::JisReplacement& each : encoded->replaced) {
    message.replaced.push_back({each.character, std::move(each.by), locator.WhereIs(each.offset)});
  }
  return message;
}

}  // namespace madoguchi::hl7::v2
