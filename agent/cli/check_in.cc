#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/cli/end_signals.h"
#include "agent/cli/json.h"
#include "agent/cli/present.h"
#include "agent/cli/report.h"
#include "agent/cli/session.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/seal_for.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

// One whole check-in at a card reader of the daemon's machine.
namespace madoguchi::cli {
namespace {

using Stub = v1::ReceptionService::Stub;

// One call waits so long for the next change, and may take that much longer.
constexpr int kWaitSeconds = 20;
constexpr double kBesidesWaiting = 10;
// A PIN may be typed on the reader, and the card takes its time.
constexpr double kPinSeconds = 65;

// A line of standard input in locked memory that is wiped at the end, read byte by byte, so that no
// buffer of a library has it.
class PinLine {
 public:
  PinLine() { ::mlock(bytes_.data(), bytes_.size()); }
  ~PinLine() {
    ::explicit_bzero(bytes_.data(), bytes_.size());
    ::munlock(bytes_.data(), bytes_.size());
  }
  PinLine(const PinLine&) = delete;
  PinLine& operator=(const PinLine&) = delete;

  // False at the end of the input, and when `end` can be read from.
  bool Read(int end) {
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    termios before = {};
    if (terminal && ::tcgetattr(STDIN_FILENO, &before) == 0) {
      termios silent = before;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
      std::cerr << "暗証番号（数字4桁、表示されません）: " << std::flush;
    }
    size_ = 0;
    char byte = 0;
    bool any = false;
    while (Comes(end) && ::read(STDIN_FILENO, &byte, 1) == 1) {
      any = true;
      if (byte == '\n') break;
      if (byte != '\r' && size_ < bytes_.size()) bytes_[size_++] = byte;
    }
    byte = 0;
    if (terminal) {
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
      std::cerr << '\n';
    }
    return any;
  }
  absl::string_view view() const { return {bytes_.data(), size_}; }

 private:
  static bool Comes(int end) {
    pollfd waits[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = end, .events = POLLIN, .revents = 0}};
    return ::poll(waits, 2, -1) > 0 && waits[1].revents == 0;
  }

