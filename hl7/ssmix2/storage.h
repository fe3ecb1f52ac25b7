#ifndef MADOGUCHI_HL7_SSMIX2_STORAGE_H_
#define MADOGUCHI_HL7_SSMIX2_STORAGE_H_

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "hl7/ssmix2/entries.h"

// The files of a standardized storage.
namespace madoguchi::hl7::ssmix2 {

// A storage below `root` (`.../1319999999`, named after the institution by custom). Readers never
// see half a file, and never none where there was one: a file is written under a name that begins
// with a dot, synced, and renamed; only then those before it are marked as superseded, so that for
// a moment two are current (the later time counts). What a crash leaves between is put right by the
// next Put of the same order. Not thread-safe; one writer a storage.
//
// The index is `SSMIXIDX.csv` in the root, the columns of the table of that name, one row a file
// written (INS), superseded (UPD) or deleted (DEL), for a database to load. A row is on disk before
// what it tells happens; what failed in between and is tried again has two.
class Storage {
 public:
  // `root` must exist. `institution`: FacilityID, up to 10 characters.
  Storage(std::filesystem::path root, std::string institution)
      : root_(std::move(root)), institution_(std::move(institution)) {}

  // Writes `entry` as the current file of its order (flag 1); the current ones of the same patient,
  // day, type and order become superseded (flag 2). The same file again changes nothing. MDG-1702
  // with the path below the root in `field`: when the system refuses, or when another content has
  // the very same name (`what` asks for a later time). MDG-1001 for an entry whose parts are no
  // parts of a name.
  absl::Status Put(const Entry& entry);

  // Marks all files of the entry's order as deleted (flag 0), and writes the entry, which is the
  // message that says so, with flag 0.
  absl::Status Delete(const Entry& entry);

 private:
  absl::Status Write(const Entry& entry, absl::string_view processing, const std::string& name);
  absl::Status Mark(const Entry& entry, absl::string_view from, char to, const std::string& except);
  absl::Status Index(const Entry& entry, absl::string_view processing, const std::string& name);

  std::filesystem::path root_;
  std::string institution_;
};

}  // namespace madoguchi::hl7::ssmix2

#endif  // MADOGUCHI_HL7_SSMIX2_STORAGE_H_
