#ifndef MADOGUCHI_TESTS_READER_FAKE_PCSC_H_
#define MADOGUCHI_TESTS_READER_FAKE_PCSC_H_

#include <winscard.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// For the tests of agent/reader: stands in for libpcsclite, which these tests do not link. One
// process, one thread; what a real service does is tested end to end.
namespace madoguchi::reader {

class FakePcsc {
 public:
  static FakePcsc& Get();
  // As at the start: a service, no readers.
  void Reset();

  // Answers a command; nullopt: the card is gone.
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
  };

  // Changes something that a monitor sees, and wakes it.
  void Change(const std::function<void(FakePcsc&)>& change);
  void Insert(const std::string& reader, Card card) {
    Change([&](FakePcsc& fake) {
      fake.readers[reader].card = std::move(card);
      ++fake.readers[reader].events;
    });
  }
  void Remove(const std::string& reader) { Insert(reader, nullptr); }

  bool service = true;
  std::map<std::string, Reader> readers;
  // What SCardTransmit answers when a card is gone: an error, or success with no bytes.
  LONG gone = SCARD_E_NOT_TRANSACTED;
  int contexts = 0;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_TESTS_READER_FAKE_PCSC_H_
