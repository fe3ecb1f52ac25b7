// Debian's Abseil and gRPC are not instrumented, so ThreadSanitizer does not see that a Mutex
// orders anything and takes every guarded field for a race. These definitions take the place of the
// library's in every program of the tsan preset, gRPC's calls included (the dynamic linker prefers
// the program's own), tell the order, and go on to the library.
//
// gRPC hands over much without a mutex, but never without taking one or some memory nearby: all
// mutexes it uses, its allocations and the start of each operation count as one. What our own rooms
// do with theirs is judged exactly.
//
// A condition of Await or LockWhen is evaluated inside the library - by whoever waits or unlocks -
// under the mutex but outside of the order that can be told: what is read there is left out.

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstdint>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// The interface of the runtime (compiler-rt: tsan_interface.h, dynamic annotations).
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
extern const char __executable_start;
extern const char etext;
}

namespace {

class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  IgnoreReads(const IgnoreReads&) = delete;
  IgnoreReads& operator=(const IgnoreReads&) = delete;
};

// Stands for every mutex of the libraries.
char of_libraries = 0;

// What tells the order of a call from `caller`.
void* Token(const void* object, const void* caller) {
  const auto at = reinterpret_cast<uintptr_t>(caller);
  const bool ours = at >= reinterpret_cast<uintptr_t>(&__executable_start) &&
                    at < reinterpret_cast<uintptr_t>(&etext);
  return ours ? const_cast<void*>(object) : &of_libraries;
}

// The library's own function, found once.
template <typename Function>
Function* Next(Function*& kept, const char* symbol) {
  Function* found = __atomic_load_n(&kept, __ATOMIC_ACQUIRE);
  if (found == nullptr) {
    found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
    __atomic_store_n(&kept, found, __ATOMIC_RELEASE);
  }
  return found;
}

// `wait` gives the mutex up for a while.
template <typename Wait>
auto Waiting(void* token, Wait wait) {
  __tsan_release(token);
  const IgnoreReads ignore;
  const auto result = wait();
  __tsan_acquire(token);
  return result;
}

}  // namespace

