#include "agent/eligibility/file_events.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace madoguchi::eligibility {
namespace {

constexpr uint32_t kMask = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_TO |
                           IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

FileEvents::Kind KindOf(uint32_t mask) {
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
    return FileEvents::Kind::kFolderLost;
  }
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) return FileEvents::Kind::kFinished;
  if ((mask & (IN_MOVED_FROM | IN_DELETE)) != 0) return FileEvents::Kind::kLeft;
  return FileEvents::Kind::kChanged;
}

}  // namespace

WakeUp::WakeUp() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void WakeUp::Wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full: then the thread is woken anyway.
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof(one));
}

void WakeUp::Clear() {
  uint64_t count = 0;
  // Fails when nobody woke us, which is as good.
  [[maybe_unused]] const ssize_t got = read(event_.get(), &count, sizeof(count));
}

FileEvents::FileEvents() : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

int FileEvents::Watch(const Folder& folder, int watch) {
  if (!inotify_.valid()) return -1;
  // By descriptor, so that it is the directory that was opened even if the path leads elsewhere by
  // now. Adding the same directory again changes nothing.
  int added = -1;
  if (folder.open()) {
    const std::string path = absl::StrCat("/proc/self/fd/", folder.descriptor());
    added = inotify_add_watch(inotify_.get(), path.c_str(), kMask);
    if (added < 0) {  // no /proc here, or not ours
      added = inotify_add_watch(inotify_.get(), folder.path().c_str(), kMask);
    }
  }
  if (watch >= 0 && watch != added) inotify_rm_watch(inotify_.get(), watch);
  return added;
}

void FileEvents::Wait(const WakeUp& wake, absl::Duration timeout) const {
  std::array<pollfd, 2> sources = {pollfd{.fd = wake.descriptor(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = inotify_.get(), .events = POLLIN, .revents = 0}};
  const timespec limit = absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
  // An interrupted wait is as good as a short one: callers loop. poll skips negative descriptors.
  ppoll(sources.data(), sources.size(), &limit, nullptr);
}

bool FileEvents::Take(absl::FunctionRef<void(int watch, absl::string_view name, Kind kind)> each) {
  if (!inotify_.valid()) return true;
  bool all = true;
  alignas(inotify_event) std::array<char, 32768> buffer;
  // Bounded, so that somebody who makes events without end does not keep us here.
  for (int round = 0; round < 16; ++round) {
    const ssize_t got = read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (size_t at = 0; at + sizeof(inotify_event) <= static_cast<size_t>(got);) {
      inotify_event event = {};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      // The name is padded with NULs.
      const char* name = buffer.data() + at + sizeof(event);
      at += sizeof(event) + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        all = false;
      } else {
        each(event.wd, absl::string_view(name, event.len == 0 ? 0 : strnlen(name, event.len)),
             KindOf(event.mask));
      }
    }
  }
  return all;
}

}  // namespace madoguchi::eligibility
