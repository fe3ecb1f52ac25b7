#include "agent/cli/report.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"

namespace madoguchi::cli {
namespace {

int ExitOf(base::ErrorCode code) {
  Global global;
  global.json = true;
  return Report(global, base::MakeError(code));
}

TEST(Report, ANoOfThePatientIsNotALackOfRights) {
  EXPECT_EQ(ExitOf(base::ErrorCode::kNoConsent), kAnswerIsNo);
  EXPECT_EQ(ExitOf(base::ErrorCode::kConsentEnded), kAnswerIsNo);
  EXPECT_EQ(ExitOf(base::ErrorCode::kConsentWithdrawn), kAnswerIsNo);
  EXPECT_EQ(ExitOf(base::ErrorCode::kRecordRefused), kAnswerIsNo);
  EXPECT_EQ(ExitOf(base::ErrorCode::kWrongPatient), kOutsideFailed);
  EXPECT_EQ(ExitOf(base::ErrorCode::kRecordUnusable), kOutsideFailed);
  EXPECT_EQ(ExitOf(base::ErrorCode::kRoleMissing), kNotAllowed);
  EXPECT_EQ(ExitOf(base::ErrorCode::kCannotReach), kCannotReach);
  EXPECT_EQ(ExitOf(base::ErrorCode::kInvalidField), kUsage);
}

}  // namespace
}  // namespace madoguchi::cli
