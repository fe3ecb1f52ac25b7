#ifndef MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/base/error.h"

// The calls on a terminal's share. Everything here may block for as long as the share likes.
namespace madoguchi::eligibility {

// Time since some fixed moment; never jumps. For waits and retries, where the wall clock may not
// be trusted (and tests stop it).
absl::Duration Monotonic();

// A file descriptor that is closed at the end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { Close(); }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Release();
  void Close();

 private:
  int fd_ = -1;
};

// Lets other threads see how long the current call on the share has lasted.
class CallMeter {
 public:
  void Begin();
  void End();
  // Any thread. Zero when no call is under way.
  absl::Duration Lasting() const;
  // The longest call since this was last asked. Only on the thread that calls the share.
  absl::Duration TakeLongest();

 private:
  std::atomic<int64_t> since_ns_{0};
  int64_t longest_ns_ = 0;
};

// What tells one state of a file from another without reading it.
struct FileStamp {
  ino_t inode = 0;
  int64_t size = -1;
  absl::Time modified;
  absl::Time changed;
  bool operator==(const FileStamp& other) const = default;
};

enum class Look {
  kRead,
  // Same stamp as the one given: not opened.
  kUnchanged,
  kGone,
  // A link, FIFO, device, socket or directory: not opened.
  kNotAFile,
  kTooLarge,
  // It cannot be looked at, opened or read; `error` says why.
  kUnreadable,
};

struct FileLook {
  Look look = Look::kGone;
  int error = 0;
  // Set for kRead, kUnchanged, kNotAFile and kTooLarge.
  FileStamp stamp;
  std::string bytes;
  // kRead on a local file system: the open file.
  Descriptor file;
};

// The catalogued failure that an errno of a folder is: MDG-1201, 1202 or 1203.
base::ErrorCode FolderCode(int error);

// One directory of a terminal. It is only read. Not thread-safe.
class Folder {
 public:
  // `meter` outlives the folder. `most_bytes`: larger files are not read.
  Folder(std::string path, size_t most_bytes, CallMeter& meter)
      : path_(std::move(path)), most_bytes_(most_bytes), meter_(&meter) {}

  // Opens the path as it is now, which may be another directory than before. Returns an errno,
  // zero when it worked; then the other calls may be made.
  int Open();
  void Close() { directory_.Close(); }
  bool open() const { return directory_.valid(); }
  int descriptor() const { return directory_.get(); }
  const std::string& path() const { return path_; }
  // On a network file system or FUSE: no file events, inode numbers without meaning.
  bool remote() const { return remote_; }
  // Was on a network file system once and is not now: the share is not mounted.
  bool unmounted() const { return was_remote_ && !remote_; }

  // Calls `each` with every name, in no order, until it returns false. Returns an errno.
  int List(absl::FunctionRef<bool(absl::string_view name)> each);
  // What `name` is, without opening it: kRead, kGone, kNotAFile, kTooLarge or kUnreadable;
  // `bytes` stay empty.
  FileLook Stat(const std::string& name);
  // Reads a regular file, unless its stamp is `*unless` (may be null).
  FileLook Read(const std::string& name, const FileStamp* unless);
  // Reads a file that is open, from its start.
  FileLook Reread(Descriptor file);

 private:
  FileLook ReadOpen(Descriptor file);
  FileLook Failed(int error) const;

  std::string path_;
  size_t most_bytes_;
  CallMeter* meter_;
  Descriptor directory_;
  bool remote_ = false;
  bool was_remote_ = false;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_FOLDER_H_
