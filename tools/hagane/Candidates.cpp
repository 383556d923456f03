// The order in which a kernel's schedules are tried.
#include "Candidates.h"

#include <algorithm>

namespace hagane::tool {
namespace {

/// "name = value" of each parameter.
std::vector<std::string> fieldsOf(const std::string &schedule) {
  std::vector<std::string> fields;
  size_t at = schedule.find('<');
  while (at != schedule.npos) {
    size_t end = schedule.find_first_of(",>", at + 1);
    fields.push_back(schedule.substr(at + 1, end - at - 1));
    at = end == schedule.npos || schedule[end] == '>' ? schedule.npos : end;
  }
  return fields;
}

} // namespace

Candidates::Candidates(std::string start,
                       const std::vector<ScheduleChoice> &others)
    : bestText(std::move(start)), bestFields(fieldsOf(bestText)) {
  for (const ScheduleChoice &other : others)
    if (other.text != bestText)
      all.push_back({other.text, fieldsOf(other.text)});
}

bool Candidates::isNeighbour(const Candidate &candidate) const {
  if (candidate.fields.size() != bestFields.size())
    return false;
  int differing = 0;
  for (size_t i = 0; i < bestFields.size(); ++i)
    differing += candidate.fields[i] != bestFields[i];
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
  bestFields = current->fields;
}

} // namespace hagane::tool
