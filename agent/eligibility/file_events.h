#ifndef MADOGUCHI_AGENT_ELIGIBILITY_FILE_EVENTS_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_FILE_EVENTS_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/eligibility/folder.h"

namespace madoguchi::eligibility {

// Wakes a thread that waits in FileEvents::Wait. Thread-safe.
class WakeUp {
 public:
  WakeUp();
  void Wake();
  // Forgets wake-ups so far.
  void Clear();
  int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
};

// inotify on the folders of one terminal. Local programs' changes are seen; what another machine
// does on a share is not. Not thread-safe.
class FileEvents {
 public:
  FileEvents();

  // Watches the directory behind `folder`; `watch` is what the last call for this place returned,
  // or -1. Returns -1 when it cannot be watched.
  int Watch(const Folder& folder, int watch);

  enum class Kind {
    // The file may have other content or exist newly.
    kChanged,
    // The writer closed it, or it came here by a rename.
    kFinished,
    // It was moved away or deleted.
    kLeft,
    // The directory itself went away.
    kFolderLost,
  };
  // Waits until there is an event, `wake` was woken, or `timeout` is over.
  void Wait(const WakeUp& wake, absl::Duration timeout) const;
  // Hands out what has happened. False: events were lost, everything has to be looked at.
  bool Take(absl::FunctionRef<void(int watch, absl::string_view name, Kind kind)> each);

 private:
  Descriptor inotify_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_FILE_EVENTS_H_
