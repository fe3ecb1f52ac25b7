#include "adapters/render/csv.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "madoguchi/v1/types.pb.h"

namespace madoguchi::adapters {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Step {
  const FieldDescriptor* field = nullptr;
  int index = 0;
};

absl::Status Wrong(absl::string_view path, absl::string_view why) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = absl::StrCat("`", path, "`: ", why), .field = "columns"});
}

bool IsTime(const Descriptor* type) {
  return type == v1::Date::descriptor() || type == v1::OqsTime::descriptor() ||
         type == google::protobuf::Timestamp::descriptor();
}

std::string NamesOf(const Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", type.field(i)->name());
  }
  return names;
}

// The steps from `root` to the end of `names`.
absl::StatusOr<std::vector<Step>> StepsOf(const Descriptor* root, absl::string_view path,
                                          absl::string_view names) {
  std::vector<Step> steps;
  const Descriptor* at = root;
  for (absl::string_view name : absl::StrSplit(names, '.', absl::SkipEmpty())) {
    if (at == nullptr || IsTime(at)) return Wrong(path, "ends before that");
    Step step;
    if (const size_t bracket = name.find('['); bracket != absl::string_view::npos) {
      absl::string_view number = name.substr(bracket + 1);
      if (!absl::EndsWith(number, "]") ||
          !absl::SimpleAtoi(number.substr(0, number.size() - 1), &step.index) || step.index < 0) {
        return Wrong(path, "a place in a list is [0], [1] and so on");
      }
      name = name.substr(0, bracket);
    }
    step.field = at->FindFieldByName(std::string(name));
    if (step.field == nullptr) {
      return Wrong(path, absl::StrCat("no field ", name, "; there are ", NamesOf(*at)));
    }
    if (step.index > 0 && !step.field->is_repeated()) {
      return Wrong(path, absl::StrCat(name, " is no list"));
    }
    steps.push_back(step);
    at = step.field->message_type();
  }
  return steps;
}

// The end of `steps` in `message`; nullptr where something on the way is absent.
const Message* MessageAt(const Message& message, const std::vector<Step>& steps) {
  const Message* at = &message;
  for (const Step& step : steps) {
    const auto& reflection = *at->GetReflection();
    if (step.field->is_repeated()) {
      if (step.index >= reflection.FieldSize(*at, step.field)) return nullptr;
      at = &reflection.GetRepeatedMessage(*at, step.field, step.index);
    } else {
      if (!reflection.HasField(*at, step.field)) return nullptr;
      at = &reflection.GetMessage(*at, step.field);
    }
  }
  return at;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", time, base::Japan());
}

std::string TimeCell(const Message& message) {
  if (message.GetDescriptor() == v1::Date::descriptor()) {
    const auto& date = static_cast<const v1::Date&>(message);
    if (!base::IsRealDay(date)) return date.text();
    return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
  }
  if (message.GetDescriptor() == v1::OqsTime::descriptor()) {
    const auto& time = static_cast<const v1::OqsTime&>(message);
    return time.has_time() ? TimeText(base::FromProto(time.time())) : time.text();
  }
  return TimeText(base::FromProto(static_cast<const google::protobuf::Timestamp&>(message)));
}

std::string ScalarCell(const Message& in, const Step& last) {
  const auto& r = *in.GetReflection();
  const FieldDescriptor* f = last.field;
  const bool list = f->is_repeated();
  if (list && last.index >= r.FieldSize(in, f)) return "";
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return list ? r.GetRepeatedString(in, f, last.index) : r.GetString(in, f);
    case FieldDescriptor::CPPTYPE_ENUM:
      return (list ? r.GetRepeatedEnum(in, f, last.index) : r.GetEnum(in, f))->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return (list ? r.GetRepeatedBool(in, f, last.index) : r.GetBool(in, f)) ? "1" : "0";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(list ? r.GetRepeatedInt32(in, f, last.index) : r.GetInt32(in, f));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(list ? r.GetRepeatedInt64(in, f, last.index) : r.GetInt64(in, f));
    default:
      return "";
  }
}

std::string CellAt(const Message& root, std::vector<Step> steps) {
  if (steps.back().field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Message* at = MessageAt(root, steps);
    return at == nullptr ? "" : TimeCell(*at);
  }
  const Step last = steps.back();
  steps.pop_back();
  const Message* in = MessageAt(root, steps);
  return in == nullptr ? "" : ScalarCell(*in, last);
}

// `reception.`, `record.` or `row.`, and what is behind it.
struct Rooted {
  enum class Root : uint8_t { kReception, kRecord, kRow } root = Root::kReception;
  std::vector<Step> steps;
};

