#include "hl7/fhir/identity.h"

#include <cstring>

#include "absl/numeric/int128.h"
#include "hl7/fhir/jp_core.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr uint64_t kFirst = 0x9E3779B97F4A7C15;
constexpr uint64_t kSecond = 0xC2B2AE3D27D4EB4F;

// Both halves of the product, so that every bit of it counts.
uint64_t Fold(uint64_t a, uint64_t b) {
  const absl::uint128 product = absl::uint128(a) * b;
  return absl::Uint128Low64(product) ^ absl::Uint128High64(product);
}

// The same on every machine: the first byte is the lowest.
uint64_t Load(const char* bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i) {
    word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

constexpr std::array<char, 512> HexPairs() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs = {};
  for (size_t value = 0; value < 256; ++value) {
    pairs[2 * value] = kDigits[value >> 4];
    pairs[2 * value + 1] = kDigits[value & 0xF];
  }
  return pairs;
}
constexpr std::array<char, 512> kHexPairs = HexPairs();

}  // namespace

void Fingerprint::Mix(uint64_t word) {
  low_ = Fold(low_ ^ word, kFirst) + kSecond;
  high_ = Fold(high_ + word, kSecond) ^ (low_ >> 32);
}

Fingerprint& Fingerprint::Add(absl::string_view text) {
  Mix(text.size());
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) Mix(Load(at, 8));
  if (left > 0) Mix(Load(at, left));
  return *this;
}

uint64_t Fingerprint::DayNumber(const v1::Date& date) {
  return static_cast<uint64_t>(date.year()) * 10000 + static_cast<uint64_t>(date.month()) * 100 +
         static_cast<uint64_t>(date.day());
}

Id Fingerprint::Finish() const {
  Fingerprint last = *this;
  last.Mix(kFirst);
  last.Mix(kSecond);
  // Version 8, variant 10.
  const uint64_t words[] = {(last.low_ & ~uint64_t{0xF000}) | 0x8000,
                            (last.high_ & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62)};
  Id id = {};
  char* at = id.text.data();
  for (int byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) *at++ = '-';
    const auto value = static_cast<uint8_t>(words[byte / 8] >> (56 - 8 * (byte % 8)));
    std::memcpy(at, &kHexPairs[2 * size_t{value}], 2);
    at += 2;
  }
  return id;
}

Id UniqueIds::Take(Fingerprint fingerprint) {
  Id id = fingerprint.Finish();
  while (!taken_.insert(id).second) id = fingerprint.Add(uint64_t{1}).Finish();
  return id;
}

void WriteReference(Json& json, absl::string_view key, const Id& id) {
  json.Members({"\"", key, "\":{\"reference\":\"urn:uuid:", id.view(), "\"}"});
}

void WriteReferenceItem(Json& json, const Id& id) {
  json.Object();
  json.Members({"\"reference\":\"urn:uuid:", id.view(), "\""});
  json.EndObject();
}

void StartEntry(Json& json, const Id& id, absl::string_view resource_type) {
  json.Object();
  json.Members({"\"fullUrl\":\"urn:uuid:", id.view(), "\""});
  json.Object("resource");
  json.Members({"\"resourceType\":\"", resource_type, "\",\"id\":\"", id.view(), "\""});
}

void StartEntry(Json& json, const Id& id, absl::string_view resource_type,
                absl::string_view profile) {
  StartEntry(json, id, resource_type);
  json.Members({"\"meta\":{\"profile\":[\"", kProfileBase, profile, "\"]}"});
}

void EndEntry(Json& json) {
  json.EndObject();
  json.EndObject();
}

}  // namespace madoguchi::hl7::fhir
