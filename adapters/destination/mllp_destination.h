#ifndef MADOGUCHI_ADAPTERS_DESTINATION_MLLP_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_MLLP_DESTINATION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/destination/destination.h"
#include "agent/base/error.h"
#include "agent/web/stream.h"

namespace madoguchi::adapters {

struct MllpConfig {
  // A name or an address; [A-Za-z0-9.:-].
  std::string host = {};
  // 1 to 65535.
  int port = 0;
  bool tls = false;
  // For TLS; `certificate` and `key` only where the receiver asks for them.
  web::Keys keys = {};
  // Name, TCP and TLS together; 1 s to 5 min.
  absl::Duration connect_within = absl::Seconds(10);
  // From the last byte of a message to the last of its acknowledgement; 1 s to 5 min.
  absl::Duration answer_within = absl::Seconds(30);
};

// HL7 v2 messages over MLLP (HL7 v2 transport, release 1), one after the other, each acknowledged
// before the next one leaves. The connection is kept, and made anew at once when the receiver has
// closed it in between. What an acknowledgement means:
//   AA, CA  done
//   AE, CE  tried again, as receivers say so for a database that is locked, too; the route's limit
//           of tries ends that (MDG-2305)
//   AR, CR  refused (MDG-2305)
//   one for another message, or none at all   MDG-2306, on a new connection
//   nothing in time                           MDG-2303, on a new connection
// A parcel of several messages starts again from the first; receivers know MSH-10.
class MllpDestination final : public Destination {
 public:
  // MDG-1001 with the field of MllpConfig.
  static absl::StatusOr<std::unique_ptr<MllpDestination>> Make(MllpConfig config);

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  // Connects.
  absl::Status Probe(const Patience& patience) override;

 private:
  explicit MllpDestination(MllpConfig config) : config_(std::move(config)) {}

  absl::Status Connect(const Patience& patience);
  Delivered Send(const Piece& piece, const Patience& patience);
  Delivered AwaitAck(const std::string& control_id, const Patience& patience);
  Delivered Judge(absl::string_view message, const std::string& control_id);
  // Drops the connection: what comes on it later would be about this message.
  Delivered Lost(base::ErrorCode code, absl::string_view what);
  std::string Address() const;

  const MllpConfig config_;
  web::Stream stream_;
};

// MSH-10 of a message; empty when it has none.
std::string ControlIdOf(absl::string_view message);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_MLLP_DESTINATION_H_
