#ifndef MADOGUCHI_AGENT_RECEPTION_PERSON_H_
#define MADOGUCHI_AGENT_RECEPTION_PERSON_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/crypto/digest.h"
#include "madoguchi/v1/confirmation.pb.h"

// Who is the same person, by identifiers and never by name alone. Desk thread only.
namespace madoguchi::reception {

// A number or symbol of an insurance certificate in one form: one width, no spaces around it. Files
// of OQS and records of clinics differ in both.
std::string FoldIdentifier(absl::string_view identifier);
// The insurer's number without padding. OQS pads 6 digits to 8 with spaces or zeros, and some
// numbers begin with a zero of their own: without any leading zero both forms meet, and a number of
// 8 digits still never meets one of 6.
std::string FoldInsurer(absl::string_view number);
// True when all parts of `a` and `b` are the same after folding.
bool SameInsured(const v1::InsuredId& a, const v1::InsuredId& b);
bool SameDay(const v1::Date& a, const v1::Date& b);

// What stands for the person of an answer: one key per qualification, without repeats. Empty when
// the answer does not identify anybody.
std::vector<std::string> PersonKeys(const v1::Confirmation& confirmation,
                                    const crypto::KeyedHash& hash);

// When OQS was asked about the person; when we got the answer if it does not say.
absl::Time AskedAt(const v1::Confirmation& confirmation);

// The people of the receptions held in memory.
class People {
 public:
  struct Known {
    std::string reception_id;
    absl::Time asked_at;
  };
  void Add(const std::string& reception_id, std::vector<std::string> keys, absl::Time asked_at);
  void Remove(const std::string& reception_id);
  // Receptions of a person with any of these keys, in the order of their ids, each once.
  std::vector<Known> Find(const std::vector<std::string>& keys) const;
  bool Has(const std::string& reception_id) const { return by_id_.contains(reception_id); }

 private:
  struct Entry {
    std::vector<std::string> keys;
    absl::Time asked_at;
  };
  absl::flat_hash_map<std::string, Entry> by_id_;
  absl::flat_hash_map<std::string, std::vector<std::string>> by_key_;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_PERSON_H_
