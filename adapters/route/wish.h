#ifndef MADOGUCHI_ADAPTERS_ROUTE_WISH_H_
#define MADOGUCHI_ADAPTERS_ROUTE_WISH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/reception.pb.h"

// What of a reception a route is to deliver. Pure.
namespace madoguchi::adapters {

// All that is given has to fit; what is empty does not count.
struct Filter {
  std::vector<std::string> counters = {};
  std::vector<v1::ReceptionOrigin> origins = {};
  std::vector<v1::Validity> validities = {};
  // Which records of a reception.
  std::vector<v1::ExportWhat> what = {v1::EXPORT_WHAT_RECEPTION};
  // Medical records that are consented to and not here yet are asked of OQS by the delivery; false
  // waits until somebody else has done so.
  bool fetch = false;
};

// One record that is there to be delivered.
struct Wish {
  std::string reception_id;
  v1::ExportWhat what = v1::EXPORT_WHAT_RECEPTION;
  int revision = 0;
  // Changes when the record has to be delivered anew: with the answer, the chart, and for
  // treatments the categories that can be seen. A keyed hash.
  std::string key;
  // The patient, as far as the site knows: a keyed hash of the chart, else the reception's id.
  std::string line;
  bool has_chart = false;
  // When OQS answered: records of one patient are delivered in this order.
  absl::Time answered_at = absl::UnixEpoch();
};

bool Fits(const Filter& filter, const v1::Reception& reception);

// Which medical records count as there.
enum class Stage : uint8_t {
  kReady,
  // Also those that OQS would have to be asked for.
  kFetch,
  // Also those whose consent is over: the daemon decides what an adapter may still have of them.
  kOwed,
};

// nullopt when there is no such record to be delivered now: no answer of OQS, a reception that
// should not be (cancelled, abandoned, refused), a medical record that is not there.
std::optional<Wish> WishOf(const v1::Reception& reception, v1::ExportWhat what, Stage stage,
                           const crypto::KeyedHash& hash);

// Parcel::message_id.
std::string MessageIdOf(const std::string& route, const Wish& wish, const crypto::KeyedHash& hash);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_WISH_H_
