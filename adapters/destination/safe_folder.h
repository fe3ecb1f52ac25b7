#ifndef MADOGUCHI_ADAPTERS_DESTINATION_SAFE_FOLDER_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_SAFE_FOLDER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Files in a folder somebody else reads at the same time, local or on a share. Every call may block
// for as long as a share likes.
namespace madoguchi::adapters {

// An open descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// nullptr when `name` can be the name of a file on Windows and here: 1 to 200 bytes of UTF-8, none
// of <>:"/\|?*, no control characters, no dot or space at the end, no dot at the start, no device
// of Windows (CON, NUL, COM1, ...). Otherwise what is wrong with it; no part of the name.
const char* WhyNoFileName(absl::string_view name);

enum class Published : uint8_t {
  kDone,
  // The folder already has a file of that name with other content; it was not touched.
  kNameTaken,
  // An errno says why not; whether the file is there is not known.
  kFailed,
};

struct PublishOutcome {
  Published published = Published::kFailed;
  int error = 0;
};

// One folder. Not thread-safe.
class SafeFolder {
 public:
  // Opens it as it is now. An errno.
  int Open(const std::string& path);
  // The same, and makes it where it is missing in a folder that is there. `shared`: for the program
  // of another account, too.
  int OpenOrMake(const std::string& path, bool shared);
  int descriptor() const { return folder_.get(); }

  // Lets `name` appear with all its bytes at once and on disk: written as `temporary` beside it,
  // synced, renamed. What is there with the same content is left as it is. A file with other
  // content is replaced when `replace` is true, else never: by the kernel's own means
  // (RENAME_NOREPLACE), else by a link, and where a file system has neither (some FUSE clients of
  // SMB) by an empty file made first, which only the one who made it may replace; readers there may
  // see it empty for a moment. `temporary` must be the same for each attempt at the same content.
  PublishOutcome Publish(const std::string& name, const std::string& temporary,
                         absl::string_view bytes, bool replace);

  // Removes regular files for which `ours` is true and that are older than `age`, by the clock of
  // the folder's machine; `clock_file` is written for a moment to learn that. At most 1,000. How
  // many; trouble ends it.
  int RemoveOld(absl::Duration age, const std::string& clock_file,
                absl::FunctionRef<bool(absl::string_view name)> ours);

  // Whether a file can be written, renamed and removed. An errno.
  int Try(const std::string& first, const std::string& second);

  // Writes a file and puts it on disk, in the place of one that is there. An errno.
  int Write(const std::string& name, absl::string_view bytes);

  // Calls `each` with every name, in no order, until it returns false. An errno.
  int List(absl::FunctionRef<bool(absl::string_view name)> each);

 private:
  enum class Seen : uint8_t { kNothing, kSame, kEmpty, kOther, kUnknown };
  Seen Look(const std::string& name, absl::string_view bytes, int& error);
  // Gives `temporary` the name that nobody has; EEXIST when somebody has.
  int RenameToFree(const std::string& temporary, const std::string& name);

  Descriptor folder_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_SAFE_FOLDER_H_
