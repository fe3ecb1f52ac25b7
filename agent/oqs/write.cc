#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/element.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "agent/oqs/root.h"
#include "agent/oqs/write_tree.h"
#include "agent/text/cp932.h"
#include "agent/text/utf8.h"
#include "agent/text/xml_escape.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

// What was sent, or what the numbers say when a program filled only these.
std::string DateText(const v1::Date& date, Kind kind) {
  if (!date.text().empty() || date.year() == 0) return date.text();
  if (kind == Kind::kMonth) return absl::StrFormat("%04d%02d", date.year(), date.month());
  return absl::StrFormat("%04d%02d%02d", date.year(), date.month(), date.day());
}

std::string TimeText(const v1::OqsTime& time) {
  if (time.text().empty() && time.no_end()) return "99991231235959";
  if (time.text().empty() && time.has_time()) {
    return base::FormatOqsTime(base::FromProto(time.time()));
  }
  return time.text();
}

// The text of a leaf; empty when it is absent.
std::string LeafText(const Element& element, const void* record) {
  const Accessor& access = element.access;
  switch (element.kind) {
    case Kind::kDate:
    case Kind::kMonth:
      return DateText(*access.get_date(record), element.kind);
    case Kind::kTime:
      return TimeText(*access.get_time(record));
    case Kind::kCode: {
      const std::string& code = *access.get_text(record);
      return code.empty() ? std::string(element.codes->CodeOf(access.get_value(record))) : code;
    }
    default:
      return *access.get_text(record);
  }
}

class Writer {
 public:
  Writer(Encoding encoding, size_t max_elements)
      : max_elements_(max_elements),
        line_end_(encoding == Encoding::kUtf8 ? "\n" : "\r\n"),
        indent_(encoding == Encoding::kUtf8 ? "  " : "\t") {
    absl::StrAppend(&out_, "<?xml version=\"1.0\" encoding=\"",
                    encoding == Encoding::kUtf8 ? "UTF-8" : "Shift_JIS", "\" standalone=\"no\"?>",
                    line_end_);
  }

  // `tree` holds what goes into the element besides the record; may be null.
  absl::Status WriteScope(absl::string_view name, Scope scope, const void* record,
                          const WriteNode* tree) {
    MDG_RETURN_IF_ERROR(Open(name, tree));
    const size_t behind_tag = out_.size() - line_end_.size();
    const bool has_text = tree != nullptr && !tree->text.empty();
    if (has_text) {
      // Text between elements.
      text::AppendXmlText(tree->text, out_);
      Append(line_end_);
    }
    const size_t behind_text = out_.size();
    for (const Element& element : ElementsOf(scope)) {
      MDG_RETURN_IF_ERROR(WriteElement(element, record, tree));
    }
    if (tree != nullptr) MDG_RETURN_IF_ERROR(WriteUnknownChildren(scope, *tree));
    if (has_text && out_.size() == behind_text) {
      // Nothing but text: white space at its ends is part of it.
      out_.resize(behind_tag);
      text::AppendXmlText(tree->text, out_);
      --depth_;
      absl::StrAppend(&out_, "</", name, ">", line_end_);
      return absl::OkStatus();
    }
    Close(name);
    return absl::OkStatus();
  }

  std::string Take() && { return std::move(out_); }

 private:
  using Child = std::pair<const std::pair<std::string, int>, WriteNode>;

  static const WriteNode* Find(const WriteNode* tree, absl::string_view name, int index) {
    if (tree == nullptr) return nullptr;
    const auto found = tree->children.find({std::string(name), index});
    return found == tree->children.end() ? nullptr : &found->second;
  }

  absl::Status WriteElement(const Element& element, const void* record, const WriteNode* tree) {
    int written = 0;
    if (element.kind == Kind::kTexts) {
      const int count = element.access.count(record);
      for (; written < count; ++written) {
        const auto& text = *static_cast<const std::string*>(element.access.at(record, written));
        MDG_RETURN_IF_ERROR(WriteLeaf(element.name, text, Find(tree, element.name, written + 1)));
      }
    } else if (element.kind == Kind::kGroup || element.kind == Kind::kRepeated) {
      const int count = element.access.count(record);
      for (; written < count; ++written) {
        MDG_RETURN_IF_ERROR(WriteScope(element.name, element.inner,
                                       element.access.at(record, written),
                                       Find(tree, element.name, written + 1)));
      }
    } else {
      const std::string text = LeafText(element, record);
      if (!text.empty()) {
        MDG_RETURN_IF_ERROR(WriteLeaf(element.name, text, Find(tree, element.name, 1)));
        written = 1;
      }
    }
    return tree == nullptr ? absl::OkStatus() : WriteSiblings(element.name, written, *tree);
  }

