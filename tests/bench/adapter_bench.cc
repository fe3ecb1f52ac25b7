// How long a delivery takes beside a bare loop that does the same writes: the same files with the
// same syncs, the same bytes over the same kind of connection, the same program. Both against the
// same other side, in turns, in one run.
//
//     adapter_bench [DELIVERIES] [FOLDER]
//
// Prints for each destination the median of each, and the ratio: what our care costs.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/destination/folder_destination.h"
#include "adapters/destination/hook_destination.h"
#include "adapters/destination/http_destination.h"
#include "adapters/destination/mirror_destination.h"
#include "adapters/destination/mllp_destination.h"
#include "adapters/destination/orca_destination.h"
#include "adapters/destination/ssmix2_destination.h"
#include "agent/oqs/message.h"
#include "hl7/ssmix2/entries.h"
#include "tests/adapters/destination/peer.h"

namespace madoguchi::adapters {
namespace {

namespace fs = std::filesystem;

constexpr int kFewest = 3;
constexpr size_t kMessageBytes = 2000;
constexpr char kAnswerFile[] = "/tests/fixtures/oqs/02-face-push";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "adapter_bench: %s\n", what.c_str());
  std::exit(1);
}

void Need(bool fine, const char* what) {
  if (!fine) Fail(what);
}

std::string IdOf(int number) { return absl::StrCat("M", 1'000'000'000 + number); }

Parcel ParcelOf(int number, const std::string& bytes) {
  Parcel parcel;
  parcel.message_id = IdOf(number);
  parcel.reception.set_reception_id(absl::StrCat("R", number));
  parcel.reception.mutable_assignment()->set_patient_id("00042");
  parcel.media_type = "text/plain";
  parcel.file_extension = "xml";
  parcel.pieces.push_back({.label = "1", .bytes = bytes});
  return parcel;
}

void Deliver(Destination& destination, const Parcel& parcel) {
  const Delivered delivered =
      destination.Deliver(parcel, {.deadline = absl::Now() + absl::Seconds(30), .stop_fd = -1});
  if (delivered.kind != Delivered::Kind::kDone) Fail(delivered.why.ToString());
}

// --- the same without care

void WriteSynced(const std::string& path, const std::string& bytes, int flags) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | flags | O_CLOEXEC, 0660));
  Need(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
           fsync(file.get()) == 0,
       "write");
}

void BareFile(const std::string& folder, const std::string& name, const std::string& bytes) {
  const std::string temporary = folder + "/" + name + ".part";
  WriteSynced(temporary, bytes, O_EXCL);
  Need(rename(temporary.c_str(), (folder + "/" + name).c_str()) == 0, "rename");
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Need(fsync(opened.get()) == 0, "fsync");
}

