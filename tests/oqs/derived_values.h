#ifndef MADOGUCHI_TESTS_OQS_DERIVED_VALUES_H_
#define MADOGUCHI_TESTS_OQS_DERIVED_VALUES_H_

namespace madoguchi::oqs {

// Values with the derived ones they must give.
struct Pair {
  const char* sent;
  const char* derived;
};
inline constexpr Pair kInsurers[] = {{"  990119", "990119"},     {"00990119", "990119"},
                                     {"990119", "990119"},       {"06990121", "06990121"},
                                     {"０６９９", "０６９９"},   {"00", "00"},
                                     {"001234567", "001234567"}, {"06990121 ", "06990121"}};
inline constexpr Pair kKana[] = {
    {"ｼｹﾝ ｲﾁﾛｳ", "シケン　イチロウ"}, {"ｶﾞﾊﾟ", "ガパ"}, {"A-1", "Ａ－１"}, {"●", "●"}};
struct Percent {
  const char* sent;
  int derived;
};
inline constexpr Percent kPercents[] = {{"010", 10}, {"030", 30}, {"100", 100}, {"000", 0},
                                        {"101", 0},  {"1x", 0},   {"0200", 0},  {"20", 20}};

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_DERIVED_VALUES_H_
