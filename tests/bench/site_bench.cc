// How a whole site performs, as ratios against a named baseline in the same run:
//   madoguchi_site_bench BIN_FOLDER
// - start to ready and idle memory of the daemon;
// - GetReception against the same method doing nothing, on the same kind of listener;
// - face file complete -> event at a client, against a client that polls the folder every second.

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/base/japan_time.h"
#include "agent/client/channel.h"
#include "agent/client/resuming_watch.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/server_options.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

double MicrosSince(SteadyClock::time_point start) {
  return Micros(SteadyClock::now() - start).count();
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "site_bench: %s\n", what.c_str());
  std::exit(1);
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

// A child process that prints a line beginning with `ready`.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) Fail("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
      ::dup2(null, STDERR_FILENO);
      std::vector<char*> arguments;
      arguments.reserve(command.size() + 1);
      for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(out[1]);
    char buffer[256];
    pollfd readable = {out[0], POLLIN, 0};
    if (::poll(&readable, 1, 20'000) != 1 || ::read(out[0], buffer, sizeof buffer) < 5) {
      Fail(command[0] + " did not become ready");
    }
    out_ = out[0];
  }
  ~Child() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  double ResidentMegabytes() const {
    std::ifstream statm(absl::StrCat("/proc/", pid_, "/statm"));
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

// Runs a program without a shell (a clone may lie in a folder with a space) and waits for its end.
void Run(std::vector<std::string> command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  int status = -1;
  if (::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ) != 0 ||
      ::waitpid(pid, &status, 0) != pid || status != 0) {
    Fail(absl::StrJoin(command, " "));
  }
  ::posix_spawn_file_actions_destroy(&actions);
}

// A simulated site in a temporary folder.
struct Site {
  explicit Site(const std::string& bin) {
    char top[] = "/tmp/mdg-bench-XXXXXX";
    if (::mkdtemp(top) == nullptr) Fail("mkdtemp");
    folder = absl::StrCat(top, "/site");
    Run({bin + "/madoguchi-sim", "init", folder});
    daemon = {bin + "/madoguchid", "--config", folder + "/madoguchi.toml"};
    target = "unix:" + folder + "/madoguchi.sock";
    face = folder + "/oqs/face";
  }
  ~Site() { fs::remove_all(fs::path(folder).parent_path()); }
  std::string folder, target, face;
  std::vector<std::string> daemon;
};

void MeasureStart(const Site& site) {
  std::vector<double> times;
  double megabytes = 0;
  for (int i = 0; i < 9; ++i) {
    const auto start = SteadyClock::now();
    const Child daemon(site.daemon);
    times.push_back(MicrosSince(start) / 1000);
    megabytes = daemon.ResidentMegabytes();
  }
  std::printf("start to ready: median %.0f ms, worst %.0f ms (aim 200)\n", Percentile(times, 0.5),
              Percentile(times, 1));
  std::printf("idle memory: %.1f MB RSS (aim 30)\n", megabytes);
}

// The same method, doing nothing.
class EmptyService final : public v1::ReceptionService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetReception(grpc::CallbackServerContext* context,
                                         const v1::GetReceptionRequest*,
                                         v1::GetReceptionResponse*) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Serves EmptyService behind the same accept room until it is killed.
int ServeEmpty(const std::string& path) {
  rpc::AcceptOptions options;
  options.unix_path = path;
  auto room = rpc::AcceptRoom::Open(options);
  if (!room.ok()) return 1;
  EmptyService service;
  grpc::ServerBuilder builder;
  rpc::SafeServerBuilderOptions(builder);
  (*room)->Attach(builder);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!(*room)->Start(server.get()).ok()) return 1;
  std::printf("ready\n");
  std::fflush(stdout);
  ::pause();
  return 0;
}

std::vector<double> TimeCalls(const std::string& target, const std::string& id, int calls) {
  const auto channel = *client::Dial({target, "", "", ""});
  const auto stub = v1::ReceptionService::NewStub(channel);
  v1::GetReceptionRequest request;
  request.set_reception_id(id);
  std::vector<double> times;
  for (int i = 0; i < calls + 500; ++i) {
    v1::GetReceptionResponse response;
    grpc::ClientContext context;
    const auto start = SteadyClock::now();
    if (!stub->GetReception(&context, request, &response).ok()) Fail("GetReception");
    if (i >= 500) times.push_back(MicrosSince(start));
  }
  return times;
}

void MeasureCalls(const Site& site, const std::string& self, const std::string& bin) {
  const Child daemon(site.daemon);
  const std::string empty_path = site.folder + "/empty.sock";
  const Child empty({self, "--serve-empty", empty_path});
  Run({bin + "/madoguchi-sim", "tap", site.folder, "--persona", "valid-with-consents"});
  std::string id;
  v1::WatchReceptionsRequest request;
  request.set_today(true);
  client::ResumingWatch watch(*client::Dial({site.target, "", "", ""}), request);
  watch
      .Run(
          [&id](const v1::WatchReceptionsResponse& response) {
            id = response.reception().reception_id();
            return id.empty();
          },
          nullptr)
      .IgnoreError();
  // In turns, so that both see the same machine.
  std::vector<double> full, nothing;
  for (int round = 0; round < 6; ++round) {
    for (const double t : TimeCalls(site.target, id, 2000)) full.push_back(t);
    for (const double t : TimeCalls("unix:" + empty_path, id, 2000)) nothing.push_back(t);
  }
  for (const double share : {0.5, 0.99}) {
    const double a = Percentile(full, share);
    const double b = Percentile(nothing, share);
    std::printf("GetReception p%.0f: %.0f us, doing nothing %.0f us: ratio %.2f (aim 1.3)\n",
                share * 100, a, b, a / b);
  }
}

