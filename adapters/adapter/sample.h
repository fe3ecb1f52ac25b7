#ifndef MADOGUCHI_ADAPTERS_ADAPTER_SAMPLE_H_
#define MADOGUCHI_ADAPTERS_ADAPTER_SAMPLE_H_

#include "absl/time/time.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

// A fictional patient, to try a route with: テスト 窓口, chart 99999999, institution and insurer of
// the prefecture 99, which does not exist. Not rendered. Each has a message id of its own.
Parcel SampleParcel(v1::ExportWhat what, absl::Time now);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ADAPTER_SAMPLE_H_
