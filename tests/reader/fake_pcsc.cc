#include "tests/reader/fake_pcsc.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace madoguchi::reader {

// Of a valid handle whose reader is still there.
static FakePcsc::Reader* ReaderOf(SCARDHANDLE handle) {
  FakePcsc& fake = FakePcsc::Get();
  const auto found = fake.handles.find(handle);
  if (found == fake.handles.end() || found->second.generation != fake.generation) return nullptr;
  const auto reader = fake.readers.find(found->second.reader);
  return reader == fake.readers.end() ? nullptr : &reader->second;
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

void FakePcsc::WaitForChange(absl::Duration most, const std::function<bool(FakePcsc&)>& holds) {
  std::unique_lock<std::mutex> lock(Lock());
  Changed().wait_for(lock, absl::ToChronoMilliseconds(most), [&] { return holds(*this); });
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
  const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
  FakePcsc& fake = FakePcsc::Get();
  if (!fake.service) return SCARD_E_NO_SERVICE;
  ++fake.contexts;
  *context = ++fake.next;
  fake.context_generations[*context] = fake.generation;
  return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context) {
  FakePcsc::Get().Change([&](FakePcsc& fake) {
    --fake.contexts;
    fake.context_generations.erase(context);
  });
  return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR name, DWORD, DWORD, LPSCARDHANDLE handle,
                  LPDWORD protocol) {
  const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
  FakePcsc& fake = FakePcsc::Get();
  if (!fake.Knows(context)) return SCARD_E_NO_SERVICE;
  const auto found = fake.readers.find(name);
  if (found == fake.readers.end()) return SCARD_E_UNKNOWN_READER;
  FakePcsc::Reader& reader = found->second;
  if (reader.card == nullptr) return SCARD_E_NO_SMARTCARD;
  if (reader.shared_out) return SCARD_E_SHARING_VIOLATION;
  if (reader.not_powered > 0) {
    --reader.not_powered;
    return SCARD_W_UNPOWERED_CARD;
  }
  ++reader.connections;
  *handle = ++fake.next;
  fake.handles[*handle] = {.reader = name, .generation = fake.generation, .events = reader.events};
  *protocol = SCARD_PROTOCOL_T1;
  return SCARD_S_SUCCESS;
}

LONG SCardBeginTransaction(SCARDHANDLE handle) {
  std::function<void()> on_transaction;
  {
    const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
    FakePcsc::Reader* const reader = ReaderOf(handle);
    if (reader == nullptr) return SCARD_E_READER_UNAVAILABLE;
    ++reader->transactions;
    on_transaction = reader->on_transaction;
  }
  if (on_transaction != nullptr) on_transaction();
  return SCARD_S_SUCCESS;
}

LONG SCardEndTransaction(SCARDHANDLE handle, DWORD) {
  const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
  FakePcsc::Reader* const reader = ReaderOf(handle);
  if (reader == nullptr) return SCARD_E_READER_UNAVAILABLE;
  --reader->transactions;
  return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE handle, DWORD disposition) {
  LONG code = SCARD_E_READER_UNAVAILABLE;
  FakePcsc::Get().Change([&](FakePcsc& fake) {
    if (FakePcsc::Reader* const reader = ReaderOf(handle)) {
      --reader->connections;
      reader->dispositions.push_back(disposition);
      code = SCARD_S_SUCCESS;
    }
    fake.handles.erase(handle);
  });
  return code;
}

LONG SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST*, LPCBYTE command, DWORD size,
                   SCARD_IO_REQUEST*, LPBYTE answer, LPDWORD length) {
  FakePcsc::Card card;
  LONG gone = 0;
  {
    const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
    const FakePcsc& fake = FakePcsc::Get();
    const FakePcsc::Reader* const reader = ReaderOf(handle);
    if (!fake.service) return SCARD_E_NO_SERVICE;
    if (reader == nullptr) return SCARD_E_READER_UNAVAILABLE;
    // A change that the service has seen.
    if (reader->card == nullptr || reader->events != fake.handles.at(handle).events) {
      return SCARD_W_REMOVED_CARD;
    }
    card = reader->card;
    gone = fake.gone;
  }
  const auto said = card(std::string(reinterpret_cast<const char*>(command), size));
  *length = said.has_value() ? said->size() : 0;
  if (!said.has_value()) return gone;
  std::copy(said->begin(), said->end(), answer);
  return SCARD_S_SUCCESS;
}

LONG SCardControl(SCARDHANDLE handle, DWORD code, LPCVOID request, DWORD size, LPVOID answer,
                  DWORD most, LPDWORD length) {
  decltype(FakePcsc::Reader::control) control;
  {
    const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
    const FakePcsc::Reader* const reader = ReaderOf(handle);
    if (reader == nullptr) return SCARD_E_READER_UNAVAILABLE;
    control = reader->control;
  }
  if (control == nullptr) return SCARD_E_UNSUPPORTED_FEATURE;
  const auto said = control(code, std::string(static_cast<const char*>(request), size));
  if (!said.has_value()) return SCARD_E_NOT_TRANSACTED;
  if (said->size() > most) return SCARD_E_INSUFFICIENT_BUFFER;
  std::copy(said->begin(), said->end(), static_cast<char*>(answer));
  *length = said->size();
  return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR, LPSTR names, LPDWORD size) {
  const std::lock_guard<std::mutex> guard(madoguchi::reader::Lock());
  FakePcsc& fake = FakePcsc::Get();
  if (!fake.Knows(context)) return SCARD_E_NO_SERVICE;
  if (fake.readers.empty()) return SCARD_E_NO_READERS_AVAILABLE;
  std::string list;
  for (const auto& [name, reader] : fake.readers) list += name + '\0';
  list += '\0';
  if (names != nullptr) std::copy(list.begin(), list.end(), names);
  *size = list.size();
  return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE* states,
                          DWORD count) {
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
    return changed || !fake.Knows(context) || madoguchi::reader::cancelled;
  };
  const bool any =
      madoguchi::reader::Changed().wait_for(lock, std::chrono::milliseconds(timeout), look);
  if (!fake.Knows(context)) return SCARD_E_NO_SERVICE;
  if (std::exchange(madoguchi::reader::cancelled, false)) return SCARD_E_CANCELLED;
  return any ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}

LONG SCardCancel(SCARDCONTEXT) {
  FakePcsc::Get().Change([](FakePcsc&) { madoguchi::reader::cancelled = true; });
  return SCARD_S_SUCCESS;
}

}  // extern "C"
