#include "tests/rpc/site.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "agent/base/japan_time.h"
#include "agent/records/gate_audit.h"
#include "agent/records/reading.h"
#include "google/rpc/status.pb.h"
#include "tests/rpc/record_answers.h"

namespace madoguchi::rpc {
namespace {

constexpr char kInstitution[] = "9911234567";

std::string MakeFolder() {
  std::string name = "/tmp/mdg-rpc-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) abort();
  return name;
}

v1::Confirmation Answer(int number, absl::Time at) {
  v1::Confirmation answer;
  auto& header = *answer.mutable_header();
  *header.mutable_process_execution_time() = base::ParseOqsTime(base::FormatOqsTime(at));
  *header.mutable_confirmation_date() = base::ToDate(base::JapanDay(at));
  header.set_medical_institution_code(kInstitution);
  header.set_reference_classification_code("1");
  header.set_reference_classification(v1::REFERENCE_CLASSIFICATION_MY_NUMBER_CARD);
  header.set_segment_of_result_code("1");
  header.set_segment_of_result(v1::SEGMENT_OF_RESULT_NORMAL);
  answer.set_processing_result_status_code("1");
  answer.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_NORMAL);
  answer.set_validity_code("1");
  answer.set_validity(v1::VALIDITY_VALID);
  auto& qualification = *answer.add_qualifications();
  qualification.set_name(Site::kPlantedName);
  qualification.mutable_insured()->set_insurer_number("99012345");
  qualification.mutable_insured()->set_number(absl::StrFormat("%08d", number));
  qualification.mutable_insured()->set_branch("01");
  *qualification.mutable_birth_date() = base::ToDate(absl::CivilDay(1950, 1, 1) + number % 20'000);
  qualification.set_sex1_code("2");
  qualification.set_sex1(v1::SEX_FEMALE);
  return answer;
}

}  // namespace

Site::Site(Options options)
    : options_(std::move(options)),
      clock_(options_.clock == nullptr ? system_clock_ : *options_.clock),
      folder_(MakeFolder()),
      hash_(std::string(32, 'k')) {
  status_.set_version("test");
  if (options_.tcp) MakePki();
  StartDesk();
  StartServer();
}

Site::~Site() {
  StopServer();
  StopDesk();
  std::filesystem::remove_all(folder_);
}

void Site::MakePki() {
  const absl::Time now = absl::Now();
  ca_ = *crypto::MakeCa("test-ca", now);
  const auto server = *crypto::IssueServer(ca_, "server", {{"localhost"}, {"127.0.0.1"}}, now);
  const auto write = [this](const std::string& name, const std::string& text) {
    EXPECT_TRUE(crypto::WritePemFile(folder_ + "/" + name, text, 0600, true).ok());
  };
  write("ca.pem", ca_.certificate);
  write("server.pem", server.certificate);
  write("server.key", server.key);
}

client::Target Site::RemoteTarget(const std::string& name) const {
  const auto pair = *crypto::IssueClient(ca_, name, absl::Now());
  client::Target target;
  target.address = server_->TcpAddress();
  target.certificate = folder_ + "/" + name + ".pem";
  target.key = folder_ + "/" + name + ".key";
  target.ca = folder_ + "/ca.pem";
  EXPECT_TRUE(crypto::WritePemFile(target.certificate, pair.certificate, 0600, true).ok());
  EXPECT_TRUE(crypto::WritePemFile(target.key, pair.key, 0600, true).ok());
  return target;
}

void Site::StartDesk() {
  auto store = store::Store::Open(folder_ + "/store.db");
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  auto trail = audit::Trail::Open(folder_, *store_, clock_);
  ASSERT_TRUE(trail.ok()) << trail.status();
  trail_ = *std::move(trail);
  trail_->Start();
  reception::DeskOptions options;
  options.medical_institution_code = kInstitution;
  options.counters = {"front", "back"};
  desk_ = std::make_unique<reception::Desk>(options, *store_, *trail_, hash_, clock_, [this] {
    absl::MutexLock lock(&mu_);
    if (notified_ != nullptr) notified_->NotifyEvent();
  });
  const absl::Status started = desk_->Start();
  ASSERT_TRUE(started.ok()) << started;
}

void Site::StopDesk() {
  desk_.reset();
  trail_.reset();
  store_.reset();
}

void Site::StartServer() {
  ServerOptions options;
  options.unix_path = SocketPath();
  options.counters = {"front", "back"};
  options.watch = options_.watch;
  ClientConfig client;
  client.name = "tester";
  client.uid = getuid() + (options_.known ? 0 : 1);
  client.roles = options_.roles;
  client.counters = options_.counters;
  options.clients = {client};
  if (options_.tcp) {
    options.tcp_address = "127.0.0.1:0";
    options.tls = {folder_ + "/server.pem", folder_ + "/server.key", folder_ + "/ca.pem"};
    client.name = "remote";
    client.uid.reset();
    client.common_name = "emr-1";
    options.clients.push_back(client);
  }
  MakeKeeper();
  options.keeper = keeper_.get();
  options.readers = {.list =
                         [] {
                           v1::ListReadersResponse list;
                           list.add_readers()->set_name("Reader");
                           return list;
                         },
                     .test =
                         [](const std::string& reader, const ReaderFunctions::TestDone& done) {
                           if (reader != "Reader") {
                             return done(base::MakeError(base::ErrorCode::kReaderNotFound));
                           }
                           v1::TestReaderResponse report;
                           report.set_exchanges(4);
                           done(report);
                         }};
  server_ = std::make_unique<Server>(options, *desk_, *trail_, clock_, [this] {
    absl::MutexLock lock(&mu_);
    return status_;
  });
  const absl::Status started = server_->Start();
  ASSERT_TRUE(started.ok()) << started;
  absl::MutexLock lock(&mu_);
  notified_ = server_.get();
}

void Site::StopServer() {
  {
    absl::MutexLock lock(&mu_);
    notified_ = nullptr;
  }
  server_.reset();
  keeper_.reset();
}

void Site::MakeKeeper() {
  trusted_ = std::make_unique<records::TrustedClock>(clock_, *store_->ReadClockMark(),
                                                     [] { return absl::ZeroDuration(); });
  gate_ = std::make_unique<records::Gate>(
      records::GateOptions{}, [this](absl::string_view id) { return desk_->LoadSettled(id); },
      [this, write = records::AuditTo(*trail_)](const records::GateEvent& event) {
        {
          absl::MutexLock lock(&mu_);
          gate_events_.push_back(event);
        }
        return write(event);
      },
      *trusted_);
  keeper_ = std::make_unique<records::Keeper>(
      records::KeeperOptions{},
      records::Keeper::Parts{
          .store = *store_,
          .gate = *gate_,
          .trusted = *trusted_,
          .clock = clock_,
          .ask =
              [this](const records::Question& question, auto done) {
                bool wrong = false;
                {
                  absl::MutexLock lock(&mu_);
                  ++questions_;
                  wrong = wrong_;
                }
                done(MakeAnswer(question, wrong, options_.drug_lines));
              },
          .read = records::ReadAnswer,
          .commit = records::CommitTo(*trail_),
          .on_status =
              [this](const std::string& id, std::vector<v1::RecordStatus> statuses) {
                desk_->MoveRecord(id, std::move(statuses));
              }});
  keeper_->Start();
}

std::vector<records::GateEvent> Site::GateEvents() const {
  absl::MutexLock lock(&mu_);
  return gate_events_;
}

int Site::Questions() const {
  absl::MutexLock lock(&mu_);
  return questions_;
}

void Site::AnswerWrongly() {
  absl::MutexLock lock(&mu_);
  wrong_ = true;
}

void Site::Restart() {
  StopServer();
  StopDesk();
  StartDesk();
  StartServer();
}

v1::Reception Site::Tap(int number, const std::string& counter) {
  eligibility::FacePush push;
  push.terminal = "terminal-1";
  push.counter = counter;
  push.key = crypto::Sha256(absl::StrCat(++taps_));
  push.file_name = absl::StrCat("OQSsiquc01res_face_", taps_, ".xml");
  push.seen_at = clock_.Now();
  push.confirmation = Answer(number, push.seen_at);
  for (const v1::ConsentCategory category : options_.consents) {
    v1::Consent& consent = *push.confirmation.mutable_qualifications(0)->add_consents();
    consent.set_category(category);
    consent.set_flag(v1::CONSENT_FLAG_GRANTED);
    *consent.mutable_available_until() =
        base::ParseOqsTime(base::FormatOqsTime(push.seen_at + absl::Hours(24)));
  }
  if (options_.padding > 0) {
    auto& unknown = *push.confirmation.add_unknown_elements();
    unknown.set_path("XmlMsg/MessageBody/Padding");
    unknown.set_text(std::string(options_.padding, 'x'));
  }
  std::set<std::string> before;
  for (const auto& reception : Receptions()) before.insert(reception.reception_id());
  absl::Notification done;
  absl::Status status;
  desk_->OnFacePush(std::move(push), [&](absl::Status result) {
    status = std::move(result);
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_TRUE(status.ok()) << status;
  // The push may have changed others too (superseded), and time may have closed some.
  auto now = Receptions();
  for (v1::Reception& reception : now) {
    if (!before.contains(reception.reception_id())) return std::move(reception);
  }
  ADD_FAILURE() << "nothing was opened";
  return {};
}

std::vector<v1::Reception> Site::Receptions() const {
  std::vector<v1::Reception> all;
  for (const auto& event : desk_->board().All()) all.push_back(*event.reception);
  return all;
}

std::shared_ptr<grpc::Channel> Site::Channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel(Target(), grpc::InsecureChannelCredentials(), arguments);
}

void Site::SetStatus(const std::function<void(v1::SystemStatus&)>& change) {
  {
    absl::MutexLock lock(&mu_);
    change(status_);
  }
  server_->NotifyStatus();
}

v1::ErrorDetail DetailIn(const grpc::Status& status) {
  google::rpc::Status packed;
  v1::ErrorDetail detail;
  EXPECT_TRUE(packed.ParseFromString(status.error_details()) && packed.details_size() == 1 &&
              packed.details(0).UnpackTo(&detail))
      << status.error_code() << " " << status.error_message();
  EXPECT_EQ(packed.code(), static_cast<int>(status.error_code()));
  return detail;
}

std::string NumberIn(const grpc::Status& status) {
  google::rpc::Status packed;
  v1::ErrorDetail detail;
  if (packed.ParseFromString(status.error_details()) && packed.details_size() == 1) {
    packed.details(0).UnpackTo(&detail);
  }
  return detail.number();
}

}  // namespace madoguchi::rpc
