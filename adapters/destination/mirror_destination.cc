#include "adapters/destination/mirror_destination.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/folder_destination.h"
#include "adapters/destination/mirror_requests.h"
#include "adapters/destination/outcome.h"
#include "adapters/destination/safe_folder.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"

namespace madoguchi::adapters {
namespace {

constexpr absl::Duration kRound = absl::Milliseconds(500);
constexpr absl::Duration kLeaveAfter = absl::Seconds(2);
constexpr absl::Duration kSweepEvery = absl::Minutes(10);
constexpr absl::Duration kShortestKeep = absl::Hours(1);
constexpr absl::Duration kLongestKeep = absl::Hours(24 * 30);
constexpr size_t kMostFamilies = 32;
constexpr absl::string_view kFaceWord = "res_face_";

struct Copy {
  std::string folder;
  std::string name;
  std::string temporary = {};
  std::string bytes = {};
};

bool IsFamily(absl::string_view pattern) {
  absl::ConsumeSuffix(&pattern, "*");
  return pattern.size() >= kFewestFamilyLetters &&
         std::all_of(pattern.begin(), pattern.end(), absl::ascii_isalnum);
}

// Where an answer belongs, and how it is called there.
Copy PlaceOf(const Parcel& parcel) {
  const std::string& given = parcel.record.file_name();
  const bool usable = WhyNoFileName(given) == nullptr && absl::EndsWith(given, ".xml");
  switch (parcel.what) {
    case v1::EXPORT_WHAT_RECEPTION: {
      if (usable && absl::StrContains(given, kFaceWord)) return {.folder = "face", .name = given};
      const std::string opened = base::FormatOqsTime(base::FromProto(parcel.reception.opened_at()));
      return {
          .folder = "face",
          .name = absl::StrCat("OQSsiquc01", kFaceWord, parcel.message_id, "_", opened, ".xml")};
    }
    case v1::EXPORT_WHAT_CHECKUPS:
      return {.folder = "res",
              .name = usable ? given : absl::StrCat("TKKsiquc01res_", parcel.message_id, ".xml")};
    default:
      return {.folder = "res",
              .name = usable ? given : absl::StrCat("YZKsiquc01res_", parcel.message_id, ".xml")};
  }
}

bool IsOfOqs(absl::string_view name) {
  const size_t dot = name.rfind('.');
  const absl::string_view ending = dot == absl::string_view::npos ? "" : name.substr(dot);
  return IsTemporaryName(name) || (absl::StrContains(name, "res_") &&
                                   (ending == ".xml" || ending == ".pdf" || ending == ".zip"));
}

absl::Status PutCopy(const MirrorConfig& config, const Copy& copy, bool sweep) {
  SafeFolder folder;
  for (const char* each : {"face", "res"}) {
    const int error = folder.OpenOrMake(absl::StrCat(config.folder, "/", each), /*shared=*/true);
    if (error != 0) return FolderTrouble(error, config.folder);
    if (sweep) folder.RemoveOld(config.keep, TemporaryName("clock", "0"), IsOfOqs);
    if (copy.folder != each) continue;
    const PublishOutcome outcome =
        folder.Publish(copy.name, copy.temporary, copy.bytes, /*replace=*/true);
    if (outcome.published != Published::kDone) return FolderTrouble(outcome.error, config.folder);
  }
  return absl::OkStatus();
}

}  // namespace

struct MirrorDestination::Passing {
  explicit Passing(MirrorRequestsConfig config)
      : mirror(config.mirror),
        requests(std::move(config), std::make_shared<base::SystemClock>()),
        stop(eventfd(0, EFD_CLOEXEC)),
        ended(eventfd(0, EFD_CLOEXEC)) {}

  void Run() {
    while (WaitFor(-1, 0, {.deadline = absl::Now() + kRound, .stop_fd = stop.get()}) !=
           Waited::kStopped) {
      Tell(requests.Turn());
    }
    eventfd_write(ended.get(), 1);
  }

  // Once for each change: a round comes every half second.
  void Tell(int error) {
    if (error == std::exchange(told, error)) return;
    if (error == 0) {
      base::LogInfo("requests_passed_again", {{"mirror", mirror}});
      return;
    }
    const absl::Status trouble = FolderTrouble(error, mirror);
    base::LogWarning("requests_not_passed",
                     {{"mirror", mirror}, {"error", base::DetailOf(trouble)->number()}});
  }

