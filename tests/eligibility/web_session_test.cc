#include "agent/eligibility/web_session.h"

#include <gtest/gtest.h>

namespace madoguchi::eligibility {
namespace {

using Step = WebSession::Step;

constexpr absl::Duration kLife = absl::Seconds(100);
constexpr absl::Duration kAgain = absl::Seconds(30);

oqs::WebLogin Login(const char* token) {
  oqs::WebLogin login;
  login.status = "0";
  login.id_token = token;
  login.refresh_token = "refresh";
  return login;
}

TEST(WebSession, OneLoginAtATimeAndRenewalBeforeTheEnd) {
  WebSession session(kLife, kAgain);
  absl::Duration now = absl::Seconds(1000);
  EXPECT_FALSE(session.Up(now));
  EXPECT_TRUE(session.Coming(now));
  EXPECT_EQ(session.Take(now), Step::kLogin);
  EXPECT_EQ(session.Take(now), Step::kNone);
  EXPECT_TRUE(session.Coming(now));
  session.LoggedIn(Login("one"), now);
  EXPECT_TRUE(session.Up(now));
  EXPECT_EQ(session.Take(now + absl::Seconds(79)), Step::kNone);
  now += absl::Seconds(80);
  EXPECT_EQ(session.Take(now), Step::kRenew);
  // Questions go on meanwhile.
  EXPECT_TRUE(session.Up(now));
  session.LoggedIn(Login("two"), now);
  EXPECT_EQ(session.token(), "two");
  EXPECT_TRUE(session.Up(now + absl::Seconds(99)));
  EXPECT_FALSE(session.Up(now + kLife));
}

TEST(WebSession, ARenewalThatFailsIsFollowedByALogin) {
  WebSession session(kLife, kAgain);
  const absl::Duration now = absl::Seconds(1000);
  session.Take(now);
  session.LoggedIn(Login("one"), now);
  const absl::Duration later = now + absl::Seconds(80);
  ASSERT_EQ(session.Take(later), Step::kRenew);
  session.NotRenewed(later);
  EXPECT_EQ(session.Take(later), Step::kLogin);
}

TEST(WebSession, AfterAFailureItWaitsAndLongerAfterARefusal) {
  WebSession session(kLife, kAgain);
  const absl::Duration now = absl::Seconds(1000);
  session.Take(now);
  session.Failed(false, now);
  EXPECT_FALSE(session.Coming(now));
  EXPECT_EQ(session.Take(now + kAgain - absl::Seconds(1)), Step::kNone);
  EXPECT_EQ(session.Take(now + kAgain), Step::kLogin);
  session.Failed(true, now + kAgain);
  EXPECT_EQ(session.Take(now + 10 * kAgain), Step::kNone);
  EXPECT_EQ(session.Take(now + 11 * kAgain), Step::kLogin);
}

TEST(WebSession, ARefusedTokenCostsOneLoginWhoeverWasRefused) {
  WebSession session(kLife, kAgain);
  const absl::Duration now = absl::Seconds(1000);
  session.Take(now);
  session.LoggedIn(Login("one"), now);
  session.TokenRefused("one", now);
  EXPECT_FALSE(session.Up(now));
  ASSERT_EQ(session.Take(now), Step::kLogin);
  // The second question that was sent with it comes back now.
  session.TokenRefused("one", now);
  session.LoggedIn(Login("two"), now);
  session.TokenRefused("one", now);
  EXPECT_TRUE(session.Up(now));
  EXPECT_EQ(session.Take(now), Step::kNone);
}

TEST(WebSession, WhatIsLostIsTriedAgainByALogin) {
  WebSession session(kLife, kAgain);
  const absl::Duration now = absl::Seconds(1000);
  session.Take(now);
  session.LoggedIn(Login("one"), now);
  session.Lost(now);
  EXPECT_FALSE(session.Up(now));
  EXPECT_FALSE(session.Coming(now));
  // Hearing of it again does not put the next attempt off.
  session.Lost(now + absl::Seconds(20));
  ASSERT_EQ(session.Take(now + kAgain), Step::kLogin);
  session.LoggedIn(Login("two"), now + kAgain);
  EXPECT_TRUE(session.Up(now + kAgain));
}

}  // namespace
}  // namespace madoguchi::eligibility
