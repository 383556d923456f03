// The order in which a kernel's schedules are tried.
#include "Candidates.h"

#include "ScheduleText.h"

#include <algorithm>

namespace hagane::tool {
Candidates::Candidates(std::string start,
                       const std::vector<ScheduleChoice> &others)
    : bestText(std::move(start)), bestParameters(parametersOf(bestText)) {
  for (const ScheduleChoice &other : others)
    if (other.text != bestText)
      all.push_back({other.text, parametersOf(other.text)});
}

bool Candidates::isNeighbour(const Candidate &candidate) const {
  if (candidate.parameters.size() != bestParameters.size())
    return false;
  int differing = 0;
  for (size_t i = 0; i < bestParameters.size(); ++i)
    differing += candidate.parameters[i] != bestParameters[i];
  return differing == 1;
}

std::optional<std::string> Candidates::next() {
  current = nullptr;
  nearBest = !nearBest;
  for (Candidate &candidate : all) {
    if (candidate.isTried)
      continue;
    if (!current)
      current = &candidate;
    if (!nearBest)
      break;
    if (isNeighbour(candidate)) {
      current = &candidate;
      break;
    }
  }
  if (!current)
    return std::nullopt;
  current->isTried = true;
  ++count;
  return current->text;
}

void Candidates::tell(double found) {
  if (!current || found >= ratio)
    return;
  ratio = found;
  bestText = current->text;
  bestParameters = current->parameters;
}

} // namespace hagane::tool