  const std::string mirror;
  MirrorRequests requests;
  int told = 0;
  const Descriptor stop;
  const Descriptor ended;
};

absl::StatusOr<std::unique_ptr<MirrorDestination>> MirrorDestination::Make(MirrorConfig config) {
  MDG_RETURN_IF_ERROR(CheckPath("folder", config.folder));
  config.folder = std::string(absl::StripSuffix(config.folder, "/"));
  if (config.keep < kShortestKeep || config.keep > kLongestKeep) {
    return NotAllowed("keep", "1 h to 30 days");
  }
  if (config.oqs_req.empty() != config.oqs_res.empty()) {
    return NotAllowed("oqs_res", "both of oqs_req and oqs_res, or neither");
  }
  if (!config.oqs_req.empty()) {
    MDG_RETURN_IF_ERROR(CheckPath("oqs_req", config.oqs_req));
    MDG_RETURN_IF_ERROR(CheckPath("oqs_res", config.oqs_res));
    const std::string own = config.folder + "/";
    if (absl::StartsWith(config.oqs_req + "/", own) ||
        absl::StartsWith(config.oqs_res + "/", own)) {
      return NotAllowed("oqs_req", "a folder outside the mirror");
    }
    if (config.families.empty() || config.families.size() > kMostFamilies ||
        !std::all_of(config.families.begin(), config.families.end(), IsFamily)) {
      return NotAllowed("families", "1 to 32 of EPS* or YZKsiquc01");
    }
  }
  return std::unique_ptr<MirrorDestination>(new MirrorDestination(std::move(config)));
}

void MirrorDestination::Start() {
  if (config_.oqs_req.empty() || passing_ != nullptr) return;
  passing_ = std::make_shared<Passing>(MirrorRequestsConfig{.mirror = config_.folder,
                                                            .oqs_req = config_.oqs_req,
                                                            .oqs_res = config_.oqs_res,
                                                            .families = config_.families});
  thread_ = std::thread([passing = passing_] {
    pthread_setname_np(pthread_self(), "mirror");
    passing->Run();
  });
}

MirrorDestination::~MirrorDestination() {
  if (passing_ == nullptr) return;
  eventfd_write(passing_->stop.get(), 1);
  if (WaitFor(passing_->ended.get(), POLLIN, {.deadline = absl::Now() + kLeaveAfter}) ==
      Waited::kReady) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

Delivered MirrorDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  if (parcel.pieces.size() != 1 || parcel.file_extension != "xml") {
    return Refused(base::ErrorCode::kNotRenderable, {.what = "a mirror takes OQS XML"});
  }
  Copy copy = PlaceOf(parcel);
  copy.temporary = TemporaryName(parcel.message_id, "mirror");
  copy.bytes = parcel.pieces.front().bytes;
  const absl::Time now = absl::Now();
  const bool sweep = now - swept_ > kSweepEvery;
  if (sweep) swept_ = now;
  const auto status = std::make_shared<absl::Status>();
  const Waited waited = share_.Run([config = config_, copy = std::move(copy), sweep,
                                    status] { *status = PutCopy(config, copy, sweep); },
                                   patience);
  if (waited != Waited::kReady) {
    return TryAgain(base::ErrorCode::kDestinationSilent, {.field = config_.folder});
  }
  if (status->ok()) return Done();
  return {.kind = Delivered::Kind::kTryAgain, .why = *status};
}

absl::Status MirrorDestination::Probe(const Patience& patience) {
  const auto status = std::make_shared<absl::Status>();
  const Waited waited = share_.Run(
      [config = config_, status] {
        SafeFolder folder;
        for (const std::string& path : {config.folder, config.oqs_req, config.oqs_res}) {
          if (path.empty()) continue;
          int error = folder.Open(path);
          if (error == 0)
            error = folder.Try(TemporaryName("try", "m1"), TemporaryName("try", "m2"));
          if (error != 0) {
            *status = FolderTrouble(error, path);
            return;
          }
        }
      },
      patience);
  if (waited == Waited::kReady) return *status;
  return base::MakeError(base::ErrorCode::kDestinationSilent, {.field = config_.folder});
}

}  // namespace madoguchi::adapters
