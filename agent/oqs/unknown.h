#ifndef MADOGUCHI_AGENT_OQS_UNKNOWN_H_
#define MADOGUCHI_AGENT_OQS_UNKNOWN_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/oqs/limits.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "madoguchi/v1/types.pb.h"

// unknown_elements: what a message holds beyond the element table.
namespace madoguchi::oqs {

using UnknownElements = google::protobuf::RepeatedPtrField<v1::UnknownElement>;

// Where the reader stands: an element and its parents, kept on the stack of the walk.
struct Place {
  const Place* parent = nullptr;
  absl::string_view name;
  // Among siblings of the same name, from 1.
  int index = 1;
};

// `XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[2]`.
std::string PathOf(const Place& place);

// Collects leftovers while a message is read.
class UnknownCollector {
 public:
  // The element's own text.
  void AddText(const Place& place, absl::string_view text);
  void AddAttribute(const Place& place, absl::string_view name, absl::string_view value);
  size_t size() const { return static_cast<size_t>(elements_.size()); }
  // False when all paths together were longer than kMaxUnknownPathBytes: then some are missing and
  // the message must be refused.
  bool WithinBounds() const { return within_bounds_; }
  // What was collected, in the order of paths (so that the order of the file does not matter).
  UnknownElements Take() &&;

 private:
  void Add(std::string path, absl::string_view text);

  UnknownElements elements_;
  size_t path_bytes_left_ = kMaxUnknownPathBytes;
  bool within_bounds_ = true;
};

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_UNKNOWN_H_
