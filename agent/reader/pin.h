#ifndef MADOGUCHI_AGENT_READER_PIN_H_
#define MADOGUCHI_AGENT_READER_PIN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/crypto/sealing_keys.h"

namespace madoguchi::reader {

// The PIN of the user authentication certificate (利用者証明用, exactly 4 digits), in the one
// buffer where it may be: locked in memory, left out of core dumps, wiped at the end. It is kept as
// the whole VERIFY command, so that it is never copied on its way to the card. It can be moved, not
// copied; says nothing of itself.
class Pin {
 public:
  static constexpr size_t kDigits = 4;

  // MDG-2114 for anything but 4 digits: an empty one would be a status query, and whether a card
  // counts one of another length as an attempt nobody knows. The caller wipes its own copy.
  static absl::StatusOr<Pin> Read(absl::string_view digits);
  // Opens what was sealed for the key `id` straight into the buffer: exactly the 4 digits in ASCII.
  // MDG-2121 when it cannot be opened, 2114 as above; the key is spent whatever comes of it.
  static absl::StatusOr<Pin> Unseal(crypto::SealingKeys& keys, absl::string_view id,
                                    absl::string_view sealed);

  Pin(Pin&&) noexcept = default;
  Pin& operator=(Pin&&) noexcept = default;
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() = default;

  // VERIFY with `reference` (0x80 for the current file, 0x80 + short id otherwise). Valid as long
  // as this; must not be copied or logged.
  absl::string_view Command(uint8_t reference);

 private:
  struct Page;
  struct Unlock {
    void operator()(Page* page) const;
  };
  explicit Pin(std::unique_ptr<Page, Unlock> page);
  static absl::StatusOr<std::unique_ptr<Page, Unlock>> MakePage();
  std::unique_ptr<Page, Unlock> page_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_PIN_H_
