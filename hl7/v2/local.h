#ifndef MADOGUCHI_HL7_V2_LOCAL_H_
#define MADOGUCHI_HL7_V2_LOCAL_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "hl7/v2/segments.h"
#include "madoguchi/v1/types.pb.h"

// ZOQ, the local segment for what no standard field holds: `ZOQ|n|name|text`, one a value, named as
// in the record (`qualifications[2].elderly_certificate.valid_from`).
namespace madoguchi::hl7::v2 {

// One text of a record that was sent.
struct Leaf {
  // Without the numbers of lists: `confirmation.qualifications[].name`.
  absl::string_view record;
  absl::string_view text;
  // Where it is a day or a time; else null.
  const google::protobuf::Message* message = nullptr;
  // Place in the outermost list, from 0; -1 outside of one.
  int index = -1;
};

// Writes ZOQ segments of one message, numbered throughout.
class Leftovers {
 public:
  explicit Leftovers(SegmentWriter& writer) : writer_(writer) {}

  // Every leaf of `record` that `carried` does not know of. `place`: where the record stands in the
  // OqsMessage, `confirmation.header.`; the segments leave out its first name. Derived fields are
  // no leaves.
  void Add(const google::protobuf::Message& record, absl::string_view place,
           const std::function<bool(const Leaf&)>& carried);
  // One of an element nobody knows, named by its path.
  void AddUnknown(const v1::UnknownElement& element);

 private:
  void Walk(const google::protobuf::Message& record);
  void Visit(const google::protobuf::Message& record,
             const google::protobuf::FieldDescriptor& field, int index);
  void VisitMessage(const google::protobuf::Message& message);
  void Write(absl::string_view text, const google::protobuf::Message* message);
  void WriteSegment(absl::string_view name, absl::string_view text);

  SegmentWriter& writer_;
  int count_ = 0;
  const std::function<bool(const Leaf&)>* carried_ = nullptr;
  // Of the place the walk is at, with and without numbers.
  std::string path_;
  std::string pattern_;
  size_t root_ = 0;
  int index_ = -1;
};

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_LOCAL_H_
