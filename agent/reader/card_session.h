#ifndef MADOGUCHI_AGENT_READER_CARD_SESSION_H_
#define MADOGUCHI_AGENT_READER_CARD_SESSION_H_

#include <winscard.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/reader/apdu.h"

// Inside reader/ only: it includes winscard.
namespace madoguchi::reader {

// The catalogued failure behind a PC/SC return code: MDG-2101 to 2104, 2119.
absl::Status PcscError(LONG code, absl::string_view what);

// A connection to the card service, for one thread. It is dead for good when the service went away.
class PcscContext {
 public:
  // MDG-2102 when the service is not there.
  static absl::StatusOr<PcscContext> Establish();
  PcscContext(PcscContext&& other) noexcept;
  PcscContext& operator=(PcscContext&& other) noexcept;
  PcscContext(const PcscContext&) = delete;
  PcscContext& operator=(const PcscContext&) = delete;
  ~PcscContext();

  SCARDCONTEXT handle() const { return context_; }

 private:
  explicit PcscContext(SCARDCONTEXT context) : context_(context), established_(true) {}
  SCARDCONTEXT context_ = 0;
  bool established_ = false;
};

// Told around every call of a session that may not come back, on the session's thread.
class CallWatch {
 public:
  enum class Call {
    kConnect,
    // Waits for another program that has one.
    kTransaction,
    kExchange,
    // One that carries a PIN.
    kPinExchange,
    kEnd,
  };
  virtual ~CallWatch() = default;
  // `longer`: how long the call takes by its nature, besides what any call may.
  virtual void Begins(Call call, absl::Duration longer) = 0;
  // False: nobody waits for what comes of it any more; the session is over.
  virtual bool Ends() = 0;
};

// One card on one reader, from the first exchange to the last: it holds the connection and a
// transaction, so that no other program comes in between, and is the only thing that can transmit.
// After a failed exchange it is over: what answers on the same handle may be another card
// (virtual-reader 6.4). Not thread-safe; blocks as long as the reader likes.
class CardSession {
 public:
  // MDG-2101 no such reader, 2102, 2103 no card, 2104 a card that does not answer, 2119 another
  // program holds it. `watch` may be null, as `context` it outlives this.
  static absl::StatusOr<std::unique_ptr<CardSession>> Open(const PcscContext& context,
                                                           const std::string& reader,
                                                           CallWatch* watch = nullptr);
  CardSession(const CardSession&) = delete;
  CardSession& operator=(const CardSession&) = delete;
  // Ends the transaction: powers the card off when a PIN was sent to it (only that ends a
  // verification, my-number-card 2.2), otherwise resets it, so that nothing stays selected. After a
  // failed exchange it first waits, at most half a second and still within the transaction, until
  // the service knows whether the card is gone: pcscd 1.9.9 that resets a card which is away for a
  // moment takes the reader for empty from then on, until a card is taken away for longer.
  ~CardSession();

  // One exchange. MDG-2104 when the card did not answer in full; from then on every call fails with
  // that.
  absl::StatusOr<Response> Transmit(absl::string_view command);
  // The same for a command that carries a PIN: from then on the card is powered off at the end.
  // Nothing of it is copied here.
  absl::StatusOr<Response> TransmitPin(absl::string_view command);

  // Asks the reader something that concerns no card (SCardControl). A reader that does not know the
  // question answers with an error, which means nothing for the session.
  absl::StatusOr<std::string> AskReader(DWORD code);
  // Has the reader send a PIN that is typed on it: as TransmitPin(). `longer`: that typing may
  // take.
  absl::StatusOr<Response> VerifyOnReader(DWORD code, absl::string_view request,
                                          absl::Duration longer);

  // Has the card powered off at the end, as after a PIN.
  void PowerOffAtEnd() { power_off_ = true; }

  // Exchanges so far.
  int exchanges() const { return exchanges_; }
  bool over() const { return over_; }

 private:
  CardSession(SCARDCONTEXT context, std::string reader, SCARDHANDLE card, DWORD protocol,
              CallWatch* watch)
      : context_(context),
        reader_(std::move(reader)),
        card_(card),
        protocol_(protocol),
        watch_(watch) {}
  DWORD HowToEnd() const;
  // Whether the card that did not answer is gone, as far as the service knows.
  bool IsGone() const;
  // One exchange by `work`, which takes a buffer and its length and returns a PC/SC code.
  template <typename Work>
  absl::StatusOr<Response> Exchange(CallWatch::Call call, absl::Duration longer, const Work& work);
  absl::StatusOr<Response> Exchange(absl::string_view command, CallWatch::Call call);

  const SCARDCONTEXT context_;
  const std::string reader_;
  const SCARDHANDLE card_;
  const DWORD protocol_;
  CallWatch* const watch_;
  int exchanges_ = 0;
  bool over_ = false;
  // By the card, not by those who wait for it.
  bool failed_ = false;
  bool power_off_ = false;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_CARD_SESSION_H_
