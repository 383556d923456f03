#include "Arrays.h"

#include "tools/hagane/Npz.h"

#include <exception>

namespace hagane::tool {

static std::optional<hgn_dtype> typeNamed(const std::string &name) {
  for (hgn_dtype dtype = HGN_F32; dtype <= HGN_F6E3M2FN; ++dtype)
    if (name == hgn_dtype_name(dtype))
      return dtype;
  return std::nullopt;
}

std::string readArrays(const std::string &path,
                       const std::map<std::string, std::string> &types,
                       Arrays &arrays) {
  auto wanted = [&](const std::string &name) -> std::optional<hgn_dtype> {
    auto it = types.find(name);
    return it == types.end() ? std::nullopt : typeNamed(it->second);
  };
  try {
    for (auto &[name, tensor] : readNpz(path, wanted))
      arrays[name] = {hgn_dtype_name(tensor.dtype), std::move(tensor.dims),
                      std::move(tensor.data)};
  } catch (const std::exception &error) {
    return error.what();
  }
  return {};
}

std::string randomArray(const std::string &name, const std::string &type,
                        const std::vector<int64_t> &dims, Array &array) {
  std::optional<hgn_dtype> dtype = typeNamed(type);
  if (!dtype)
    return "there is no random data of type " + type;
  try {
    HostTensor tensor = randomTensor(name, *dtype, dims);
    array = {type, std::move(tensor.dims), std::move(tensor.data)};
  } catch (const std::exception &error) {
    return error.what();
  }
  return {};
}

std::string writeArrays(const std::string &path, const Arrays &arrays) {
  try {
    TensorMap tensors;
    for (const auto &[name, array] : arrays) {
      std::optional<hgn_dtype> dtype = typeNamed(array.type);
      if (!dtype)
        return "npz files cannot hold type " + array.type;
      tensors[name] = {*dtype, array.dims, array.data};
    }
    writeNpz(path, tensors);
  } catch (const std::exception &error) {
    return error.what();
  }
  return {};
}

} // namespace hagane::tool
