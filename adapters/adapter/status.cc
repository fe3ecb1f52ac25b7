#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "adapters/adapter/commands.h"
#include "adapters/adapter/config.h"
#include "adapters/destination/name_pattern.h"
#include "adapters/route/state_folder.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "google/protobuf/util/json_util.h"

namespace madoguchi::adapters {
namespace {

using kept::v1::OwedItem;

constexpr int kMostShown = 20;

std::string ShowTime(int64_t millis) {
  if (millis == 0) return "-";
  return absl::FormatTime("%m-%d %H:%M:%S", absl::FromUnixMillis(millis), base::Japan());
}

// What the catalogue says to `MDG-2301`; nullptr for what is none.
const base::ErrorInfo* InfoOf(absl::string_view number) {
  int code = 0;
  if (!absl::ConsumePrefix(&number, "MDG-") || !absl::SimpleAtoi(number, &code)) return nullptr;
  for (const base::ErrorInfo& info : base::ErrorCatalogue()) {
    if (static_cast<int>(info.code) == code) return &info;
  }
  return nullptr;
}

void ShowError(const std::string& number, const std::string& indent) {
  const base::ErrorInfo* info = InfoOf(number);
  if (info == nullptr) return;
  std::cout << indent << number << " " << info->text_ja << " (" << info->text_en << ")\n"
            << indent << "  " << info->next_step_ja << '\n'
            << indent << "  " << info->next_step_en << '\n';
}

absl::string_view WaitsLabel(OwedItem::Waits waits) {
  switch (waits) {
    case OwedItem::WAITS_FOR_CHART:
      return "患者番号待ち (chart)";
    case OwedItem::WAITS_FOR_PERSON:
      return "保留 (parked)";
    default:
      return "待ち (waiting)";
  }
}

void ShowItem(const OwedItem& item) {
  std::cout << "    " << WaitsLabel(item.waits()) << "  " << item.reception_id() << "  "
            << WordOf(item.what()) << "  " << ShowTime(item.since());
  if (item.tries() > 0) std::cout << "  " << item.tries() << "x";
  if (!item.last_error().empty()) std::cout << "  " << item.last_error();
  std::cout << '\n';
}

struct Counts {
  int waiting = 0;
  int for_chart = 0;
  int parked = 0;
};

Counts CountsOf(const kept::v1::RouteState& state) {
  Counts counts;
  for (const OwedItem& item : state.items()) {
    counts.waiting += item.waits() == OwedItem::WAITS_FOR_TURN ? 1 : 0;
    counts.for_chart += item.waits() == OwedItem::WAITS_FOR_CHART ? 1 : 0;
    counts.parked += item.waits() == OwedItem::WAITS_FOR_PERSON ? 1 : 0;
  }
  return counts;
}

void ShowRoute(const kept::v1::RouteState& state) {
  const Counts counts = CountsOf(state);
  std::cout << state.route() << ":  配送済み (delivered) " << state.delivered() << "  "
            << ShowTime(state.delivered_at()) << "   待ち (waiting) " << counts.waiting
            << "   患者番号待ち (for a chart) " << counts.for_chart << "   保留 (parked) "
            << counts.parked << "   配送しない (withheld) " << state.withheld_size() << '\n';
  if (!state.trouble().empty()) {
    std::cout << "  うまくいっていません (in trouble), " << state.failures() << "x, 次 (next) "
              << ShowTime(state.hold_until()) << '\n';
    ShowError(state.trouble(), "    ");
  }
  std::map<std::string, int> parked_by;
  int shown = 0;
  for (const OwedItem& item : state.items()) {
    if (item.waits() == OwedItem::WAITS_FOR_PERSON) ++parked_by[item.last_error()];
    if (item.waits() == OwedItem::WAITS_FOR_TURN && item.tries() == 0) continue;
    if (++shown <= kMostShown) ShowItem(item);
  }
  if (shown > kMostShown) std::cout << "    ... " << shown - kMostShown << "\n";
  for (const auto& [number, count] : parked_by) ShowError(number, "    ");
  if (counts.parked > 0) {
    std::cout << "    madoguchi-adapter resend " << state.route() << " --all\n";
  }
  const int first = std::max(0, state.withheld_size() - 5);
  for (int i = first; i < state.withheld_size(); ++i) {
    const kept::v1::WithheldItem& item = state.withheld(i);
    const base::ErrorInfo* info = InfoOf(item.because());
    std::cout << "    配送しない (withheld)  " << item.reception_id() << "  " << WordOf(item.what())
              << "  " << ShowTime(item.at()) << "  " << item.because() << " "
              << (info == nullptr ? "" : info->text_ja) << '\n';
  }
}

// The marks are many, and say nothing to a person.
void PrintJson(kept::v1::RouteState state, bool running) {
  state.clear_marks();
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  if (!google::protobuf::util::MessageToJsonString(state, &json, options).ok()) return;
  json.insert(1, absl::StrCat("\"running\":", running ? "true" : "false", ","));
  std::cout << json << std::endl;
}

int Show(const AdapterConfig& config, bool json) {
  const bool running = IsHeld(config.state_dir);
  if (!json) {
    std::cout << (running ? "動作中 (running)" : "停止中 (not running)") << "  " << config.state_dir
              << '\n';
  }
  int exit = EXIT_SUCCESS;
  for (const Route& route : config.routes) {
    auto state = LoadState(config.state_dir, route.name);
    if (!state.ok()) {
      exit = Tell(state.status());
    } else if (json) {
      PrintJson(*std::move(state), running);
    } else {
      ShowRoute(*state);
    }
  }
  std::cout.flush();
  return exit;
}

}  // namespace

int Status(const StatusOptions& options, const sigset_t& signals) {
  const auto config = LoadConfig(options.config);
  if (!config.ok()) return Tell(config.status());
  const int shown = Show(*config, options.json);
  if (!options.watch) return shown;
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  const int folder_fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ::inotify_add_watch(folder_fd, config->state_dir.c_str(), IN_MOVED_TO);
  std::array<pollfd, 2> waits = {{{.fd = signal_fd, .events = POLLIN, .revents = 0},
                                  {.fd = folder_fd, .events = POLLIN, .revents = 0}}};
  while (std::cout.good()) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if ((waits[0].revents & POLLIN) != 0) break;
    // What comes within a moment is shown at once.
    if (::poll(waits.data(), 1, 250) > 0) break;
    std::array<char, 8192> events = {};
    while (::read(folder_fd, events.data(), events.size()) > 0) {
    }
    Show(*config, options.json);
  }
  ::close(signal_fd);
  ::close(folder_fd);
  return EXIT_SUCCESS;
}

