#include "tests/reader/fake_pcsc.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace madoguchi::reader {

// Handles are positions from 1 in the order of names.
static FakePcsc::Reader* ReaderOf(SCARDHANDLE handle) {
  auto& readers = FakePcsc::Get().readers;
  if (handle < 1 || static_cast<size_t>(handle) > readers.size()) return nullptr;
  return &std::next(readers.begin(), handle - 1)->second;
}

static std::mutex& Lock() {
  static std::mutex lock;
  return lock;
}
static std::condition_variable& Changed() {
  static std::condition_variable changed;
  return changed;
}
static bool cancelled = false;

void FakePcsc::Change(const std::function<void(FakePcsc&)>& change) {
  {
    const std::lock_guard<std::mutex> guard(Lock());
    change(*this);
  }
  Changed().notify_all();
}

FakePcsc& FakePcsc::Get() {
  static FakePcsc fake;
  return fake;
}

void FakePcsc::Reset() {
  Change([](FakePcsc& fake) {
    fake = FakePcsc();
    cancelled = false;
  });
}

}  // namespace madoguchi::reader

using madoguchi::reader::FakePcsc;
using madoguchi::reader::ReaderOf;

extern "C" {

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};

LONG SCardEstablishContext(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT context) {
  if (!FakePcsc::Get().service) return SCARD_E_NO_SERVICE;
  *context = ++FakePcsc::Get().contexts;
  return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT) {
  --FakePcsc::Get().contexts;
  return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT, LPCSTR name, DWORD, DWORD, LPSCARDHANDLE handle, LPDWORD protocol) {
  FakePcsc& fake = FakePcsc::Get();
  if (!fake.service) return SCARD_E_NO_SERVICE;
  const auto found = fake.readers.find(name);
  if (found == fake.readers.end()) return SCARD_E_UNKNOWN_READER;
  if (found->second.card == nullptr) return SCARD_E_NO_SMARTCARD;
  if (found->second.shared_out) return SCARD_E_SHARING_VIOLATION;
  ++found->second.connections;
  *handle = std::distance(fake.readers.begin(), found) + 1;
  *protocol = SCARD_PROTOCOL_T1;
  return SCARD_S_SUCCESS;
}

LONG SCardBeginTransaction(SCARDHANDLE handle) {
  ++ReaderOf(handle)->transactions;
  return SCARD_S_SUCCESS;
}

LONG SCardEndTransaction(SCARDHANDLE handle, DWORD) {
  --ReaderOf(handle)->transactions;
  return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE handle, DWORD disposition) {
  FakePcsc::Reader* const reader = ReaderOf(handle);
  --reader->connections;
  reader->dispositions.push_back(disposition);
  return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST*, LPCBYTE command, DWORD size,
                   SCARD_IO_REQUEST*, LPBYTE answer, LPDWORD length) {
  const FakePcsc& fake = FakePcsc::Get();
  if (!fake.service) return SCARD_E_NO_SERVICE;
  const auto said =
      ReaderOf(handle)->card(std::string(reinterpret_cast<const char*>(command), size));
  if (!said.has_value()) {
    *length = 0;
    return fake.gone;
  }
  std::copy(said->begin(), said->end(), answer);
  *length = said->size();
  return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT, LPCSTR, LPSTR names, LPDWORD size) {
  const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
  const FakePcsc& fake = FakePcsc::Get();
  if (!fake.service) return SCARD_E_NO_SERVICE;
  if (fake.readers.empty()) return SCARD_E_NO_READERS_AVAILABLE;
  std::string list;
  for (const auto& [name, reader] : fake.readers) list += name + '\0';
  list += '\0';
  if (names != nullptr) std::copy(list.begin(), list.end(), names);
  *size = list.size();
  return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT, DWORD timeout, SCARD_READERSTATE* states, DWORD count) {
  std::unique_lock<std::mutex> lock(madoguchi::reader::Lock());
  FakePcsc& fake = FakePcsc::Get();
  const size_t readers = fake.readers.size();
  const auto look = [&] {
    bool changed = fake.readers.size() != readers;
    for (DWORD i = 1; i < count; ++i) {
      const auto found = fake.readers.find(states[i].szReader);
      if (found == fake.readers.end()) continue;
      const FakePcsc::Reader& reader = found->second;
      states[i].dwEventState = (DWORD{reader.events} << 16) | reader.more_bits |
                               (reader.card == nullptr ? SCARD_STATE_EMPTY : SCARD_STATE_PRESENT);
      if (states[i].dwEventState == states[i].dwCurrentState) continue;
      states[i].dwEventState |= SCARD_STATE_CHANGED;
      changed = true;
    }
    return changed || !fake.service || madoguchi::reader::cancelled;
  };
  const bool any =
      madoguchi::reader::Changed().wait_for(lock, std::chrono::milliseconds(timeout), look);
  if (!fake.service) return SCARD_E_NO_SERVICE;
  if (std::exchange(madoguchi::reader::cancelled, false)) return SCARD_E_CANCELLED;
  return any ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}

LONG SCardCancel(SCARDCONTEXT) {
  FakePcsc::Get().Change([](FakePcsc&) { madoguchi::reader::cancelled = true; });
  return SCARD_S_SUCCESS;
}

}  // extern "C"
