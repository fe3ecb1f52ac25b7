#ifndef MADOGUCHI_TESTS_READER_FAKE_PCSC_H_
#define MADOGUCHI_TESTS_READER_FAKE_PCSC_H_

#include <winscard.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

// For the tests of agent/reader: stands in for libpcsclite, which these tests do not link. May be
// called from any thread; tests that run several change and look at it in Change() only. What a
// real service does is tested end to end.
namespace madoguchi::reader {

class FakePcsc {
 public:
  static FakePcsc& Get();
  // As at the start: a service, no readers.
  void Reset();

  // Answers a command; nullopt: the card is gone. Called on the thread that transmits, and may
  // block; a copy is called.
  using Card = std::function<std::optional<std::string>(const std::string& command)>;
  struct Reader {
    // Null: empty.
    Card card;
    bool shared_out = false;
    // Cards that came or went; the upper half of the state bits.
    uint16_t events = 0;
    // Set besides what follows from `card`.
    DWORD more_bits = 0;
    // How the sessions with its card ended, oldest first: SCARD_UNPOWER_CARD, …
    std::vector<DWORD> dispositions;
    int connections = 0;
    int transactions = 0;
    // So many connections fail first: the card is not powered yet.
    int not_powered = 0;
    // Called when a transaction begins, and may block.
    std::function<void()> on_transaction;
    // SCardControl: request to answer. Null: the reader knows nothing of that.
    std::function<std::optional<std::string>(DWORD code, const std::string& request)> control;
  };

  // Changes something that a monitor sees, and wakes it.
  void Change(const std::function<void(FakePcsc&)>& change);
  // Waits for a change after which this holds.
  void WaitForChange(absl::Duration most, const std::function<bool(FakePcsc&)>& holds);
  void Insert(const std::string& reader, Card card) {
    Change([&](FakePcsc& fake) {
      fake.readers[reader].card = std::move(card);
      ++fake.readers[reader].events;
    });
  }
  void Remove(const std::string& reader) { Insert(reader, nullptr); }

  // Services that come after another do not know what the one before gave out.
  void StartService() {
    Change([](FakePcsc& fake) {
      fake.service = true;
      ++fake.generation;
    });
  }

  bool service = true;
  int generation = 0;
  std::map<std::string, Reader> readers;
  // What SCardTransmit answers when a card is gone: an error, or success with no bytes.
  LONG gone = SCARD_E_NOT_TRANSACTED;
  int contexts = 0;

  // Whether the context is one of the service that is there.
  bool Knows(SCARDCONTEXT context) { return service && context_generations[context] == generation; }

  // What was given out.
  struct Handle {
    std::string reader;
    int generation = 0;
    uint16_t events = 0;
  };
  std::map<SCARDHANDLE, Handle> handles;
  std::map<SCARDCONTEXT, int> context_generations;
  LONG next = 0;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_TESTS_READER_FAKE_PCSC_H_
