#ifndef MADOGUCHI_AGENT_READER_PIN_H_
#define MADOGUCHI_AGENT_READER_PIN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

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
  std::unique_ptr<Page, Unlock> page_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_PIN_H_
