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

absl::Status CheckForm(absl::string_view digits) {
  const bool fits =
      digits.size() == Pin::kDigits && std::all_of(digits.begin(), digits.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  return fits ? absl::OkStatus() : base::MakeError(base::ErrorCode::kPinForm, {.field = "pin"});
}

}  // namespace

// A page of its own: what is locked is locked by whole pages.
struct Pin::Page {
  std::array<char, kHeader + kDigits> command;
  // What was sealed, until its form is looked at.
  std::array<char, crypto::SealingKeys::kRoom> opened;
};

void Pin::Unlock::operator()(Page* page) const {
  explicit_bzero(page, kPageBytes);
  munlock(page, kPageBytes);
  munmap(page, kPageBytes);
}

Pin::Pin(std::unique_ptr<Page, Unlock> page) : page_(std::move(page)) {}

absl::StatusOr<std::unique_ptr<Pin::Page, Pin::Unlock>> Pin::MakePage() {
  static_assert(sizeof(Page) <= kPageBytes);
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
  return page;
}

absl::StatusOr<Pin> Pin::Read(absl::string_view digits) {
  MDG_RETURN_IF_ERROR(CheckForm(digits));
  absl::StatusOr<std::unique_ptr<Page, Unlock>> page = MakePage();
  if (!page.ok()) return page.status();
  std::copy(digits.begin(), digits.end(), (*page)->command.begin() + kHeader);
  return Pin(*std::move(page));
}

absl::StatusOr<Pin> Pin::Unseal(crypto::SealingKeys& keys, absl::string_view id,
                                absl::string_view sealed) {
  absl::StatusOr<std::unique_ptr<Page, Unlock>> page = MakePage();
  if (!page.ok()) return page.status();
  std::array<char, crypto::SealingKeys::kRoom>& opened = (*page)->opened;
  const absl::StatusOr<size_t> size = keys.Open(id, sealed, opened);
  if (!size.ok()) return size.status();
  MDG_RETURN_IF_ERROR(CheckForm({opened.data(), *size}));
  std::copy_n(opened.begin(), kDigits, (*page)->command.begin() + kHeader);
  explicit_bzero(opened.data(), opened.size());
  return Pin(*std::move(page));
}

absl::string_view Pin::Command(uint8_t reference) {
  page_->command[kReference] = static_cast<char>(reference);
  return {page_->command.data(), page_->command.size()};
}

}  // namespace madoguchi::reader
