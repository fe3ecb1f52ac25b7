#include "agent/base/bounded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace madoguchi::base {
namespace {

// A file that says it is empty may still have contents (/proc).
constexpr size_t kFirstRoom = 4096;

FileContents Fault(FileFault fault, int error = 0) { return {fault, error, {}}; }

ssize_t ReadAgain(int fd, char* to, size_t most) {
  ssize_t got = 0;
  do {
    got = ::read(fd, to, most);
  } while (got < 0 && errno == EINTR);
  return got;
}

FileContents ReadOpen(int fd, size_t most) {
  struct stat about = {};
  if (::fstat(fd, &about) != 0) return Fault(FileFault::kCannotOpen, errno);
  if (!S_ISREG(about.st_mode)) return Fault(FileFault::kNotRegular);
  if (about.st_size > 0 && static_cast<size_t>(about.st_size) > most) {
    return Fault(FileFault::kTooLarge);
  }
  FileContents contents;
  std::string& bytes = contents.bytes;
  // One byte more than there should be shows the end, or that the file is too large.
  bytes.resize(std::min(std::max(static_cast<size_t>(about.st_size), kFirstRoom), most) + 1);
  size_t size = 0;
  while (true) {
    const ssize_t got = ReadAgain(fd, &bytes[size], bytes.size() - size);
    if (got < 0) return Fault(FileFault::kCannotRead, errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size > most) return Fault(FileFault::kTooLarge);
    if (size == bytes.size()) bytes.resize(std::min(size * 2, most + 1));
  }
  bytes.resize(size);
  return contents;
}

}  // namespace

FileContents ReadBoundedFile(const std::string& path, size_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return Fault(FileFault::kCannotOpen, errno);
  FileContents contents = ReadOpen(fd, most);
  ::close(fd);
  return contents;
}

}  // namespace madoguchi::base
