#include "hl7/v2/mllp.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/jis.h"
#include "agent/text/utf8.h"

namespace madoguchi::hl7::v2 {
namespace {

constexpr char kStart = '\x0b';
constexpr char kEnd = '\x1c';
constexpr char kCarriageReturn = '\r';
constexpr size_t kMaxTextBytes = 1000;
constexpr size_t kAckHeadBytes = 8;  // MSH|^~\&

absl::Status NotHl7(absl::string_view what, std::string field) {
  return base::MakeError(base::ErrorCode::kNotHl7,
                         {.what = std::string(what), .field = std::move(field)});
}

// The part at `index`, from 0, between delimiters; empty when there is none.
absl::string_view PartOf(absl::string_view text, char delimiter, size_t index) {
  for (; index > 0; --index) {
    const size_t at = text.find(delimiter);
    if (at == absl::string_view::npos) return {};
    text.remove_prefix(at + 1);
  }
  return text.substr(0, text.find(delimiter));
}

struct Delimiters {
  char field;
  char component;
  char repetition;
  char escape;
  char subcomponent;
};

// The character that an escape stands for; 0: none that we know.
char EscapedBy(absl::string_view name, const Delimiters& delimiters) {
  if (name == "F") return delimiters.field;
  if (name == "S") return delimiters.component;
  if (name == "R") return delimiters.repetition;
  if (name == "E") return delimiters.escape;
  if (name == "T") return delimiters.subcomponent;
  return '\0';
}

// Without HL7's escapes; those nobody knows stay. Cut where a character ends.
std::string PlainText(absl::string_view field, const Delimiters& delimiters) {
  std::string text;
  while (!field.empty() && text.size() < kMaxTextBytes) {
    const size_t end =
        field[0] == delimiters.escape ? field.find(delimiters.escape, 1) : absl::string_view::npos;
    if (end != absl::string_view::npos) {
      const char escaped = EscapedBy(field.substr(1, end - 1), delimiters);
      if (escaped != '\0') {
        text.push_back(escaped);
        field.remove_prefix(end + 1);
        continue;
      }
    }
    const size_t length = text::DecodeUtf8(field).value_or(text::CodePoint{0, 1}).length;
    text.append(field.data(), length);
    field.remove_prefix(length);
  }
  return text;
}

absl::StatusOr<std::string> ToUtf8(absl::string_view message) {
  if (absl::StrContains(message, '\x1b')) {
    absl::StatusOr<std::string> text = text::DecodeIso2022Jp(message);
    if (!text.ok()) return NotHl7("allowed is UTF-8 or ISO-2022-JP", "message");
    return text;
  }
  if (text::FindInvalidUtf8(message)) return NotHl7("allowed is UTF-8 or ISO-2022-JP", "message");
  return std::string(message);
}

absl::StatusOr<Ack::Code> CodeOf(absl::string_view code) {
  if (code == "AA" || code == "CA") return Ack::Code::kAccepted;
  if (code == "AE" || code == "CE") return Ack::Code::kError;
  if (code == "AR" || code == "CR") return Ack::Code::kRejected;
  return NotHl7("allowed are AA, AE, AR, CA, CE, CR", "MSA-1");
}

absl::string_view NextSegment(absl::string_view& rest) {
  const size_t end = rest.find_first_of("\r\n");
  const absl::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end == absl::string_view::npos ? rest.size() : end + 1);
  return segment;
}

absl::Status ReadMsa(absl::string_view segment, const Delimiters& delimiters, Ack& ack) {
  const auto code = CodeOf(PartOf(segment, delimiters.field, 1));
  MDG_RETURN_IF_ERROR(code.status());
  ack.code = *code;
  ack.control_id = PlainText(PartOf(segment, delimiters.field, 2), delimiters);
  if (ack.control_id.empty()) return NotHl7("the control id is missing", "MSA-2");
  ack.text = PlainText(PartOf(segment, delimiters.field, 3), delimiters);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> MllpFrame(absl::string_view message) {
  if (absl::StrContains(message, kStart) || absl::StrContains(message, kEnd)) {
    return NotHl7("a message holds no byte that frames", "message");
  }
  std::string frame;
  frame.reserve(message.size() + 3);
  frame.push_back(kStart);
  frame.append(message.data(), message.size());
  frame.push_back(kEnd);
  frame.push_back(kCarriageReturn);
  return frame;
}

absl::Status MllpReader::Take(absl::string_view bytes) {
  for (const char byte : bytes) {
    if (!failed_.ok()) break;
    failed_ = TakeByte(byte);
    ++offset_;
  }
  return failed_;
}

absl::Status MllpReader::TakeByte(char byte) {
  const auto failed = [this](absl::string_view what) {
    open_ = std::string();
    return NotHl7(what, absl::StrCat("byte ", offset_));
  };
  switch (state_) {
    case State::kOutside:
      if (byte == '\r' || byte == '\n') return absl::OkStatus();
      if (byte != kStart) return failed("a frame begins with 0B");
      state_ = State::kInside;
      return absl::OkStatus();
    case State::kInside:
      if (byte == kStart) return failed("a frame within a frame");
      if (byte == kEnd) {
        state_ = State::kEnding;
        return absl::OkStatus();
      }
      if (open_.size() >= most_) return failed(absl::StrCat("allowed are ", most_, " bytes"));
      open_.push_back(byte);
      return absl::OkStatus();
    case State::kEnding:
      break;
  }
  if (byte != kCarriageReturn) return failed("a frame ends with 1C 0D");
  complete_.push_back(std::exchange(open_, {}));
  state_ = State::kOutside;
  return absl::OkStatus();
}

std::optional<std::string> MllpReader::Next() {
  if (complete_.empty()) return std::nullopt;
  std::string message = std::move(complete_.front());
  complete_.pop_front();
  return message;
}

absl::StatusOr<Ack> ParseAck(absl::string_view message) {
  if (message.size() > kMaxAckBytes) {
    return NotHl7(absl::StrCat("allowed are ", kMaxAckBytes, " bytes"), "message");
  }
  const absl::StatusOr<std::string> text = ToUtf8(message);
  MDG_RETURN_IF_ERROR(text.status());
  absl::string_view rest(*text);
  const absl::string_view head = NextSegment(rest);
  if (!absl::StartsWith(head, "MSH") || head.size() < kAckHeadBytes) {
    return NotHl7("a message begins with MSH", "MSH");
  }
  const Delimiters delimiters{head[3], head[4], head[5], head[6], head[7]};
  Ack ack;
  bool acknowledged = false;
  bool erred = false;
  while (!rest.empty()) {
    const absl::string_view segment = NextSegment(rest);
    const absl::string_view name = PartOf(segment, delimiters.field, 0);
    if (name == "MSA") {
      if (acknowledged) return NotHl7("there is one MSA only", "MSA");
      MDG_RETURN_IF_ERROR(ReadMsa(segment, delimiters, ack));
      acknowledged = true;
    } else if (name == "ERR" && !erred) {
      erred = true;
      const absl::string_view code = PartOf(segment, delimiters.field, 3);
      ack.error_code = PlainText(PartOf(code, delimiters.component, 0), delimiters);
      if (ack.text.empty()) {
        ack.text = PlainText(PartOf(segment, delimiters.field, 8), delimiters);
      }
    }
  }
  if (!acknowledged) return NotHl7("an acknowledgement has an MSA", "MSA");
  return ack;
}

}  // namespace madoguchi::hl7::v2
