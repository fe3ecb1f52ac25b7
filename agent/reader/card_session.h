#ifndef MADOGUCHI_AGENT_READER_CARD_SESSION_H_
#define MADOGUCHI_AGENT_READER_CARD_SESSION_H_

#include <winscard.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

// One card on one reader, from the first exchange to the last: it holds the connection and a
// transaction, so that no other program comes in between, and is the only thing that can transmit.
// After a failed exchange it is over: what answers on the same handle may be another card
// (virtual-reader 6.4). Not thread-safe; blocks as long as the reader likes.
class CardSession {
 public:
  // MDG-2101 no such reader, 2102, 2103 no card, 2104 a card that does not answer, 2119 another
  // program holds it.
  static absl::StatusOr<std::unique_ptr<CardSession>> Open(const PcscContext& context,
                                                           const std::string& reader);
  CardSession(const CardSession&) = delete;
  CardSession& operator=(const CardSession&) = delete;
  // Ends the transaction: powers the card off when a PIN was sent to it (only that ends a
  // verification, my-number-card 2.2), otherwise resets it, so that nothing stays selected.
  ~CardSession();

  // One exchange. MDG-2104 when the card did not answer in full; from then on every call fails with
  // that.
  absl::StatusOr<Response> Transmit(absl::string_view command);
  // The same for a command that carries a PIN: from then on the card is powered off at the end.
  // Nothing of it is copied here.
  absl::StatusOr<Response> TransmitPin(absl::string_view command);

  // Exchanges so far.
  int exchanges() const { return exchanges_; }
  bool over() const { return over_; }

 private:
  CardSession(SCARDHANDLE card, DWORD protocol) : card_(card), protocol_(protocol) {}

  const SCARDHANDLE card_;
  const DWORD protocol_;
  int exchanges_ = 0;
  bool over_ = false;
  bool pin_sent_ = false;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_CARD_SESSION_H_
