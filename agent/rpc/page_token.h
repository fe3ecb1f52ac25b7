#ifndef MADOGUCHI_AGENT_RPC_PAGE_TOKEN_H_
#define MADOGUCHI_AGENT_RPC_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/reception_service.pb.h"

namespace madoguchi::rpc {

// Where a listing goes on. Its text is opaque to clients and holds no personal data.
struct PageToken {
  // Event number of the last reception given.
  int64_t after = 0;
  // Event number of the head before the first page was read: where to watch from.
  int64_t head = 0;
  absl::CivilDay day;
};

// `request` is the one the page answers and `identity` who asked: the token fits no other.
std::string MakePageToken(const PageToken& token, const v1::ListReceptionsRequest& request,
                          absl::string_view identity, absl::string_view store);
// MDG-1001 `page_token` when it was not made by MakePageToken for the same counter, states,
// patient, day, identity and store.
absl::StatusOr<PageToken> ParsePageToken(const v1::ListReceptionsRequest& request,
                                         absl::string_view identity, absl::string_view store);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_PAGE_TOKEN_H_
