#ifndef MADOGUCHI_ADAPTERS_ROUTE_COURIER_H_
#define MADOGUCHI_ADAPTERS_ROUTE_COURIER_H_

#include <memory>
#include <string>

#include "adapters/destination/destination.h"
#include "adapters/render/format.h"
#include "adapters/route/queue.h"
#include "adapters/route/source.h"
#include "adapters/route/wish.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {

// One way from the daemon to a system.
struct Route {
  std::string name;
  Filter filter;
  FormatOptions format;
  Policy policy;
  std::unique_ptr<Destination> destination;

  bool NeedsChart() const { return destination->NeedsChart() || format.format == Format::kSsmix2; }
};

// Takes one record from the daemon to the destination: what is sent is what the daemon gives now,
// not what it was when the record came into the queue.
Outcome Carry(const Route& route, Source& source, const crypto::KeyedHash& hash,
              const kept::v1::OwedItem& item, const Patience& patience);

// The parcel of a record, rendered; what Carry would send. `status` of Outcome::why. Also tells the
// wish it is for.
Outcome Prepare(const Route& route, Source& source, const crypto::KeyedHash& hash,
                const std::string& reception_id, v1::ExportWhat what, absl::Time deadline,
                Parcel& parcel);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_COURIER_H_
