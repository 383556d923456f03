// Schedules as text.
#include "ScheduleText.h"

#include <algorithm>

namespace hagane::tool {

std::string withoutName(const std::string &schedule) {
  size_t open = schedule.find('<'), close = schedule.rfind('>');
  return open == schedule.npos || close == schedule.npos || close < open
             ? schedule
             : schedule.substr(open + 1, close - open - 1);
}

std::vector<std::pair<std::string, std::string>>
parametersOf(const std::string &schedule) {
  static const std::string kEquals = " = ", kComma = ", ";
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string text = withoutName(schedule);
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(kComma, begin), text.size());
    size_t equals = text.find(kEquals, begin);
    if (equals >= end)
      return {};
    size_t value = equals + kEquals.size();
    parameters.emplace_back(text.substr(begin, equals - begin),
                            text.substr(value, end - value));
    begin = end + kComma.size();
  }
  return parameters;
}

std::string tileOf(const std::string &schedule) {
  std::string text, group;
  for (const auto &[name, value] : parametersOf(schedule)) {
    size_t end = name.find('_');
    std::string word = name.substr(0, end);
    if (end != name.npos && word == group)
      text += "x" + value;
    else
      text += (text.empty() ? "" : ", ") + word + " " + value;
    group = end == name.npos ? "" : word;
  }
  return text;
}

std::string differenceOf(const std::string &first, const std::string &second) {
  auto one = parametersOf(first), other = parametersOf(second);
  if (one.size() != other.size())
    return first == second ? "" : first + " -> " + second;
  std::string text;
  for (size_t i = 0; i < one.size(); ++i)
    if (one[i] != other[i])
      text += (text.empty() ? "" : ", ") + one[i].first + " " + one[i].second +
              " -> " + other[i].second;
  return text;
}

} // namespace hagane::tool