  std::array<char, 64> bytes_ = {};
  size_t size_ = 0;
};

absl::StatusOr<std::vector<v1::ConsentAnswer>> ParseConsents(const std::string& text) {
  static constexpr std::pair<absl::string_view, v1::ConsentCategory> kNames[] = {
      {"drug", v1::CONSENT_CATEGORY_DRUG},
      {"checkup", v1::CONSENT_CATEGORY_CHECKUP},
      {"diagnosis", v1::CONSENT_CATEGORY_DIAGNOSIS},
      {"operation", v1::CONSENT_CATEGORY_OPERATION},
      {"limit", v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE},
      {"specific", v1::CONSENT_CATEGORY_SPECIFIC_DISEASE}};
  std::vector<v1::ConsentAnswer> answers;
  for (const absl::string_view name : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const auto* const found = std::find_if(std::begin(kNames), std::end(kNames),
                                           [&](const auto& one) { return one.first == name; });
    if (found == std::end(kNames)) {
      return base::MakeError(
          base::ErrorCode::kInvalidField,
          {.what = "drug, checkup, diagnosis, operation, limit and specific are allowed",
           .field = "--consent"});
    }
    v1::ConsentAnswer& answer = answers.emplace_back();
    answer.set_category(found->second);
    answer.set_granted(true);
  }
  return answers;
}

// The call under way, for whoever presses Ctrl-C.
class Interruption {
 public:
  Interruption() : end_(::eventfd(0, EFD_CLOEXEC)) {}
  ~Interruption() { ::close(end_); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  void Interrupt() {
    absl::MutexLock lock(&mu_);
    ::eventfd_write(end_, 1);
    over_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  bool over() const {
    absl::MutexLock lock(&mu_);
    return over_;
  }
  // Can be read from when it is over.
  int end() const { return end_; }
  // `context`: nullptr when there is none.
  void Watch(grpc::ClientContext* context) {
    absl::MutexLock lock(&mu_);
    context_ = context;
    if (over_ && context_ != nullptr) context_->TryCancel();
  }

 private:
  const int end_;
  mutable absl::Mutex mu_;
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
};

class CheckIn {
 public:
  CheckIn(const Global& global, const CheckInOptions& options,
          std::vector<v1::ConsentAnswer> answers, Stub& stub, Interruption& interruption)
      : global_(global),
        options_(options),
        answers_(std::move(answers)),
        stub_(stub),
        interruption_(interruption) {}

  // The reception when there is nothing left to do.
  absl::StatusOr<v1::Reception> Run() {
    v1::StartReceptionRequest request;
    request.set_request_id(crypto::NewId(absl::Now()));
    request.set_reader(options_.reader);
    const absl::Status started =
        Go<v1::StartReceptionResponse>(global_, &Stub::StartReception, request);
    if (!started.ok()) {
      if (interruption_.over()) CancelStarted(request);
      return started;
    }
    while (!interruption_.over()) {
      Tell();
      const absl::StatusOr<bool> more = Step();
      if (!more.ok()) {
        Cancel();
        return more.status();
      }
      if (!*more) return reception_;
    }
    Cancel();
    return base::MakeError(base::ErrorCode::kCancelledByStaff);
  }

 private:
  // Does what is next; false when nothing is.
  absl::StatusOr<bool> Step() {
    switch (reception_.state()) {
      case v1::RECEPTION_STATE_WAITING_FOR_CARD:
      case v1::RECEPTION_STATE_ASKING:
        return Await();
      case v1::RECEPTION_STATE_CARD_PRESENT:
        return Identify();
      case v1::RECEPTION_STATE_IDENTIFIED: {
        v1::RecordConsentRequest request = Request<v1::RecordConsentRequest>();
        request.mutable_answers()->Add(answers_.begin(), answers_.end());
        MDG_RETURN_IF_ERROR(Go<v1::RecordConsentResponse>(global_, &Stub::RecordConsent, request));
        return true;
      }
      case v1::RECEPTION_STATE_NOT_ENROLLED: {
        if (!options_.enroll) return false;
        v1::EnrollCardRequest request = Request<v1::EnrollCardRequest>();
        request.set_patient_agrees(true);
        MDG_RETURN_IF_ERROR(Go<v1::EnrollCardResponse>(global_, &Stub::EnrollCard, request));
        return true;
      }
      default:
        return false;
    }
  }

  absl::StatusOr<bool> Identify() {
    if (!options_.visual.empty()) {
      v1::ConfirmIdentityRequest request = Request<v1::ConfirmIdentityRequest>();
      request.set_method(v1::IDENTITY_METHOD_VISUAL);
      Global staff = global_;
      staff.person = options_.visual;
      MDG_RETURN_IF_ERROR(Go<v1::ConfirmIdentityResponse>(staff, &Stub::ConfirmIdentity, request));
      return true;
    }
    // Nothing is asked for that the card would not look at.
    if (reception_.pin_attempts_left() == 0) {
      return base::MakeError(base::ErrorCode::kPinBlocked,
                             {.reception_id = reception_.reception_id()});
    }
    v1::SubmitPinRequest request = Request<v1::SubmitPinRequest>();
    request.set_use_last_attempt(options_.use_last_attempt);
    if (!reception_.pin_pad()) {
      const v1::PinKey& key = reception_.next_step().pin_key();
      PinLine pin;
      if (!pin.Read(interruption_.end())) {
        if (interruption_.over()) return true;
        // Why the last one was not taken, when there was one.
        return reception_.has_card_problem() ? base::ErrorFrom(reception_.card_problem())
                                             : base::MakeError(base::ErrorCode::kPinForm,
                                                               {.what = "standard input has none"});
      }
      absl::StatusOr<std::string> sealed = crypto::SealFor(key.public_key_der(), pin.view());
      if (!sealed.ok()) return sealed.status();
      request.set_sealed_pin(*std::move(sealed));
      request.set_key_id(key.key_id());
    }
    Global patient = global_;
    patient.timeout_seconds = std::max(global_.timeout_seconds, kPinSeconds);
    const absl::Status status = Go<v1::SubmitPinResponse>(patient, &Stub::SubmitPin, request);
    const bool again = base::Is(status, base::ErrorCode::kPinWrong) ||
                       base::Is(status, base::ErrorCode::kPinForm) ||
                       base::Is(status, base::ErrorCode::kPinNotTyped);
    if (!status.ok() && !again) return status;
    if (again) MDG_RETURN_IF_ERROR(Look(0));
    return true;
  }

  absl::StatusOr<bool> Await() {
    MDG_RETURN_IF_ERROR(Look(kWaitSeconds));
    return true;
  }

  // Reads it anew; waits at most so long for a newer one.
  absl::Status Look(int wait_seconds) {
    v1::GetReceptionRequest request;
    request.set_reception_id(reception_.reception_id());
    request.set_after_revision(reception_.revision());
    request.set_wait_seconds(wait_seconds);
    Global patient = global_;
    patient.timeout_seconds = std::max(global_.timeout_seconds, wait_seconds + kBesidesWaiting);
    return Go<v1::GetReceptionResponse>(patient, &Stub::GetReception, request);
  }

  template <typename T>
  T Request() const {
    T request;
    request.set_request_id(crypto::NewId(absl::Now()));
    request.set_reception_id(reception_.reception_id());
    return request;
  }

  // One call that answers with the reception.
  template <typename Response, typename Request>
  absl::Status Go(const Global& global,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request) {
    grpc::ClientContext context;
    Prepare(global, context);
    interruption_.Watch(&context);
    Response response;
    absl::Status status = client::FromGrpc((stub_.*method)(&context, request, &response));
    interruption_.Watch(nullptr);
    if (status.ok()) reception_ = std::move(*response.mutable_reception());
    return status;
  }

  // Nobody knows whether the call that was broken off has opened one: asked again with the same id,
  // it tells which.
  void CancelStarted(const v1::StartReceptionRequest& request) {
    v1::StartReceptionResponse response;
    if (!Call(global_, stub_, &Stub::StartReception, request, response).ok()) return;
    reception_ = std::move(*response.mutable_reception());
    Cancel();
  }

  // Leaves nothing open behind: the next patient waits.
  void Cancel() {
    if (reception_.reception_id().empty()) return;
    v1::CancelReceptionRequest request = Request<v1::CancelReceptionRequest>();
    v1::CancelReceptionResponse response;
    Call(global_, stub_, &Stub::CancelReception, request, response).IgnoreError();
  }

  void Tell() {
    const std::string text =
        absl::StrCat(reception_.card_problem().number(), reception_.next_step().text_ja());
    if (global_.json || told_ == text) return;
    told_ = text;
    std::cerr << reception_.next_step().text_ja() << std::endl;
  }

  const Global& global_;
  const CheckInOptions& options_;
  const std::vector<v1::ConsentAnswer> answers_;
  Stub& stub_;
  Interruption& interruption_;
  v1::Reception reception_;
  std::string told_;
};

int ExitFor(const v1::Reception& reception) {
  switch (reception.state()) {
    case v1::RECEPTION_STATE_ANSWERED:
      return ExitForValidity(reception.confirmation().validity());
    case v1::RECEPTION_STATE_REFUSED:
    case v1::RECEPTION_STATE_NOT_ENROLLED:
    case v1::RECEPTION_STATE_CANCELLED:
      return kAnswerIsNo;
    default:
      return kOutsideFailed;
  }
}

}  // namespace

int ReceptionStart(const Global& global, const CheckInOptions& options) {
  auto answers = ParseConsents(options.consent);
  if (!answers.ok()) return Report(global, answers.status());
  EndSignals signals;
  const auto channel = Connect(global);
  if (!channel.ok()) return Report(global, channel.status());
  const auto stub = v1::ReceptionService::NewStub(*channel);
  Interruption interruption;
  signals.Watch([&interruption] { interruption.Interrupt(); });
  CheckIn check_in(global, options, *std::move(answers), *stub, interruption);
  const absl::StatusOr<v1::Reception> reception = check_in.Run();
  if (!reception.ok()) return Report(global, reception.status());
  if (global.json) {
    std::cout << ToJson(*reception).value_or("") << '\n';
  } else {
    PrintReception(*reception, std::cout);
  }
  return ExitFor(*reception);
}

}  // namespace madoguchi::cli
