#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "adapters/adapter/commands.h"
#include "adapters/adapter/config.h"
#include "adapters/adapter/sample.h"
#include "adapters/destination/name_pattern.h"
#include "adapters/render/render.h"
#include "adapters/route/courier.h"
#include "adapters/route/source.h"
#include "agent/base/error.h"
#include "agent/client/channel.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {
namespace {

constexpr absl::Duration kProbeWithin = absl::Seconds(15);

// What is sent, as it is, with a heading for each piece. Bytes that a terminal would take for
// commands are shown as they are named; a carriage return, which ends segments, as a new line.
void ShowParcel(const Parcel& parcel) {
  for (const Piece& piece : parcel.pieces) {
    std::cout << "--- " << parcel.message_id << "  " << WordOf(parcel.what) << "  " << piece.label
              << "  " << parcel.media_type << "  " << piece.bytes.size() << " bytes\n";
    for (const char c : piece.bytes) {
      if (c == '\x1B') {
        std::cout << "\\e";
      } else if (c == '\r') {
        std::cout << '\n';
      } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
        std::cout << c;
      }
    }
    std::cout << '\n';
  }
}

int Worse(int a, int b) { return std::max(a, b); }

int ShowReception(const AdapterConfig& config, Source& source, const std::string& id) {
  // Nothing is delivered: the ids shown are made with a key of this moment.
  const crypto::KeyedHash hash(crypto::RandomBytes(32));
  int exit = EXIT_SUCCESS;
  for (const Route& route : config.routes) {
    std::cout << route.name << ":\n";
    const auto reception = source.Get(id, absl::Now() + kProbeWithin);
    if (!reception.ok()) return Tell(reception.status());
    if (!Fits(route.filter, *reception)) {
      std::cout << "  フィルターに合いません (the filter leaves it out)\n";
      continue;
    }
    for (const v1::ExportWhat what : route.filter.what) {
      Parcel parcel;
      const Outcome outcome =
          Prepare(route, source, hash, id, what, absl::Now() + absl::Seconds(60), parcel);
      if (outcome.kind == Outcome::Kind::kDelivered) {
        ShowParcel(parcel);
      } else {
        std::cout << "  " << WordOf(what) << ": 配送しません (would not be sent)\n";
        std::cout.flush();
        Tell(outcome.why);
        exit = kNotDelivered;
      }
    }
  }
  return exit;
}

}  // namespace

int Check(const CheckOptions& options) {
  auto config = LoadConfig(options.config);
  if (!config.ok()) return Tell(config.status());
  std::cout << options.config << ": 設定は正しいです (good), " << config->routes.size()
            << " routes\n";
  if (options.file_only) return EXIT_SUCCESS;
  int exit = EXIT_SUCCESS;
  for (const Route& route : config->routes) {
    const absl::Status probed =
        route.destination->Probe({.deadline = absl::Now() + kProbeWithin, .stop_fd = -1});
    std::cout << route.name << ": "
              << (probed.ok() ? "届きます (reachable)" : "届きません (not reachable)") << std::endl;
    if (!probed.ok()) {
      Tell(probed);
      exit = kNotDelivered;
    }
  }
  const auto channel = client::Dial(config->daemon);
  if (!channel.ok()) return Tell(channel.status());
  DaemonSource source(*channel);
  if (options.reception_id.empty()) {
    // A reception nobody has: the daemon says so when it knows us.
    const auto none =
        source.Get("00000000-0000-7000-8000-000000000000", absl::Now() + kProbeWithin);
    const bool known = base::Is(none.status(), base::ErrorCode::kReceptionNotFound);
    std::cout << "madoguchid: " << (known ? "つながります (reachable)" : "使えません (not usable)")
              << std::endl;
    return known ? exit : Worse(exit, Tell(none.status()));
  }
  return Worse(exit, ShowReception(*config, source, options.reception_id));
}

int Test(const std::string& config_path, const std::string& name) {
  auto config = LoadConfig(config_path);
  if (!config.ok()) return Tell(config.status());
  const auto route = std::find_if(config->routes.begin(), config->routes.end(),
                                  [&name](const Route& each) { return each.name == name; });
  if (route == config->routes.end()) {
    return Tell(base::MakeError(base::ErrorCode::kRouteUnknown, {.what = "no such route"}));
  }
  const absl::Time now = absl::Now();
  int exit = EXIT_SUCCESS;
  for (const v1::ExportWhat what : route->filter.what) {
    Parcel parcel = SampleParcel(what, now);
    if (const absl::Status rendered = Render(route->format, parcel); !rendered.ok()) {
      exit = Worse(exit, Tell(rendered));
      continue;
    }
    const Delivered delivered = route->destination->Deliver(
        parcel, {.deadline = absl::Now() + route->policy.deliver_within, .stop_fd = -1});
    const bool done = delivered.kind == Delivered::Kind::kDone;
    std::cout << name << "  " << WordOf(what) << "  " << parcel.message_id << "  "
              << (done ? "届きました (delivered)" : "届きませんでした (not delivered)")
              << std::endl;
    if (!done) {
      Tell(delivered.why);
      exit = kNotDelivered;
    }
  }
  return exit;
}

}  // namespace madoguchi::adapters
