// Schedules as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hagane::tool {

/// The parameters of `#kernel.KIND_schedule<name = value, ...>` in order; empty
/// if the text is none.
std::vector<std::pair<std::string, std::string>>
parametersOf(const std::string &schedule);

/// What stands between the brackets, or the whole if there are none.
std::string withoutName(const std::string &schedule);

/// The parameters, those with a common first word together: "item 96x192, block
/// 0, micro 12x32".
std::string tileOf(const std::string &schedule);

/// Parameters in which two schedules differ, such as "item_m 12 -> 24".
std::string differenceOf(const std::string &first, const std::string &second);

} // namespace hagane::tool