int Resend(const ResendOptions& options) {
  const auto config = LoadConfig(options.config);
  if (!config.ok()) return Tell(config.status());
  const auto unknown = [](const std::string& what) {
    return Tell(base::MakeError(base::ErrorCode::kRouteUnknown, {.what = what}));
  };
  if (!options.all && options.reception_id.empty()) {
    std::cerr << "resend ROUTE RECEPTION, or resend ROUTE --all\n";
    return kUsage;
  }
  const bool known = std::any_of(config->routes.begin(), config->routes.end(),
                                 [&](const Route& route) { return route.name == options.route; });
  if (!known) return unknown("no such route");
  const auto state = LoadState(config->state_dir, options.route);
  if (!state.ok()) return Tell(state.status());
  const auto count =
      std::count_if(state->items().begin(), state->items().end(), [&options](const OwedItem& item) {
        return item.waits() == OwedItem::WAITS_FOR_PERSON &&
               (options.all || item.reception_id() == options.reception_id);
      });
  if (count == 0) return unknown("nothing of that kind is parked");
  const auto left =
      LeaveAsk(config->state_dir, {.kind = options.drop ? Ask::Kind::kDrop : Ask::Kind::kResend,
                                   .route = options.route,
                                   .reception_id = options.all ? "" : options.reception_id});
  if (!left.ok()) return Tell(left.status());
  std::cout << count
            << (IsHeld(config->state_dir) ? "" : "  (次に起動したとき / at its next start)")
            << '\n';
  return EXIT_SUCCESS;
}

}  // namespace madoguchi::adapters
