#ifndef MADOGUCHI_AGENT_AUDIT_KEY_FILE_H_
#define MADOGUCHI_AGENT_AUDIT_KEY_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/audit/chain.h"

namespace madoguchi::audit {

// The file with the key of the next entry (mode 0600), in two slots that are written in turn: one
// of them is whole at any moment. The old slot is overwritten with zeros in place; what a disk
// keeps beneath the file system is out of reach. Not thread-safe.
class KeyFile {
 public:
  explicit KeyFile(std::string path) : path_(std::move(path)) {}
  ~KeyFile();
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;

  // The newest whole slot; nullopt when there is no file. MDG-1902: unreadable, or no slot is
  // whole.
  absl::StatusOr<std::optional<Link>> Load();
  // In place of whatever is there. MDG-1902.
  absl::Status Create(const Link& link);
  // Durable when OK; then the older key is gone. `link.number` is above the last one's. MDG-1902.
  absl::Status Save(const Link& link);

 private:
  absl::Status Error(absl::string_view what) const;

  const std::string path_;
  int fd_ = -1;
  // The slot that holds the newest link.
  int slot_ = 0;
};

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_KEY_FILE_H_
