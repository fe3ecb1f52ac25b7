#include "tests/adapters/destination/parcels.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "agent/base/japan_time.h"

namespace madoguchi::adapters {

Parcel ParcelOf(const std::string& bytes, const std::string& message_id) {
  Parcel parcel;
  parcel.message_id = message_id;
  parcel.reception.set_reception_id("R-1");
  parcel.reception.mutable_assignment()->set_patient_id("00042");
  *parcel.reception.mutable_opened_at() =
      base::ToProto(absl::FromCivil(absl::CivilSecond(2025, 11, 28, 9, 15, 30), base::Japan()));
  parcel.media_type = "text/plain";
  parcel.file_extension = "txt";
  parcel.pieces.push_back({.label = "1", .bytes = bytes});
  return parcel;
}

Patience Within(absl::Duration time) { return {.deadline = absl::Now() + time, .stop_fd = -1}; }

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    names.push_back(each.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace madoguchi::adapters
