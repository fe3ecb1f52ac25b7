#ifndef MADOGUCHI_AGENT_RECORDS_GUARDED_H_
#define MADOGUCHI_AGENT_RECORDS_GUARDED_H_

#include <memory>
#include <string>
#include <utility>

#include "agent/records/kind.h"

// Medical data outside the codec and this room: closed boxes that only the gate can have opened.
namespace madoguchi::records {

// Whose data a box holds, and from when: what a permit is made for. No medical content.
struct Label {
  std::string reception_id;
  Kind kind = Kind::kDrug;
  // Index of the qualification it was asked for.
  int qualification_index = 0;
  absl::Time fetched_at;
  bool operator==(const Label& other) const = default;
};

// The gate's word that one box may be opened now, given after its audit entry was durable. Only
// Gate makes one; it can be moved, not copied, and is used up by opening.
class ReleasePermit {
 public:
  ReleasePermit(ReleasePermit&& other) noexcept
      : label_(std::move(other.label_)), valid_(std::exchange(other.valid_, false)) {}
  ReleasePermit& operator=(ReleasePermit&& other) noexcept {
    label_ = std::move(other.label_);
    valid_ = std::exchange(other.valid_, false);
    return *this;
  }
  ReleasePermit(const ReleasePermit&) = delete;
  ReleasePermit& operator=(const ReleasePermit&) = delete;

 private:
  friend class Gate;
  template <typename T>
  friend class Guarded;
  explicit ReleasePermit(Label label) : label_(std::move(label)), valid_(true) {}

  Label label_;
  bool valid_;
};

// A closed box. It can be moved, copied and kept, and says nothing of its content.
template <typename T>
class Guarded {
 public:
  Guarded(Label label, std::shared_ptr<const T> value)
      : label_(std::move(label)), value_(std::move(value)) {}

  const Label& label() const { return label_; }

  // The content; nullptr when the permit was made for another box or was used already.
  std::shared_ptr<const T> Open(ReleasePermit permit) const {
    if (!permit.valid_ || !(permit.label_ == label_)) return nullptr;
    return value_;
  }

 private:
  Label label_;
  std::shared_ptr<const T> value_;
};

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_GUARDED_H_
