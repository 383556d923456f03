#include "Module.h"

#include "Npz.h"

#include <limits>

namespace hagane::tool {
namespace {

std::string rangeOf(const hgn_symbol_info &symbol) {
  if (symbol.max == std::numeric_limits<int64_t>::max())
    return std::to_string(symbol.min) + " or more";
  return std::to_string(symbol.min) + " to " + std::to_string(symbol.max);
}

std::string inputNames(const hgn_module_info &info) {
  std::string names;
  for (uint32_t i = 0; i < info.input_count; ++i)
    names += (i ? ", '" : "'") + std::string(info.inputs[i].name) + "'";
  return names.empty() ? "none" : names;
}

/// The value of a symbol; throws Error if it has none.
int64_t valueOf(const hgn_symbol_info &symbol, const DimValues &values) {
  auto at = values.find(symbol.name);
  if (at == values.end())
    throw Error(std::string("symbolic dim '") + symbol.name +
                "' needs a value: --dim " + symbol.name + "=N, " +
                rangeOf(symbol));
  return at->second;
}

/// Throws Error unless each name is a symbol of the module and each value in
/// its range.
void checkDims(const hgn_module_info &info, const DimValues &values) {
  for (const auto &[name, value] : values) {
    const hgn_symbol_info *found = nullptr;
    std::string names;
    for (uint32_t i = 0; i < info.symbol_count; ++i) {
      names += (i ? ", '" : "'") + std::string(info.symbols[i].name) + "'";
      if (name == info.symbols[i].name)
        found = &info.symbols[i];
    }
    if (!found)
      throw Error("the module has no symbolic dim '" + name + "'; it has " +
                  (names.empty() ? "none" : names));
    if (value < found->min || value > found->max)
      throw Error("symbolic dim '" + name + "' is " + std::to_string(value) +
                  ", expected " + rangeOf(*found));
  }
}

} // namespace

void check(hgn_status status) {
  if (!status)
    return;
  std::string message = hgn_status_message(status);
  hgn_status_release(status);
  throw Error(message);
}

ModulePtr openModule(const std::string &path, uint32_t flags,
                     const std::string &device) {
  hgn_open_options options{};
  options.flags = flags;
  options.device = device.empty() ? nullptr : device.c_str();
  hgn_module *module = nullptr;
  check(hgn_module_open(path.c_str(), &options, &module));
  return ModulePtr(module);
}

PoolPtr makePool(int threads) {
  hgn_pool *pool = nullptr;
  check(hgn_pool_create(threads, &pool));
  return PoolPtr(pool);
}

int threadCount(int threads) {
  return hgn_pool_threads(makePool(threads).get());
}

Session::Session(hgn_module *module, int threads, int64_t cachePages)
    : Session(module, nullptr, makePool(threads), cachePages) {}

Session::Session(hgn_module *module, hgn_pool *pool)
    : Session(module, pool, PoolPtr(), 0) {}

Session::Session(hgn_module *module, hgn_pool *shared, PoolPtr owned,
                 int64_t cachePages)
    : module(module), own(std::move(owned)), pool(own ? own.get() : shared) {
  hgn_session_options options{};
  options.pool = pool;
  options.cache_pages = cachePages;
  hgn_session *newSession = nullptr;
  check(hgn_session_create(module, &options, &newSession));
  session.reset(newSession);
}

std::vector<HostTensor> Session::readInputs(const std::string &path) const {
  const hgn_module_info &module = info();
  TensorMap found =
      readNpz(path, [&](const std::string &name) -> std::optional<hgn_dtype> {
        for (uint32_t i = 0; i < module.input_count; ++i)
          if (name == module.inputs[i].name)
            return module.inputs[i].dtype;
        return std::nullopt;
      });
  std::vector<HostTensor> inputs;
  for (uint32_t i = 0; i < module.input_count; ++i) {
    auto at = found.find(module.inputs[i].name);
    if (at == found.end())
      throw Error("'" + path + "' lacks input '" + module.inputs[i].name + "'");
    inputs.push_back(std::move(at->second));
    found.erase(at);
  }
  if (!found.empty())
    throw Error("'" + path + "' has array '" + found.begin()->first +
                "', which is not an input of the module; its inputs: " +
                inputNames(module));
  return inputs;
}

std::vector<std::vector<int64_t>>
Session::inputDims(const DimValues &values) const {
  const hgn_module_info &module = info();
  checkDims(module, values);
  std::vector<int64_t> symbols;
  for (uint32_t i = 0; i < module.symbol_count; ++i)
    symbols.push_back(valueOf(module.symbols[i], values));
  std::vector<hgn_tensor> inputs(module.input_count);
  check(hgn_session_shape_inputs(session.get(), symbols.data(),
                                 module.symbol_count, inputs.data(),
                                 module.input_count));
  std::vector<std::vector<int64_t>> all;
  for (const hgn_tensor &input : inputs)
    all.emplace_back(input.dims, input.dims + input.rank);
  return all;
}

std::vector<HostTensor> Session::randomInputs(const DimValues &values) const {
  std::vector<std::vector<int64_t>> all = inputDims(values);
  std::vector<HostTensor> inputs;
  for (std::vector<int64_t> &dims : all) {
    const hgn_value_info &input = info().inputs[inputs.size()];
    inputs.push_back(randomTensor(input.name, input.dtype, std::move(dims)));
  }
  return inputs;
}

} // namespace hagane::tool
