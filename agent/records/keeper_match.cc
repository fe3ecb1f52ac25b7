#include "agent/records/keeper_match.h"

namespace madoguchi::records {
namespace {

int64_t Number(absl::CivilMonth month) { return month.year() * 12 + month.month() - 1; }

}  // namespace

store::RecordKey KeyOf(const Question& question) {
  store::RecordKey key{.reception_id = question.reception_id,
                       .kind = static_cast<int>(question.kind)};
  if (question.months.has_value()) {
    key.first_month = Number(question.months->first);
    key.last_month = Number(question.months->last);
  }
  return key;
}

Label LabelOf(const store::RecordRow& row) {
  return {.reception_id = row.key.reception_id,
          .kind = static_cast<Kind>(row.key.kind),
          .qualification_index = row.qualification,
          .fetched_at = row.fetched_at};
}

bool Answers(const store::RecordRow& row, const Wish& wish) {
  if (row.key.kind != static_cast<int>(wish.kind)) return false;
  if (!wish.months.has_value()) return true;
  return row.key.first_month <= Number(wish.months->first) &&
         Number(wish.months->last) <= row.key.last_month &&
         // A document cannot be cut to a range.
         (!FactsOf(wish.kind).document || (row.key.first_month == Number(wish.months->first) &&
                                           row.key.last_month == Number(wish.months->last)));
}

bool Answers(const Question& question, const Wish& wish, int qualification_index) {
  if (question.reception_id != wish.reception_id || question.kind != wish.kind ||
      question.qualification_index != qualification_index) {
    return false;
  }
  if (!wish.months.has_value()) return true;
  return FactsOf(wish.kind).document ? question.months == wish.months
                                     : question.months->Contains(*wish.months);
}

Question MakeQuestion(const Wish& wish, const Gate::Pass& pass) {
  const v1::Reception& reception = *pass.reception;
  const int index = pass.coverage.qualification_index;
  return {.reception_id = wish.reception_id,
          .kind = wish.kind,
          .counter = reception.counter(),
          .terminal = reception.terminal(),
          .medical_institution_code = reception.medical_institution_code(),
          .qualification = reception.confirmation().qualifications(index),
          .qualification_index = index,
          .months = wish.months};
}

}  // namespace madoguchi::records