absl::StatusOr<Rooted> Resolve(absl::string_view path, const Descriptor* row) {
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(path, absl::MaxSplits('.', 1));
  Rooted rooted;
  const Descriptor* type = nullptr;
  if (halves.first == "reception") {
    type = v1::Reception::descriptor();
  } else if (halves.first == "record") {
    rooted.root = Rooted::Root::kRecord;
    type = v1::OqsMessage::descriptor();
  } else if (halves.first == "row" && row != nullptr) {
    rooted.root = Rooted::Root::kRow;
    type = row;
  } else {
    return Wrong(path, row == nullptr ? "begins with `reception.` or `record.`"
                                      : "begins with `reception.`, `record.` or `row.`");
  }
  auto steps = StepsOf(type, path, halves.second);
  if (!steps.ok()) return steps.status();
  if (steps->empty()) return Wrong(path, absl::StrCat("needs one of ", NamesOf(*type)));
  rooted.steps = *std::move(steps);
  return rooted;
}

struct Plan {
  // Empty: one line a record.
  std::optional<Rooted> rows;
  std::vector<Rooted> columns;
};

absl::StatusOr<Plan> PlanOf(const CsvOptions& options) {
  Plan plan;
  const Descriptor* row = nullptr;
  if (!options.rows.empty()) {
    auto rows = Resolve(options.rows, nullptr);
    if (!rows.ok()) return rows.status();
    const FieldDescriptor* last = rows->steps.back().field;
    if (!last->is_repeated() || last->message_type() == nullptr) {
      return Wrong(options.rows, "is no list of entries");
    }
    row = last->message_type();
    plan.rows = *std::move(rows);
  }
  if (options.columns.empty()) return Wrong("columns", "at least one is needed");
  for (const CsvColumn& column : options.columns) {
    auto rooted = Resolve(column.path, row);
    if (!rooted.ok()) return rooted.status();
    const FieldDescriptor* last = rooted->steps.back().field;
    const bool fits = last->message_type() != nullptr ? IsTime(last->message_type())
                                                      : last->type() != FieldDescriptor::TYPE_BYTES;
    if (!fits) {
      return Wrong(column.path,
                   last->message_type() == nullptr
                       ? "is no text"
                       : absl::StrCat("goes on with one of ", NamesOf(*last->message_type())));
    }
    plan.columns.push_back(*std::move(rooted));
  }
  return plan;
}

void AppendCell(absl::string_view cell, std::string& line) {
  const bool formula = !cell.empty() && absl::StrContains("=+-@\t\r", cell.substr(0, 1));
  absl::StrAppend(&line, line.empty() ? "" : ",", "\"", formula ? "'" : "",
                  absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

// The entries that have a line each; the record itself without `rows`.
std::vector<const Message*> RowsOf(const Plan& plan, const v1::Reception& reception,
                                   const v1::OqsMessage& record) {
  if (!plan.rows.has_value()) return {&record};
  std::vector<Step> steps = plan.rows->steps;
  const FieldDescriptor* list = steps.back().field;
  steps.pop_back();
  const Message& root = plan.rows->root == Rooted::Root::kRecord
                            ? static_cast<const Message&>(record)
                            : static_cast<const Message&>(reception);
  std::vector<const Message*> rows;
  const Message* in = MessageAt(root, steps);
  for (int i = 0; in != nullptr && i < in->GetReflection()->FieldSize(*in, list); ++i) {
    rows.push_back(&in->GetReflection()->GetRepeatedMessage(*in, list, i));
  }
  return rows;
}

}  // namespace

absl::Status CheckCsv(const CsvOptions& options) { return PlanOf(options).status(); }

absl::StatusOr<std::string> WriteCsv(const CsvOptions& options, const v1::Reception& reception,
                                     const v1::OqsMessage& record) {
  const absl::StatusOr<Plan> plan = PlanOf(options);
  if (!plan.ok()) return plan.status();
  const std::vector<const Message*> rows = RowsOf(*plan, reception, record);
  if (rows.empty()) {
    return base::MakeError(base::ErrorCode::kNotRenderable,
                           {.what = "`rows` has no entry", .field = "rows"});
  }
  std::string out;
  std::string line;
  for (const CsvColumn& column : options.columns) AppendCell(column.header, line);
  absl::StrAppend(&out, line, "\r\n");
  for (const Message* row : rows) {
    line.clear();
    for (const Rooted& column : plan->columns) {
      const Message& root =
          column.root == Rooted::Root::kReception ? static_cast<const Message&>(reception)
          : column.root == Rooted::Root::kRecord  ? static_cast<const Message&>(record)
                                                  : *row;
      AppendCell(CellAt(root, column.steps), line);
    }
    absl::StrAppend(&out, line, "\r\n");
  }
  return out;
}

}  // namespace madoguchi::adapters
