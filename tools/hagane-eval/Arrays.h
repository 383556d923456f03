// The driver's npz files for a tool without exceptions: failures are messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hagane::tool {

/// A dense array; `type` is the runtime's name of its element type.
struct Array {
  std::string type;
  std::vector<int64_t> dims;
  std::vector<std::byte> data;
};
using Arrays = std::map<std::string, Array>;

/// Reads all arrays; `types` names the element types wanted, by array, which
/// tells apart those that NumPy writes alike. Returns an empty string, or what
/// is wrong.
std::string readArrays(const std::string &path,
                       const std::map<std::string, std::string> &types,
                       Arrays &arrays);

/// Random data that a model's input of this name and type accepts. Returns an
/// empty string, or what is wrong.
std::string randomArray(const std::string &name, const std::string &type,
                        const std::vector<int64_t> &dims, Array &array);

/// Writes all arrays; returns an empty string, or what is wrong.
std::string writeArrays(const std::string &path, const Arrays &arrays);

} // namespace hagane::tool
