// The order in which a kernel's schedules are tried.
#include "Candidates.h"

#include "ScheduleText.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace hagane::tool {

Candidates::Candidates(const ScheduleChoice &start,
                       const std::vector<ScheduleChoice> &others) {
  add(start);
  for (const ScheduleChoice &other : others)
    if (other.text != start.text)
      add(other);
  all[0].ratio = 1;
  all[0].isTried = true;
  for (size_t value : all[0].values)
    factors[value].isTried = true;
}

void Candidates::add(const ScheduleChoice &choice) {
  Candidate candidate{choice.text, choice.seconds, {}, false, std::nullopt};
  for (const auto &[parameter, value] : parametersOf(choice.text)) {
    std::string name = parameter;
    name += '=';
    name += value;
    auto found = std::find(names.begin(), names.end(), name);
    candidate.values.push_back(size_t(found - names.begin()));
    if (found == names.end())
      names.push_back(name);
  }
  factors.resize(names.size());
  all.push_back(std::move(candidate));
}

const Candidates::Candidate &Candidates::leader() const {
  return *std::min_element(all.begin(), all.end(), [](auto &a, auto &b) {
    return a.ratio && (!b.ratio || *a.ratio < *b.ratio);
  });
}

/// Ridge regression, one value at a time until little changes: of few trials
/// no factor becomes large.
void Candidates::fit() {
  constexpr int kSweeps = 20;
  constexpr double kRidge = 1;
  std::vector<const Candidate *> told;
  std::vector<double> left; ///< what no factor explains yet
  double mean = 0;
  for (Factor &factor : factors)
    factor.log = 0;
  for (const Candidate &candidate : all)
    if (candidate.ratio) {
      told.push_back(&candidate);
      left.push_back(std::log(*candidate.ratio) - expected(candidate));
      mean += left.back();
    }
  for (double &rest : left)
    rest -= mean / double(told.size());
  for (int sweep = 0; sweep < kSweeps; ++sweep)
    for (size_t value = 0; value < factors.size(); ++value) {
      std::vector<size_t> having;
      double sum = 0;
      for (size_t i = 0; i < told.size(); ++i)
        if (std::find(told[i]->values.begin(), told[i]->values.end(), value) !=
            told[i]->values.end()) {
          having.push_back(i);
          sum += left[i] + factors[value].log;
        }
      double next = sum / (double(having.size()) + kRidge);
      for (size_t i : having)
        left[i] += factors[value].log - next;
      factors[value].log = next;
    }
  isFitted = true;
}

/// The logarithm of the time, but for a constant.
double Candidates::expected(const Candidate &candidate) const {
  constexpr double kLeastSeconds = 1e-12;
  double sum = std::log(std::max(candidate.seconds, kLeastSeconds));
  for (size_t value : candidate.values)
    sum += factors[value].log;
  return sum;
}

/// Parameters that a text leaves out have values of their own.
bool Candidates::isNeighbour(const Candidate &candidate,
                             const Candidate &other) const {
  auto countMissing = [](const Candidate &in, const Candidate &from) {
    return std::count_if(from.values.begin(), from.values.end(),
                         [&](size_t value) {
                           return std::find(in.values.begin(), in.values.end(),
                                            value) == in.values.end();
                         });
  };
  return std::max(countMissing(candidate, other),
                  countMissing(other, candidate)) == 1;
}

bool Candidates::isUnknown(const Candidate &candidate) const {
  return std::any_of(candidate.values.begin(), candidate.values.end(),
                     [&](size_t value) { return !factors[value].isTried; });
}

/// What is expected to be fastest of what it is the turn of, else of all.
Candidates::Candidate *Candidates::pick() {
  enum Kind { Fastest, Neighbour, Unknown, KindCount };
  if (!isFitted)
    fit();
  size_t kind = turn++ % KindCount;
  const Candidate &best = leader();
  Candidate *found = nullptr;
  std::pair<bool, double> foundRank;
  for (Candidate &candidate : all) {
    if (candidate.isTried)
      continue;
    bool isMeant = kind == Fastest ||
                   (kind == Neighbour && isNeighbour(candidate, best)) ||
                   (kind == Unknown && isUnknown(candidate));
    std::pair<bool, double> rank(!isMeant, expected(candidate));
    if (!found || rank < foundRank) {
      found = &candidate;
      foundRank = rank;
    }
  }
  return found;
}

std::optional<std::string> Candidates::next(bool isGuided) {
  Candidate *found = nullptr;
  if (isGuided) {
    found = pick();
  } else {
    auto first = std::find_if(all.begin(), all.end(),
                              [](const Candidate &c) { return !c.isTried; });
    found = first == all.end() ? nullptr : &*first;
  }
  if (!found)
    return std::nullopt;
  found->isTried = true;
  for (size_t value : found->values)
    factors[value].isTried = true;
  return found->text;
}

void Candidates::tell(const std::string &text, double ratio) {
  for (Candidate &candidate : all)
    if (candidate.text == text)
      candidate.ratio = ratio;
  isFitted = false;
}

std::vector<std::string> Candidates::best(size_t count) const {
  std::vector<const Candidate *> told;
  for (const Candidate &candidate : all)
    if (candidate.ratio)
      told.push_back(&candidate);
  std::sort(told.begin(), told.end(), [](auto *a, auto *b) {
    return std::tie(*a->ratio, a) < std::tie(*b->ratio, b);
  });
  told.resize(std::min(count, told.size()));
  std::vector<std::string> texts;
  for (const Candidate *candidate : told)
    texts.push_back(candidate->text);
  return texts;
}

} // namespace hagane::tool
