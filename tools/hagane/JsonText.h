// JSON as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hagane::tool {

using Json = nlohmann::ordered_json;

/// Names come from the model and need not be UTF-8: what is not, is replaced.
inline std::string toText(const Json &value, int indent = 2) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// The same on one line, and a string as it is.
inline std::string toPlainText(const Json &value) {
  return value.is_string() ? value.get<std::string>() : toText(value, -1);
}

} // namespace hagane::tool