// REPLACED(name here, symbol, result, parameters) { body }: `name` is what the symbol stands for,
// Real_name() the library's.
#define REPLACED(name, symbol, result, ...)             \
  extern "C" result name(__VA_ARGS__) __asm__(#symbol); \
  static auto Real_##name() {                           \
    static result (*kept)(__VA_ARGS__) = nullptr;       \
    return Next(kept, #symbol);                         \
  }                                                     \
  extern "C" __attribute__((visibility("default"), noinline)) result name(__VA_ARGS__)
#define TOKEN(object) Token(object, __builtin_return_address(0))

REPLACED(Lock, _ZN4absl7debian35Mutex4LockEv, void, absl::Mutex* mutex) {
  Real_Lock()(mutex);
  __tsan_acquire(TOKEN(mutex));
}

REPLACED(Unlock, _ZN4absl7debian35Mutex6UnlockEv, void, absl::Mutex* mutex) {
  __tsan_release(TOKEN(mutex));
  const IgnoreReads ignore;
  Real_Unlock()(mutex);
}

REPLACED(ReaderLock, _ZN4absl7debian35Mutex10ReaderLockEv, void, absl::Mutex* mutex) {
  Real_ReaderLock()(mutex);
  __tsan_acquire(TOKEN(mutex));
}

REPLACED(ReaderUnlock, _ZN4absl7debian35Mutex12ReaderUnlockEv, void, absl::Mutex* mutex) {
  __tsan_release(TOKEN(mutex));
  const IgnoreReads ignore;
  Real_ReaderUnlock()(mutex);
}

REPLACED(TryLock, _ZN4absl7debian35Mutex7TryLockEv, bool, absl::Mutex* mutex) {
  const bool locked = Real_TryLock()(mutex);
  if (locked) __tsan_acquire(TOKEN(mutex));
  return locked;
}

REPLACED(LockWhen, _ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE, void, absl::Mutex* mutex,
         const absl::Condition& condition) {
  const IgnoreReads ignore;
  Real_LockWhen()(mutex, condition);
  __tsan_acquire(TOKEN(mutex));
}

REPLACED(LockWhenFor, _ZN4absl7debian35Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE,
         bool, absl::Mutex* mutex, const absl::Condition& condition, absl::Duration timeout) {
  const IgnoreReads ignore;
  const bool met = Real_LockWhenFor()(mutex, condition, timeout);
  __tsan_acquire(TOKEN(mutex));
  return met;
}

REPLACED(LockWhenUntil, _ZN4absl7debian35Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE,
         bool, absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) {
  const IgnoreReads ignore;
  const bool met = Real_LockWhenUntil()(mutex, condition, deadline);
  __tsan_acquire(TOKEN(mutex));
  return met;
}

REPLACED(Await, _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE, void, absl::Mutex* mutex,
         const absl::Condition& condition) {
  Waiting(TOKEN(mutex), [&] {
    Real_Await()(mutex, condition);
    return true;
  });
}

REPLACED(AwaitFor, _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, bool,
         absl::Mutex* mutex, const absl::Condition& condition, absl::Duration timeout) {
  return Waiting(TOKEN(mutex), [&] { return Real_AwaitFor()(mutex, condition, timeout); });
}

REPLACED(AwaitUntil, _ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, bool,
         absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) {
  return Waiting(TOKEN(mutex), [&] { return Real_AwaitUntil()(mutex, condition, deadline); });
}

REPLACED(Wait, _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE, void, absl::CondVar* condvar,
         absl::Mutex* mutex) {
  Waiting(TOKEN(mutex), [&] {
    Real_Wait()(condvar, mutex);
    return true;
  });
}

REPLACED(WaitFor, _ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE, bool,
         absl::CondVar* condvar, absl::Mutex* mutex, absl::Duration timeout) {
  return Waiting(TOKEN(mutex), [&] { return Real_WaitFor()(condvar, mutex, timeout); });
}

REPLACED(WaitUntil, _ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE, bool,
         absl::CondVar* condvar, absl::Mutex* mutex, absl::Time deadline) {
  return Waiting(TOKEN(mutex), [&] { return Real_WaitUntil()(condvar, mutex, deadline); });
}

REPLACED(Notify, _ZN4absl7debian312Notification6NotifyEv, void, absl::Notification* notification) {
  __tsan_release(notification);
  Real_Notify()(notification);
}

REPLACED(WaitForNotification, _ZNK4absl7debian312Notification19WaitForNotificationEv, void,
         const absl::Notification* notification) {
  Real_WaitForNotification()(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}

REPLACED(WaitForNotificationFor,
         _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE, bool,
         const absl::Notification* notification, absl::Duration timeout) {
  const bool notified = Real_WaitForNotificationFor()(notification, timeout);
  if (notified) __tsan_acquire(const_cast<absl::Notification*>(notification));
  return notified;
}

// gRPC's own steps; see the top.

REPLACED(Malloc, gpr_malloc, void*, size_t size) {
  void* const memory = Real_Malloc()(size);
  __tsan_acquire(&of_libraries);
  __tsan_release(&of_libraries);
  return memory;
}

REPLACED(Free, gpr_free, void, void* memory) {
  __tsan_acquire(&of_libraries);
  __tsan_release(&of_libraries);
  Real_Free()(memory);
}

// grpc_call_error grpc_call_start_batch(grpc_call*, const grpc_op*, size_t, void*, void*)
REPLACED(StartBatch, grpc_call_start_batch, int, void* call, const void* ops, size_t count,
         void* tag, void* reserved) {
  __tsan_release(&of_libraries);
  return Real_StartBatch()(call, ops, count, tag, reserved);
}
