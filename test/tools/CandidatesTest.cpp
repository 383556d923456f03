// The order in which schedules are tried.
#include "tools/hagane/Candidates.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <tuple>

using namespace hagane;
using namespace hagane::tool;

namespace {

std::string textOf(int a, int b, int c) {
  return "#kernel.some_schedule<a = " + std::to_string(a) +
         ", b = " + std::to_string(b) + ", c = " + std::to_string(c) + ">";
}

/// 10 x 10 x 10 schedules, of which the cost model likes those with a large a
/// and knows nothing of the rest.
std::vector<ScheduleChoice> makeChoices() {
  std::vector<ScheduleChoice> choices;
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < 10; ++b)
      for (int c = 0; c < 10; ++c)
        choices.push_back({textOf(a, b, c), 1.0 - 0.01 * a});
  std::sort(choices.begin(), choices.end(), [](auto &x, auto &y) {
    return std::tie(x.seconds, x.text) < std::tie(y.seconds, y.text);
  });
  return choices;
}

/// What measuring would tell: (7, 3, 5) is best.
double timeOf(const std::string &text) {
  int a = text[text.find("a = ") + 4] - '0',
      b = text[text.find("b = ") + 4] - '0',
      c = text[text.find("c = ") + 4] - '0';
  return 0.8 + 0.01 * std::abs(a - 7) + 0.02 * std::abs(b - 3) +
         0.03 * std::abs(c - 5);
}

std::vector<std::string> search(size_t trials, bool isGuided) {
  Candidates candidates({textOf(0, 0, 0), 1}, makeChoices());
  std::vector<std::string> tried;
  while (tried.size() < trials) {
    // Two at a time, as when both are compiled at once.
    std::vector<std::string> batch;
    for (int i = 0; i < 2; ++i)
      if (auto next = candidates.next(isGuided))
        batch.push_back(*next);
    if (batch.empty())
      break;
    for (const std::string &text : batch) {
      candidates.tell(text, timeOf(text));
      tried.push_back(text);
    }
  }
  return tried;
}

TEST(Candidates, SameTimesGiveSameOrder) {
  EXPECT_EQ(search(100, true), search(100, true));
}

TEST(Candidates, NothingIsTriedTwiceAndNothingLeftOut) {
  for (bool isGuided : {false, true}) {
    std::vector<std::string> tried = search(2000, isGuided);
    EXPECT_EQ(std::set<std::string>(tried.begin(), tried.end()).size(), 999U);
    EXPECT_EQ(tried.size(), 999U);
  }
}

TEST(Candidates, UnguidedFollowsTheCostModel) {
  std::vector<std::string> tried = search(100, false);
  for (const std::string &text : tried)
    EXPECT_NE(text.find("a = 9"), text.npos) << text;
}

TEST(Candidates, GuidedFindsWhatTheCostModelDoesNotKnow) {
  std::vector<std::string> tried = search(1000 / 50 * 2, true);
  double best = 1;
  for (const std::string &text : tried)
    best = std::min(best, timeOf(text));
  EXPECT_LE(best, 0.8 * 1.03);
}

TEST(Candidates, BestComesFirstAndTheStartCounts) {
  Candidates candidates({textOf(0, 0, 0), 1}, makeChoices());
  auto one = *candidates.next(false), other = *candidates.next(false);
  candidates.tell(one, 1.5);
  candidates.tell(other, 0.5);
  EXPECT_EQ(candidates.best(3),
            (std::vector<std::string>{other, textOf(0, 0, 0), one}));
  EXPECT_EQ(candidates.best(1), (std::vector<std::string>{other}));
  EXPECT_EQ(candidates.bestRatio(), 0.5);
}

} // namespace
