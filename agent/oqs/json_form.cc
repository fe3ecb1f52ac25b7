#include "agent/oqs/json_form.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/oqs/element.h"
#include "agent/oqs/json_events.h"
#include "agent/oqs/json_lists.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "agent/oqs/xml_scan.h"
#include "agent/text/utf8.h"
#include "agent/text/xml_escape.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

// Writes the tree of a JSON text as XML, so that one reader knows the elements. Memory: the XML,
// of at most `most` bytes, and one Level for each level that is open.
class XmlMaker : public JsonEvents {
 public:
  explicit XmlMaker(size_t most) : most_(most) {}

  bool Key(absl::string_view name) override {
    if (name.size() > kMaxNameBytes || !IsXmlName(name)) {
      return Stop(ErrorCode::kNotJson, "a name no element can have");
    }
    // A reply to a login, with its credentials.
    if (levels_.size() == 1 && name != kRootName) {
      return Stop(ErrorCode::kNotAnOqsMessage, "the only member must be XmlMsg");
    }
    levels_.back().name.assign(name.data(), name.size());
    return true;
  }

  bool Value(absl::string_view text) override {
    if (levels_.empty()) return Stop(ErrorCode::kNotAnOqsMessage, "it must be an object");
    if (levels_.back().kind == Kind::kItems) {
      return Stop(ErrorCode::kNotJson, "a value in an array that is a list of objects");
    }
    if (text::FindNonXml(text)) {
      return Stop(ErrorCode::kNotJson, "a character that messages do not allow");
    }
    Open();
    text::AppendXmlText(text, xml_);
    Close();
    return CheckSize();
  }

  bool StartObject() override {
    // The members of an item of a list are elements of the list itself.
    const bool is_bare = levels_.empty() || levels_.back().kind == Kind::kItems;
    if (!is_bare) Open();
    return Push({is_bare ? Kind::kBare : Kind::kElement, {}}) && CheckSize();
  }

  bool EndObject() override { return Pop(); }

  bool StartArray() override {
    if (levels_.empty()) return Stop(ErrorCode::kNotAnOqsMessage, "it must be an object");
    const Level& parent = levels_.back();
    if (parent.kind == Kind::kItems || parent.kind == Kind::kRepeat) {
      return Stop(ErrorCode::kNotJson, "an array in an array");
    }
    if (levels_.size() == 1) return Stop(ErrorCode::kNotAnOqsMessage, "XmlMsg must be an object");
    if (!IsListElement(parent.name)) return Push({Kind::kRepeat, parent.name});
    Open();
    return Push({Kind::kItems, {}}) && CheckSize();
  }

  bool EndArray() override { return Pop(); }

  std::string Take() && { return std::move(xml_); }

 private:
  enum class Kind {
    kElement,  // an object: its members are inside the element that was opened for it
    kBare,     // an object without an element of its own
    kRepeat,   // an array: each item is an element of the array's name
    kItems,    // the array of a list element
  };
  struct Level {
    Kind kind;
    // Of the member, or of all items, that come next.
    std::string name;
  };

  bool Push(Level level) {
    // Arrays are levels here and none in XML.
    if (levels_.size() >= 2 * kMaxDepth) return Stop(ErrorCode::kTooDeep, "too many levels");
    levels_.push_back(std::move(level));
    return true;
  }

  bool Pop() {
    const Kind kind = levels_.back().kind;
    levels_.pop_back();
    if (kind == Kind::kElement || kind == Kind::kItems) Close();
    return CheckSize();
  }

  // The element of the member or item that comes next.
  void Open() { absl::StrAppend(&xml_, "<", levels_.back().name, ">"); }
  void Close() { absl::StrAppend(&xml_, "</", levels_.back().name, ">"); }

  bool CheckSize() {
    return xml_.size() <= most_ || Stop(ErrorCode::kMessageTooLarge, "too large as XML");
  }

  const size_t most_;
  std::string xml_;
  std::vector<Level> levels_;
};

// Takes the members of a login reply.
class LoginMaker : public JsonEvents {
 public:
  bool Key(absl::string_view name) override {
    if (name.size() > kMaxNameBytes || text::FindNonXml(name)) {
      return Stop(ErrorCode::kNotAnOqsMessage, "a name that is too long");
    }
    path_.resize(depth_);
    path_.back().assign(name.data(), name.size());
    return true;
  }

  bool Value(absl::string_view text) override {
    if (depth_ == 0) return Stop(ErrorCode::kNotAnOqsMessage, "it must be an object");
    std::string path = Path();
    const bool is_seen = !seen_.insert(path).second;
    std::string* const field = FieldOf(path);
    if (field == nullptr) {
      if (++unknown_ > kMaxUnknown) return Stop(ErrorCode::kTooDeep, "too many members");
      login_.unknown.push_back(std::move(path));
      return true;
    }
    if (is_seen) return Stop(ErrorCode::kNotAnOqsMessage, "a member given twice");
    field->assign(text.data(), text.size());
    return true;
  }

  bool StartObject() override {
    if (++depth_ > kMaxLevels) return Stop(ErrorCode::kTooDeep, "too many levels");
    path_.resize(depth_);
    return true;
  }
  bool EndObject() override {
    path_.resize(--depth_);
    return true;
  }
  bool StartArray() override { return Stop(ErrorCode::kNotAnOqsMessage, "an array"); }
  bool EndArray() override { return true; }

  WebLogin Take() && { return std::move(login_); }

 private:
  static constexpr size_t kMaxLevels = 4;
  static constexpr size_t kMaxUnknown = 100;

  std::string Path() const {
    std::string path;
    for (const std::string& name : path_) absl::StrAppend(&path, path.empty() ? "" : ".", name);
    return path;
  }

  std::string* FieldOf(absl::string_view path) {
    const std::pair<absl::string_view, std::string*> fields[] = {
        {"status", &login_.status},
        {"msg", &login_.message},
        {"result.accessToken", &login_.access_token},
        {"result.refreshToken", &login_.refresh_token},
        {"result.idToken", &login_.id_token},
        {"result.linkSysCharCd", &login_.character_code}};
    for (const auto& [name, field] : fields) {
      if (name == path) return field;
    }
    return nullptr;
  }

  WebLogin login_;
  size_t depth_ = 0;
  size_t unknown_ = 0;
  std::vector<std::string> path_;
  absl::flat_hash_set<std::string> seen_;
};

constexpr size_t kMaxLoginBytes = size_t{64} << 10;

}  // namespace

bool LooksLikeJson(absl::string_view bytes) {
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(bytes), "{");
}

absl::StatusOr<v1::OqsMessage> ReadJson(absl::string_view file_name, absl::string_view bytes) {
  const size_t most = MaxMessageBytes(file_name);
  XmlMaker maker(most);
  MDG_RETURN_IF_ERROR(ParseJson(bytes, most, maker));
  const std::string xml = std::move(maker).Take();
  if (xml.empty()) {
    return base::MakeError(ErrorCode::kNotAnOqsMessage,
                           {.what = "the only member must be XmlMsg", .field = "root"});
  }
  return ReadMessage(file_name, xml);
}

absl::StatusOr<WebLogin> ReadWebLogin(absl::string_view bytes) {
  LoginMaker maker;
  MDG_RETURN_IF_ERROR(ParseJson(bytes, kMaxLoginBytes, maker));
  WebLogin login = std::move(maker).Take();
  if (login.status.empty() || (login.status == "0" && login.id_token.empty())) {
    return base::MakeError(ErrorCode::kNotAnOqsMessage,
                           {.what = "not a login reply", .field = "status"});
  }
  return login;
}

}  // namespace madoguchi::oqs
