#ifndef MADOGUCHI_ADAPTERS_RENDER_RENDER_H_
#define MADOGUCHI_ADAPTERS_RENDER_RENDER_H_

#include <string>

#include "absl/status/status.h"
#include "adapters/destination/destination.h"
#include "adapters/render/format.h"

namespace madoguchi::adapters {

// Makes media type, extension and pieces of `parcel` from its record and reception. Pure: the same
// parcel gives the same bytes. MDG-2313 when the record has no form in the format (`what` says
// why), MDG-2312 when it needs a chart and there is none.
absl::Status Render(const FormatOptions& options, Parcel& parcel);

// The name under which a terminal would have stored this message, as far as the message tells: for
// a push of a face reader OQSsiquc01res_face_INSTITUTIONTOKEN_TIME.xml, where the token is the
// answer's arbitrary file identifier in base64 (oqs-interface 2.2); otherwise the family's answer
// with `message_id` as its suffix.
std::string OqsFileName(const v1::OqsMessage& message, const std::string& message_id);

// The answer about insurance of a reception, as the file it came in.
v1::OqsMessage MessageOf(const v1::Reception& reception);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_RENDER_RENDER_H_
