#include "tests/eligibility/terminal_test_support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"

namespace madoguchi::eligibility {
namespace {

void Write(const std::string& path, const std::string& bytes, int flags) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  ASSERT_GE(fd, 0) << path;
  ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(fd);
}

}  // namespace

std::string TempFolder::DefaultParent() { return std::filesystem::temp_directory_path(); }

std::string TempFolder::FastParent() {
  return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : DefaultParent();
}

TempFolder::TempFolder(const std::string& parent) {
  std::string pattern = absl::StrCat(parent, "/madoguchi-terminal-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::Make(const std::string& name) const {
  std::string path = absl::StrCat(path_, "/", name);
  std::filesystem::create_directories(path);
  return path;
}

std::string FaceName(absl::Time stamp, int token) {
  return absl::StrFormat("OQSsiquc01res_face_9910000017%020x_%s.xml", token,
                         base::FormatOqsTime(stamp));
}

std::string FaceXml(absl::Time executed, int serial) {
  const std::string day = base::FormatOqsDay(base::JapanDay(executed));
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<XmlMsg>\n  <MessageHeader>\n"
      "    <ProcessExecutionTime>",
      base::FormatOqsTime(executed), "</ProcessExecutionTime>\n    <QualificationConfirmationDate>",
      day,
      "</QualificationConfirmationDate>\n"
      "    <MedicalInstitutionCode>9910000017</MedicalInstitutionCode>\n"
      "    <ArbitraryFileIdentifier>token-",
      serial,
      "</ArbitraryFileIdentifier>\n"
      "    <ReferenceClassification>1</ReferenceClassification>\n"
      "    <SegmentOfResult>1</SegmentOfResult>\n"
      "    <CharacterCodeIdentifier>0</CharacterCodeIdentifier>\n"
      "  </MessageHeader>\n  <MessageBody>\n"
      "    <ProcessingResultStatus>1</ProcessingResultStatus>\n"
      "    <QualificationValidity>1</QualificationValidity>\n"
      "  </MessageBody>\n</XmlMsg>\n");
}

void WriteFile(const std::string& path, const std::string& bytes) { Write(path, bytes, O_TRUNC); }

void AppendFile(const std::string& path, const std::string& bytes) { Write(path, bytes, O_APPEND); }

void PublishFile(const std::string& folder, const std::string& name, const std::string& bytes) {
  const std::string beside = absl::StrCat(folder, "/", name, ".tmp");
  WriteFile(beside, bytes);
  ASSERT_EQ(rename(beside.c_str(), absl::StrCat(folder, "/", name).c_str()), 0);
}

void SetModified(const std::string& path, absl::Time time) {
  const timespec times[2] = {absl::ToTimespec(time), absl::ToTimespec(time)};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
}

bool Eventually(const std::function<bool()>& check, absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  absl::Mutex mu;
  absl::CondVar nobody;
  while (!check()) {
    if (absl::Now() >= until) return check();
    absl::MutexLock lock(&mu);
    nobody.WaitWithTimeout(&mu, absl::Milliseconds(2));
  }
  return true;
}

bool StaysTrue(const std::function<bool()>& check, absl::Duration how_long) {
  return !Eventually([&] { return !check(); }, how_long);
}

FacePushSink FakeSink::Function() {
  return [this](FacePush push, std::function<void(absl::Status)> done) {
    Offer(std::move(push), std::move(done));
  };
}

void FakeSink::Offer(FacePush push, std::function<void(absl::Status)> done) {
  Answer answer;
  {
    absl::MutexLock lock(&mu_);
    last_offer_ = absl::Now();
    offered_.push_back(push);
    answer = answer_;
    if (answer == Answer::kHold) {
      held_.emplace_back(std::move(push), std::move(done));
      return;
    }
    if (answer == Answer::kOk) stored_.push_back(std::move(push));
  }
  done(answer == Answer::kOk ? absl::OkStatus() : base::MakeError(base::ErrorCode::kStoreFull));
}

void FakeSink::SetAnswer(Answer answer) {
  absl::MutexLock lock(&mu_);
  answer_ = answer;
}

void FakeSink::Release(const absl::Status& status) {
  decltype(held_) held;
  {
    absl::MutexLock lock(&mu_);
    held.swap(held_);
    if (status.ok()) {
      for (const auto& [push, done] : held) stored_.push_back(push);
    }
  }
  for (auto one = held.rbegin(); one != held.rend(); ++one) one->second(status);
}

std::vector<FacePush> FakeSink::offered() const {
  absl::MutexLock lock(&mu_);
  return offered_;
}

std::vector<FacePush> FakeSink::stored() const {
  absl::MutexLock lock(&mu_);
  return stored_;
}

size_t FakeSink::stored_count() const {
  absl::MutexLock lock(&mu_);
  return stored_.size();
}

absl::Time FakeSink::last_offer() const {
  absl::MutexLock lock(&mu_);
  return last_offer_;
}

Site::Site(std::unique_ptr<base::Clock> the_clock)
    : face(root.Make("face")), trash(root.Make("trash")), clock(std::move(the_clock)) {
  config.name = "reception-1";
  config.counter = "front";
  config.face = face;
  config.extra_folders = {trash};
  config.rescan = absl::Milliseconds(100);
  config.hang_after = absl::Seconds(2);
}

Site::~Site() {
  if (terminal != nullptr) {
    EXPECT_TRUE(terminal->Stop(absl::Seconds(10)));
  }
}

void Site::Start() {
  terminal = std::make_unique<Terminal>(config, "9910000017", *clock, sink.Function(), [] {});
  terminal->Start();
}

void Site::StartAndSettle() {
  Start();
  ASSERT_TRUE(BecomesOnline());
}

bool Site::BecomesOnline() const {
  return Eventually([&] { return Status().state() == v1::CONNECTION_STATE_ONLINE; });
}

bool Site::Becomes(v1::ConnectionState state, const std::string& number) const {
  return Eventually([&] {
    const auto status = Status();
    return status.state() == state && status.cause().number() == number;
  });
}

std::string Site::ProblemOf(const std::string& file_name) const {
  const auto status = Status();
  for (const auto& problem : status.problems()) {
    if (problem.file_name() == base::Printable(file_name)) return problem.problem().number();
  }
  return "";
}

bool Site::GetsProblem(const std::string& file_name, const std::string& number,
                       absl::Duration patience) const {
  return Eventually([&] { return ProblemOf(file_name) == number; }, patience);
}

bool Site::Stores(size_t count, absl::Duration patience) const {
  return Eventually([&] { return sink.stored_count() >= count; }, patience);
}

void Site::AwaitRescan() const {
  // The one that may be under way now, and a whole one after it.
  for (int i = 0; i < 2; ++i) {
    const auto before = base::FromProto(Status().last_scan());
    if (auto* manual = dynamic_cast<base::ManualClock*>(clock.get()); manual != nullptr) {
      manual->Advance(absl::Milliseconds(1));
    }
    ASSERT_TRUE(Eventually([&] { return base::FromProto(Status().last_scan()) != before; }));
  }
}

}  // namespace madoguchi::eligibility