// Counts the events that came, by name of the file.
struct Arrivals {
  absl::Mutex mu;
  absl::CondVar cv;
  size_t count ABSL_GUARDED_BY(mu) = 0;
  SteadyClock::time_point last ABSL_GUARDED_BY(mu);
};

std::string TapFile(const std::string& message, const std::string& face, int number) {
  std::string name =
      absl::StrCat("OQSsiquc01res_face_9910000017", absl::Hex(number, absl::kZeroPad16), "0000_",
                   base::FormatOqsTime(absl::Now()), ".xml");
  std::ofstream(face + "/" + name, std::ios::binary) << message;
  return name;
}

// Waits until the next event came; its latency in milliseconds since `start`.
double WaitForNext(Arrivals& arrivals, size_t before, SteadyClock::time_point start) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  absl::MutexLock lock(&arrivals.mu);
  while (arrivals.count == before) {
    if (arrivals.cv.WaitWithDeadline(&arrivals.mu, deadline)) Fail("no event came");
  }
  return Micros(arrivals.last - start).count() / 1000;
}

// A client of today: looks into the folder every second and reads what is new.
double PollOnce(const std::string& face, const std::string& name, SteadyClock::time_point start,
                SteadyClock::time_point next_look) {
  for (;; next_look += std::chrono::seconds(1)) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_look - SteadyClock::now());
    ::poll(nullptr, 0, std::max(0, static_cast<int>(left.count())));
    for (const auto& entry : fs::directory_iterator(face)) {
      if (entry.path().filename() != name) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::stringstream content;
      content << file.rdbuf();
      return MicrosSince(start) / 1000;
    }
  }
}

void MeasureEvents(const Site& site, const std::string& message) {
  const Child daemon(site.daemon);
  Arrivals arrivals;
  v1::WatchReceptionsRequest request;
  request.set_now(true);
  client::ResumingWatch watch(*client::Dial({site.target, "", "", ""}), request);
  absl::Notification standing;
  std::thread watcher([&] {
    watch
        .Run(
            [&](const v1::WatchReceptionsResponse& response) {
              if (!standing.HasBeenNotified()) standing.Notify();
              absl::MutexLock lock(&arrivals.mu);
              // Superseding the reception before makes an event too: only new ones count.
              if (response.reception().revision() == 1) {
                ++arrivals.count;
                arrivals.last = SteadyClock::now();
                arrivals.cv.SignalAll();
              }
              return true;
            },
            nullptr)
        .IgnoreError();
  });
  standing.WaitForNotification();
  std::vector<double> events, polled;
  for (int i = 0; i < 500; ++i) {
    TapFile(message, site.face, i);
    events.push_back(WaitForNext(arrivals, static_cast<size_t>(i), SteadyClock::now()));
  }
  watch.Stop();
  watcher.join();
  std::minstd_rand random(1);
  for (int i = 0; i < 20; ++i) {
    const std::string name = TapFile(message, site.face, 100'000 + i);
    const auto now = SteadyClock::now();
    const auto phase = std::chrono::microseconds(random() % 1'000'000);
    polled.push_back(PollOnce(site.face, name, now, now + phase));
  }
  for (const double share : {0.5, 0.99}) {
    const double a = Percentile(events, share);
    const double b = Percentile(polled, share);
    std::printf(
        "file complete -> event p%.0f: %.2f ms, polling every second %.0f ms: %.0f times "
        "sooner%s\n",
        share * 100, a, b, b / a, share > 0.9 ? " (aim 5 ms)" : "");
  }
}

int Main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--serve-empty") return ServeEmpty(argv[2]);
  if (argc != 2) Fail("usage: madoguchi_site_bench BIN_FOLDER");
  const std::string bin = argv[1];
  const Site site(bin);
  MeasureStart(site);
  MeasureCalls(site, fs::canonical(argv[0]).string(), bin);
  std::ifstream file(MADOGUCHI_SOURCE_DIR
                     "/tests/fixtures/oqs/02-face-push/face/"
                     "OQSsiquc01res_face_99100000170a1b2c3d4e5f60718293_20260410091512.xml",
                     std::ios::binary);
  std::stringstream message;
  message << file.rdbuf();
  if (message.str().empty()) Fail("no fixture");
  MeasureEvents(site, message.str());
  return 0;
}

}  // namespace
}  // namespace madoguchi

int main(int argc, char** argv) { return madoguchi::Main(argc, argv); }
