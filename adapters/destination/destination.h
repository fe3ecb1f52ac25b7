#ifndef MADOGUCHI_ADAPTERS_DESTINATION_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_DESTINATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::adapters {

// One piece of what is delivered: a file, or a message.
struct Piece {
  // What tells it from the other pieces of its parcel, for file names: `1`, `ADT-00`. [A-Za-z0-9-]
  std::string label;
  std::string bytes;
};

// One record of one reception in the format of one route, as the daemon gave it a moment ago. Holds
// personal data, in memory only: never log one, never write one anywhere but to the destination.
struct Parcel {
  // Stable: the same record of the same reception in the same route always has the same one,
  // however often it is sent, so that receivers can drop repeats. 20 characters of [A-Z0-9] (MSH-10
  // of HL7 v2.5 takes no more).
  std::string message_id;
  v1::ExportWhat what = v1::EXPORT_WHAT_RECEPTION;
  // The newest snapshot of the reception. `assignment.patient_id` is the chart, where there is one.
  v1::Reception reception;
  // What the pieces were made from.
  v1::OqsMessage record;
  std::string media_type;
  std::string file_extension;
  std::vector<Piece> pieces;
  // A marked fictional patient (`madoguchi-adapter test`).
  bool test = false;
};

// What a delivery may use.
struct Patience {
  // Everything has to be over by then.
  absl::Time deadline;
  // A descriptor that can be read when the delivery is to be broken off.
  int stop_fd = -1;
};

struct Delivered {
  enum class Kind : uint8_t {
    // The destination has it, on disk as far as it tells.
    kDone,
    // Not now: the same parcel will be tried again. Whether the destination has it is not known.
    kTryAgain,
    // Trying again would not help: a person has to do something first.
    kRefused,
  };
  Kind kind = Kind::kTryAgain;
  // Why not, MDG-23nn. Without personal data: what the other side wrote is never in it, only its
  // codes.
  absl::Status why;
  // For kTryAgain: the destination asks not to be tried again before that; at most an hour.
  absl::Duration wait = absl::ZeroDuration();
};

// A place records are delivered to. A route has one of its own, and calls it on its own thread, one
// delivery at a time; nothing is shared with the destinations of other routes. Connections are made
// when needed and kept. Delivering the same parcel again must be harmless as far as the medium
// allows it.
class Destination {
 public:
  virtual ~Destination() = default;
  virtual Delivered Deliver(const Parcel& parcel, const Patience& patience) = 0;
  // Whether it can be reached and would take something, without sending a record: MDG-23nn.
  virtual absl::Status Probe(const Patience& patience) = 0;
  // Begins what it does by itself, beside deliveries. At most once, by the program that delivers,
  // before the first Deliver.
  virtual void Start() {}
  // True when nothing can be delivered before the reception has a chart: then Deliver says
  // kTryAgain with MDG-2312, and a route had better wait for the chart.
  virtual bool NeedsChart() const { return false; }
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_DESTINATION_H_
