#ifndef MADOGUCHI_AGENT_BASE_BOUNDED_FILE_H_
#define MADOGUCHI_AGENT_BASE_BOUNDED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace madoguchi::base {

enum class FileFault : uint8_t {
  kNone,
  // Missing, no right to it.
  kCannotOpen,
  // A folder, FIFO, socket or device.
  kNotRegular,
  kCannotRead,
  kTooLarge,
};

struct FileContents {
  FileFault fault = FileFault::kNone;
  // errno of kCannotOpen and kCannotRead.
  int error = 0;
  // Empty unless fault is kNone.
  std::string bytes;
};

// Reads a regular file of at most `most` bytes. Follows links; never blocks on a FIFO or device in
// the file's place; memory is bounded by `most` whatever the file grows to while it is read.
// Thread-safe.
FileContents ReadBoundedFile(const std::string& path, size_t most);

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_BOUNDED_FILE_H_
