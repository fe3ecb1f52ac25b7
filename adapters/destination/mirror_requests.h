#ifndef MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_REQUESTS_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_REQUESTS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/clock.h"

namespace madoguchi::adapters {

struct MirrorRequestsConfig {
  // The mirror; it has `req` and `res`, and what is under way in `.madoguchi`.
  std::string mirror;
  // The terminal's own folders.
  std::string oqs_req;
  std::string oqs_res;
  // Which requests are passed: `EPS*` begins of names, `YZKsiquc01` a whole family.
  std::vector<std::string> families;
};

// Of a family's name, also of one that stands for several.
inline constexpr size_t kFewestFamilyLetters = 3;

// Whether a file of `req` is a request of one of these families.
bool IsRequestOf(absl::string_view name, const std::vector<std::string>& families);

// Passes the requests of a program that knows only its mirror to OQS, byte for byte and under their
// own names, each exactly once; and brings the replies to exactly these back. Everybody else's
// files in the terminal's folders stay as they are; ours in `res` are removed once the mirror has
// them, as whoever asked has to.
//
// Where a request stands is the folder below `.madoguchi` that it is in, each reached by a rename:
//   taken    out of the mirror's `req`; nothing was published
//   written  its temporary file is complete in the terminal's `req`: published when that is gone
//   asked    published; emptied, as only its name is still needed
// A name in use in the terminal's `req` or `res` is waited for, and given up after 10 minutes. A
// reply is waited for for 24 hours. A file named `off` in the mirror stops the taking of requests.
// May block for as long as the shares like. One thread.
class MirrorRequests {
 public:
  MirrorRequests(MirrorRequestsConfig config, std::shared_ptr<base::Clock> clock)
      : config_(std::move(config)), clock_(std::move(clock)) {}

  // One round. A file counts as complete when it is as it was in the round before. An errno of the
  // folder that stopped it.
  int Turn();

 private:
  struct Stamp {
    int64_t size = -1;
    absl::Time modified;
    bool operator==(const Stamp&) const = default;
  };
  using Seen = std::map<std::string, Stamp>;

  int OpenAll();
  void Take();
  int PassTaken();
  int PassWritten();
  int PublishWritten(const std::string& name);
  int FetchReplies();
  int FetchReply(const std::string& request, const std::string& reply);
  // False when the file is not as it was in the last round, or no regular file, or not of this
  // size.
  bool IsSettled(int folder, const std::string& name, const Seen& before, Seen& now, Stamp& stamp);
  bool NamesAreFree(const std::string& request, int& error);
  absl::Duration AgeOf(const SafeFolder& folder, const std::string& name) const;

  const MirrorRequestsConfig config_;
  const std::shared_ptr<base::Clock> clock_;
  SafeFolder req_;
  SafeFolder res_;
  SafeFolder taken_;
  SafeFolder written_;
  SafeFolder asked_;
  SafeFolder oqs_req_;
  SafeFolder oqs_res_;
  Seen requests_;
  Seen replies_;
  Seen next_replies_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_REQUESTS_H_
