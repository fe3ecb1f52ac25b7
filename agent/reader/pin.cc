#include "agent/reader/pin.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "agent/base/error.h"

namespace madoguchi::reader {
namespace {

constexpr size_t kHeader = 5;
constexpr size_t kReference = 3;
constexpr size_t kPageBytes = 4096;

}  // namespace

// A page of its own: what is locked is locked by whole pages.
struct Pin::Page {
  std::array<char, kHeader + kDigits> command;
};

void Pin::Unlock::operator()(Page* page) const {
  explicit_bzero(page, kPageBytes);
  munlock(page, kPageBytes);
  munmap(page, kPageBytes);
}

Pin::Pin(std::unique_ptr<Page, Unlock> page) : page_(std::move(page)) {}

absl::StatusOr<Pin> Pin::Read(absl::string_view digits) {
  const bool fits =
      digits.size() == kDigits && std::all_of(digits.begin(), digits.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  if (!fits) return base::MakeError(base::ErrorCode::kPinForm, {.field = "pin"});
  void* const memory =
      mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return base::MakeError(base::ErrorCode::kInternal, {.what = "no memory for a secret"});
  }
  std::unique_ptr<Page, Unlock> page(new (memory) Page);
  // Not written to swap or a core dump. A limit on locked memory must not stop a reception: the
  // page is wiped all the same.
  static_cast<void>(mlock(memory, kPageBytes));
  madvise(memory, kPageBytes, MADV_DONTDUMP);
  page->command = {0x00, 0x20, 0x00, 0x00, static_cast<char>(kDigits)};
  std::copy(digits.begin(), digits.end(), page->command.begin() + kHeader);
  return Pin(std::move(page));
}

absl::string_view Pin::Command(uint8_t reference) {
  page_->command[kReference] = static_cast<char>(reference);
  return {page_->command.data(), page_->command.size()};
}

}  // namespace madoguchi::reader