  // Writes the children `name` of `tree` behind the `written` that there are, with empty elements
  // in the gaps.
  absl::Status WriteSiblings(absl::string_view name, int written, const WriteNode& tree) {
    auto child = tree.children.lower_bound({std::string(name), written + 1});
    for (; child != tree.children.end() && child->first.first == name; ++child) {
      for (++written; written < child->first.second; ++written) {
        MDG_RETURN_IF_ERROR(WriteLeaf(name, "", nullptr));
      }
      MDG_RETURN_IF_ERROR(WriteUnknown(*child));
    }
    return absl::OkStatus();
  }

  // Those of other names than the scope knows.
  absl::Status WriteUnknownChildren(Scope scope, const WriteNode& tree) {
    auto child = tree.children.begin();
    while (child != tree.children.end()) {
      const std::string& name = child->first.first;
      if (FindElement(scope, name, 0) == kNotFound) {
        MDG_RETURN_IF_ERROR(WriteSiblings(name, 0, tree));
      }
      child = tree.children.lower_bound({name, std::numeric_limits<int>::max()});
    }
    return absl::OkStatus();
  }

  absl::Status WriteUnknown(const Child& child) {
    return WriteLeaf(child.first.first, child.second.text, &child.second);
  }

  // An element of text; `tree` may add attributes and elements.
  absl::Status WriteLeaf(absl::string_view name, absl::string_view text, const WriteNode* tree) {
    if (tree != nullptr && !tree->text.empty() && tree->text != text) {
      return MakeError(ErrorCode::kNotWritable,
                       {.what = "a field and an unknown element say different things",
                        .field = std::string(name)});
    }
    if (text::FindNonXml(text)) {
      return MakeError(ErrorCode::kNotWritable,
                       {.what = "a character XML does not allow", .field = std::string(name)});
    }
    if (tree != nullptr && !tree->children.empty()) return WriteMixed(name, text, *tree);
    Indent();
    MDG_RETURN_IF_ERROR(OpenTag(name, tree));
    text::AppendXmlText(text, out_);
    absl::StrAppend(&out_, "</", name, ">", line_end_);
    return absl::OkStatus();
  }

  absl::Status WriteMixed(absl::string_view name, absl::string_view text, const WriteNode& tree) {
    MDG_RETURN_IF_ERROR(Open(name, &tree));
    if (!text.empty()) {
      text::AppendXmlText(text, out_);
      Append(line_end_);
    }
    auto child = tree.children.begin();
    while (child != tree.children.end()) {
      const std::string& child_name = child->first.first;
      MDG_RETURN_IF_ERROR(WriteSiblings(child_name, 0, tree));
      child = tree.children.lower_bound({child_name, std::numeric_limits<int>::max()});
    }
    Close(name);
    return absl::OkStatus();
  }

  absl::Status Open(absl::string_view name, const WriteNode* tree) {
    Indent();
    ++depth_;
    MDG_RETURN_IF_ERROR(OpenTag(name, tree));
    Append(line_end_);
    return absl::OkStatus();
  }

  absl::Status OpenTag(absl::string_view name, const WriteNode* tree) {
    if (++elements_ > max_elements_) {
      return MakeError(ErrorCode::kNotWritable,
                       {.what = "too many elements", .field = std::string(name)});
    }
    absl::StrAppend(&out_, "<", name);
    if (tree != nullptr) {
      for (const auto& [attribute, value] : tree->attributes) {
        absl::StrAppend(&out_, " ", attribute, "=\"");
        text::AppendXmlAttribute(value, out_);
        Append("\"");
      }
    }
    Append(">");
    return absl::OkStatus();
  }

  void Close(absl::string_view name) {
    --depth_;
    Indent();
    absl::StrAppend(&out_, "</", name, ">", line_end_);
  }

  void Indent() {
    for (int i = 0; i < depth_; ++i) Append(indent_);
  }

  void Append(absl::string_view text) { out_.append(text.data(), text.size()); }

  const size_t max_elements_;
  const absl::string_view line_end_;
  const absl::string_view indent_;
  std::string out_;
  int depth_ = 0;
  size_t elements_ = 0;
};

// `offset` is in the text of a leaf or in its tag: the last tag opened before it names the element.
std::string ElementAt(absl::string_view xml, size_t offset) {
  absl::string_view tag = xml.substr(xml.rfind('<', offset));
  tag.remove_prefix(1);
  return std::string(tag.substr(0, tag.find_first_of("> ")));
}