class BareConnection {
 public:
  explicit BareConnection(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Need(connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
         "connect");
    const int on = 1;
    setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  void Exchange(const std::string& bytes, const std::string& end) {
    Need(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(bytes.size()),
         "send");
    std::string answer;
    while (answer.find(end) == std::string::npos) {
      char chunk[4096];
      const ssize_t got = read(fd_.get(), chunk, sizeof(chunk));
      Need(got > 0, "read");
      answer.append(chunk, static_cast<size_t>(got));
    }
  }

 private:
  Descriptor fd_;
};

void BareProgram(const std::string& program, const std::string& bytes) {
  int ends[2];
  Need(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  pid_t pid = 0;
  std::string name = program;
  char* arguments[] = {name.data(), nullptr};
  Need(posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ) == 0, "spawn");
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  const ssize_t ignored = write(ends[1], bytes.data(), bytes.size());
  static_cast<void>(ignored);
  close(ends[1]);
  int status = 0;
  Need(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
}

// --- both in turns

using Step = std::function<void(int number)>;

double MedianMicroseconds(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

void Compare(const char* name, int count, const Step& bare, const Step& ours) {
  std::vector<double> times[2];
  for (int i = 0; i < count; ++i) {
    for (int which = 0; which < 2; ++which) {
      const auto begin = std::chrono::steady_clock::now();
      (which == 0 ? bare : ours)(i);
      times[which].push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
              .count());
    }
  }
  const double first = MedianMicroseconds(times[0]);
  const double second = MedianMicroseconds(times[1]);
  std::printf("%-8s bare %9.1f us   ours %9.1f us   %6.0f/s   ratio %.2f\n", name, first, second,
              1e6 / second, second / first);
}

std::string MllpMessage(int number) {
  return absl::StrCat("MSH|^~\\&|M||||20251128091530||ADT^A08^ADT_A01|", IdOf(number),
                      "|P|2.5\rPID|1|", std::string(kMessageBytes, 'x'), "\r");
}

void Files(int count, const std::string& top) {
  const std::string bytes(kMessageBytes, 'x');
  for (const char* each : {"bare", "ours", "mirror"}) fs::create_directory(top + "/" + each);
  const auto folder = FolderDestination::Make({.path = top + "/ours"}).value();
  const Step bare = [&](int i) { BareFile(top + "/bare", IdOf(i), bytes); };
  Compare("folder", count, bare, [&](int i) { Deliver(*folder, ParcelOf(i, bytes)); });
  const auto mirror = MirrorDestination::Make({.folder = top + "/mirror"}).value();
  Compare(
      "mirror", count, [&](int i) { BareFile(top + "/bare", IdOf(i) + "m", bytes); },
      [&](int i) { Deliver(*mirror, ParcelOf(i, bytes)); });
}

v1::OqsMessage Answer() {
  for (const auto& each :
       fs::recursive_directory_iterator(std::string(MADOGUCHI_SOURCE_DIR) + kAnswerFile)) {
    const std::string name = each.path().filename().string();
    if (name.find("_20260410091512.xml") == std::string::npos) continue;
    std::ifstream file(each.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return oqs::ReadMessage(name, text.str()).value();
  }
  Fail("the fixture is not there");
}

void Storages(int count, const std::string& top) {
  for (const char* each : {"bare2", "ours2"}) fs::create_directory(top + "/" + each);
  const v1::OqsMessage answer = Answer();
  const auto entry = [&answer](int i) {
    return hl7::ssmix2::EntriesOf(answer, {.patient_id = absl::StrCat(i)}).value().entries[0];
  };
  const auto storage =
      Ssmix2Destination::Make({.root = top + "/ours2", .institution = "1319999999"}).value();
  Compare(
      "ssmix2", count,
      [&](int i) {
        const hl7::ssmix2::Entry one = entry(i);
        const std::string folder = top + "/bare2/" + hl7::ssmix2::FolderOf(one);
        fs::create_directories(folder);
        WriteSynced(top + "/bare2/index", std::string(150, 'x'), O_APPEND);
        BareFile(folder, hl7::ssmix2::FileNameOf(one, '1'), one.bytes);
      },
      [&](int i) {
        Parcel parcel = ParcelOf(i, "");
        parcel.record = answer;
        parcel.reception.mutable_assignment()->set_patient_id(absl::StrCat(i));
        Deliver(*storage, parcel);
      });
}

void Mllp(int count) {
  const auto serve = [](PeerConnection& connection, int) {
    for (std::string frame = connection.ReadUntil("\x1C\r"); !frame.empty();
         frame = connection.ReadUntil("\x1C\r")) {
      connection.Write(absl::StrCat("\x0BMSH|^~\\&|R||||20251128||ACK|9|P|2.5\rMSA|AA|",
                                    ControlIdOf(frame.substr(1)), "\r\x1C\r"));
    }
  };
  // One each: a connection is served after the other.
  Peer first(serve);
  Peer second(serve);
  BareConnection bare(first.port());
  const auto ours = MllpDestination::Make({.host = "127.0.0.1", .port = second.port()}).value();
  Compare(
      "mllp", count,
      [&](int i) { bare.Exchange(absl::StrCat("\x0B", MllpMessage(i), "\x1C\r"), "\x1C\r"); },
      [&](int i) { Deliver(*ours, ParcelOf(i, MllpMessage(i))); });
}

void Http(int count) {
  const auto serve = [](PeerConnection& connection, int) {
    while (!connection.ReadUntil("\r\n\r\n").empty()) {
      connection.Read(kMessageBytes);
      connection.Write("HTTP/1.1 204 No Content\r\n\r\n");
    }
  };
  Peer first(serve);
  Peer second(serve);
  const std::string body(kMessageBytes, 'x');
  BareConnection bare(first.port());
  HttpConfig config{.url = absl::StrCat("http://127.0.0.1:", second.port(), "/in"), .plain = true};
  const auto ours = HttpDestination::Make(config).value();
  Compare(
      "http", count,
      [&](int i) {
        bare.Exchange(absl::StrCat("POST /in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                                   "text/plain\r\nIdempotency-Key: ",
                                   IdOf(i), "\r\nContent-Length: ", body.size(), "\r\n\r\n", body),
                      "\r\n\r\n");
      },
      [&](int i) { Deliver(*ours, ParcelOf(i, body)); });
}

void Orca(int count) {
  static constexpr char kEmpty[] =
      "<xmlio2><patientlst2res><Api_Result>00</Api_Result><Patient_Information>"
      "<Patient_Information_child><BirthDate>1980-02-03</BirthDate></Patient_Information_child>"
      "</Patient_Information></patientlst2res></xmlio2>";
  const std::string request = OrcaFindRequest("00042");
  const auto serve = [&request](PeerConnection& connection, int) {
    while (!connection.ReadUntil("\r\n\r\n").empty()) {
      connection.Read(request.size());
      connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", sizeof(kEmpty) - 1,
                                    "\r\n\r\n", kEmpty));
    }
  };
  Peer first(serve);
  Peer second(serve);
  BareConnection bare(first.port());
  OrcaConfig config{.url = absl::StrCat("http://127.0.0.1:", second.port()), .plain = true};
  const auto ours = OrcaDestination::Make(config).value();
  Compare(
      "orca", count,
      [&](int) {
        bare.Exchange(absl::StrCat("POST ", kOrcaFindPath,
                                   " HTTP/1.1\r\nHost: x\r\nContent-Length: ", request.size(),
                                   "\r\n\r\n", request),
                      "</xmlio2>");
      },
      [&](int i) {
        Parcel parcel = ParcelOf(i, "");
        parcel.record.mutable_confirmation()->set_validity(v1::VALIDITY_INVALID);
        Deliver(*ours, parcel);
      });
}

void Hook(int count) {
  const std::string bytes(kMessageBytes, 'x');
  HookConfig config{.program = "/bin/true"};
  if (geteuid() == 0) config.user = "nobody";
  const auto ours = HookDestination::Make(config).value();
  Compare(
      "hook", count, [&](int) { BareProgram("/bin/true", bytes); },
      [&](int i) { Deliver(*ours, ParcelOf(i, bytes)); });
}

}  // namespace
}  // namespace madoguchi::adapters

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  const int count = std::max(madoguchi::adapters::kFewest, argc > 1 ? std::atoi(argv[1]) : 300);
  std::string top =
      (std::filesystem::path(argc > 2 ? argv[2] : "/var/tmp") / "mdg-bench-XXXXXX").string();
  if (mkdtemp(top.data()) == nullptr) return 1;
  madoguchi::adapters::Files(count, top);
  madoguchi::adapters::Storages(count, top);
  madoguchi::adapters::Mllp(count);
  madoguchi::adapters::Http(count);
  madoguchi::adapters::Orca(count);
  madoguchi::adapters::Hook(std::max(madoguchi::adapters::kFewest, count / 4));
  std::filesystem::remove_all(top);
  return 0;
}
