#include "agent/base/redact.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/log.h"
#include "google/protobuf/descriptor.h"
#include "madoguchi/v1/options.pb.h"

namespace madoguchi::base {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLongest = 2000;

bool Hidden(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::personal) || field.options().GetExtension(v1::secret);
}

void AppendMessage(const Message& message, std::string& out);

std::string Scalar(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(repeated ? reflection.GetRepeatedInt32(message, &field, index)
                                   : reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                   : reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (repeated ? reflection.GetRepeatedBool(message, &field, index)
                       : reflection.GetBool(message, &field))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return std::string((repeated ? reflection.GetRepeatedEnum(message, &field, index)
                                   : reflection.GetEnum(message, &field))
                             ->name());
    case FieldDescriptor::CPPTYPE_STRING:
      return absl::StrCat("\"",
                          Printable(repeated ? reflection.GetRepeatedString(message, &field, index)
                                             : reflection.GetString(message, &field)),
                          "\"");
    default:
      return "?";
  }
}

void AppendField(const Message& message, const FieldDescriptor& field, std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < count && out.size() < kLongest; ++i) {
    if (!out.empty() && out.back() != '{') out += ' ';
    absl::StrAppend(&out, field.name(), ":");
    if (Hidden(field)) {
      out += "***";
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      out += '{';
      AppendMessage(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                        : reflection.GetMessage(message, &field),
                    out);
      out += '}';
    } else {
      out += Scalar(message, field, i);
    }
  }
}

void AppendMessage(const Message& message, std::string& out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) AppendField(message, *field, out);
}

}  // namespace

std::string Redacted(const Message& message) {
  std::string out;
  AppendMessage(message, out);
  if (out.size() > kLongest) {
    out.resize(kLongest);
    out += "...";
  }
  return out;
}

}  // namespace madoguchi::base