absl::StatusOr<std::string> ToCp932(const std::string& xml) {
  absl::StatusOr<text::Cp932Encoded> encoded = text::EncodeCp932(xml);
  if (!encoded.ok()) return encoded.status();
  if (encoded->bad_offset) {
    return MakeError(ErrorCode::kNotWritable,
                     {.what = "a character has no place in CP932",
                      .field = absl::StrCat(ElementAt(xml, *encoded->bad_offset), " ",
                                            text::CodePointName(encoded->bad_character))});
  }
  return std::move(encoded->cp932);
}

// A message to be written: the role its body has, and in the head of a request the day that is
// asked for when only the query has it.
v1::OqsMessage Prepared(const v1::OqsMessage& message) {
  v1::OqsMessage copy = message;
  if (copy.body_case() == v1::OqsMessage::kQuery ||
      copy.body_case() == v1::OqsMessage::kBatchRequest) {
    copy.set_role(v1::MESSAGE_ROLE_REQUEST);
  }
  if (copy.query().has_day() && !copy.request_header().has_confirmation_date()) {
    *copy.mutable_request_header()->mutable_confirmation_date() = copy.query().day();
  }
  return copy;
}

// Every unit has what the kind of batch has, and nothing else.
bool AllUnits(const v1::OqsMessage& message, bool (v1::BatchUnit::*has)() const,
              bool (v1::BatchUnit::*has_not)() const) {
  if (!message.has_batch_answer()) return false;
  const auto& units = message.batch_answer().units();
  return std::all_of(units.begin(), units.end(), [&](const v1::BatchUnit& unit) {
    return (unit.*has)() && !(unit.*has_not)();
  });
}

// The body fits family and role, so that nothing of it would be left out.
bool HasFittingBody(const v1::OqsMessage& message) {
  const v1::OqsMessage::BodyCase body = message.body_case();
  const bool is_request = message.role() == v1::MESSAGE_ROLE_REQUEST;
  switch (message.family()) {
    case v1::MESSAGE_FAMILY_YZKSIQUC01:
      return body ==
             (is_request ? v1::OqsMessage::kInformationQuery : v1::OqsMessage::kMedicalRecord);
    case v1::MESSAGE_FAMILY_TKKSIQUC01:
      return body ==
             (is_request ? v1::OqsMessage::kInformationQuery : v1::OqsMessage::kCheckupHistory);
    case v1::MESSAGE_FAMILY_OQSSIIMM01:
      return body ==
             (is_request ? v1::OqsMessage::kBatchRequest : v1::OqsMessage::kRegistrationAnswer);
    case v1::MESSAGE_FAMILY_OQSMUIMM01:
    case v1::MESSAGE_FAMILY_OQSMUIMM02:
      return is_request ? body == v1::OqsMessage::kBatchRequest
                        : AllUnits(message, &v1::BatchUnit::has_registration,
                                   &v1::BatchUnit::has_confirmation);
    case v1::MESSAGE_FAMILY_OQSMUQUC01:
    case v1::MESSAGE_FAMILY_OQSMUQUC02:
    case v1::MESSAGE_FAMILY_OQSMUHVQ01:
    case v1::MESSAGE_FAMILY_OQSMUHVQ02:
    case v1::MESSAGE_FAMILY_OQSMUONQ01:
    case v1::MESSAGE_FAMILY_OQSMUONQ02:
    case v1::MESSAGE_FAMILY_OQSMUTIC01:
    case v1::MESSAGE_FAMILY_OQSMUTIC02:
      return is_request ? body == v1::OqsMessage::kBatchRequest
                        : AllUnits(message, &v1::BatchUnit::has_confirmation,
                                   &v1::BatchUnit::has_registration);
    default:
      if (!is_request) return body == v1::OqsMessage::kConfirmation;
      return body == v1::OqsMessage::kQuery || body == v1::OqsMessage::BODY_NOT_SET;
  }
}

}  // namespace

absl::StatusOr<std::string> WriteMessage(const v1::OqsMessage& message, Encoding encoding) {
  v1::OqsMessage prepared = Prepared(message);
  if (!HasFittingBody(prepared)) {
    return MakeError(ErrorCode::kNotWritable,
                     {.what = "no body of the message's family and role", .field = "body"});
  }
  const Root body = MakeRoot(prepared);
  const absl::StatusOr<WriteNode> tree = MakeWriteTree(*body.unknown);
  if (!tree.ok()) return tree.status();
  Writer writer(encoding, LimitsOf(prepared.family()).elements);
  const WriteNode* root = body.unknown->empty() ? nullptr : &*tree;
  MDG_RETURN_IF_ERROR(writer.WriteScope(kRootName, body.scope, body.record, root));
  std::string xml = std::move(writer).Take();
  if (encoding == Encoding::kUtf8) return xml;
  return ToCp932(xml);
}

}  // namespace madoguchi::oqs
