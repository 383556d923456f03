// From the inputs' shapes to symbols, plan and output shapes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"
#include "Tensor.h"

#include <string.h>

using namespace hagane::runtime;

using ll = long long;

const hgn_value_info *
hagane::runtime::inputCarrying(const hgn_module_info &view, int32_t symbol) {
  for (uint32_t i = 0; i < view.input_count; ++i)
    for (int32_t d = 0; d < view.inputs[i].rank; ++d)
      if (view.inputs[i].dims[d].symbol == symbol)
        return &view.inputs[i];
  return nullptr;
}

hgn_status hgn_session::readDim(const hgn_value_info &value,
                                const hgn_tensor &input, int32_t index) {
  const hgn_dim_info &dim = value.dims[index];
  int64_t found = input.dims[index];
  if (dim.fixed >= 0 && found != dim.fixed)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "input '%s' has shape %s, expected %s", value.name,
                      ShapeText(input.dims, input.rank).text,
                      ShapeText(value).text);
  if (dim.symbol < 0)
    return nullptr;
  int64_t &symbol = incoming[uint32_t(dim.symbol)];
  if (symbol >= 0 && symbol != found)
    return makeStatus(
        HGN_INVALID_ARGUMENT,
        "input '%s' has shape %s, expected %s with %s = %lld as in input '%s'",
        value.name, ShapeText(input.dims, input.rank).text,
        ShapeText(value).text, dim.symbol_name, ll(symbol),
        inputCarrying(info(), dim.symbol)->name);
  symbol = found;
  return nullptr;
}

hgn_status hgn_session::readInput(const hgn_value_info &value,
                                  const hgn_tensor &input) {
  if (input.dtype != value.dtype)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "input '%s' has element type %s, expected %s", value.name,
                      hgn_dtype_name(input.dtype), hgn_dtype_name(value.dtype));
  if (input.rank != value.rank)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "input '%s' has rank %d, expected %d: %s", value.name,
                      input.rank, value.rank, ShapeText(value).text);
  if (input.rank > 0 && !input.dims)
    return makeStatus(HGN_INVALID_ARGUMENT, "input '%s' has no dims (NULL)",
                      value.name);
  int64_t bytes;
  if (!tensorBytes(input.dtype, input.dims, input.rank, &bytes))
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "input '%s' has the impossible shape %s", value.name,
                      ShapeText(input.dims, input.rank).text);
  for (int32_t d = 0; d < value.rank; ++d)
    HGN_TRY(readDim(value, input, d));
  return nullptr;
}

hgn_status hgn_session::checkSymbols() const {
  const hgn_module_info &view = info();
  for (uint32_t i = 0; i < view.symbol_count; ++i) {
    const hgn_symbol_info &symbol = view.symbols[i];
    if (incoming[i] < 0)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "symbol '%s' has no value: no input carries it, and "
                        "hgn_session_set_symbol has not set it",
                        symbol.name);
    if (incoming[i] >= symbol.min && incoming[i] <= symbol.max)
      continue;
    if (const hgn_value_info *carrier = inputCarrying(view, int32_t(i)))
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "dim '%s' of input '%s' is %lld, expected %lld to %lld",
                        symbol.name, carrier->name, ll(incoming[i]),
                        ll(symbol.min), ll(symbol.max));
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "symbol '%s' is %lld, expected %lld to %lld", symbol.name,
                      ll(incoming[i]), ll(symbol.min), ll(symbol.max));
  }
  return nullptr;
}

int64_t hgn_session::extentOf(const hgn_dim_info &dim) const {
  if (dim.fixed >= 0)
    return dim.fixed;
  return dim.symbol >= 0 ? symbols[uint32_t(dim.symbol)]
                         : plan[uint32_t(dim.slot)];
}

int64_t *hgn_session::dimsOfOutput(uint32_t index) {
  int64_t *dims = outputDims.data();
  for (uint32_t i = 0; i < index; ++i)
    dims += info().outputs[i].rank;
  return dims;
}

// The extents of an output; those that only the run tells are -1.
void hgn_session::sizeOutput(uint32_t index, int64_t *dims) {
  const hgn_value_info &value = info().outputs[index];
  lateOutputs[index].isLate = false;
  outputBytes[index] = 0;
  for (int32_t d = 0; d < value.rank; ++d) {
    dims[d] = extentOf(value.dims[d]);
    if (dims[d] != HGN_PLAN_UNKNOWN)
      continue;
    dims[d] = -1;
    lateOutputs[index].isLate = hasLateOutputs = true;
  }
}

hgn_status hgn_session::sizeValues() {
  const hgn_module_info &view = info();
  int64_t *dims = outputDims.data();
  hasLateOutputs = false;
  for (uint32_t i = 0; i < view.output_count; ++i) {
    const hgn_value_info &value = view.outputs[i];
    sizeOutput(i, dims);
    if (!lateOutputs[i].isLate &&
        !tensorBytes(value.dtype, dims, value.rank, &outputBytes[i]))
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "these inputs give output '%s' the impossible shape %s",
                        value.name, ShapeText(dims, value.rank).text);
    dims += value.rank;
  }
  // A state's bytes are its elements' bits times each extent.
  for (uint32_t i = 0; i < view.state_count; ++i) {
    const hgn_value_info &value = view.states[i];
    int64_t bits = hgn_dtype_bits(value.dtype);
    for (int32_t d = 0; d < value.rank; ++d) {
      int64_t extent = extentOf(value.dims[d]);
      if (extent < 0 || __builtin_mul_overflow(bits, extent, &bits))
        return makeStatus(HGN_INVALID_ARGUMENT,
                          "these inputs give state '%s' an impossible shape",
                          value.name);
    }
    stateBytes[i] = bits / 8 + (bits % 8 != 0);
  }
  return nullptr;
}

hgn_status hgn_session::makePlan() {
  planned = false;
  memcpy(symbols.data(), incoming.data(), symbols.size() * sizeof(int64_t));
  if (int32_t failedPlus1 = module->planEntry()(symbols.data(), plan.data()))
    return checkFailure(*module, uint32_t(failedPlus1 - 1), &plan[HGN_PLAN_GOT],
                        &plan[HGN_PLAN_WANT]);
  if (plan[HGN_PLAN_ARENA_BYTES] < 0 || plan[HGN_PLAN_SCRATCH_BYTES] < 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "these inputs need %lld bytes of arena and %lld of "
                      "scratch, which is impossible",
                      ll(plan[HGN_PLAN_ARENA_BYTES]),
                      ll(plan[HGN_PLAN_SCRATCH_BYTES]));
  HGN_TRY(sizeValues());
  planned = true;
  return nullptr;
}

// Input dims that the compiler derived from other symbols.
hgn_status hgn_session::checkComputedDims(const hgn_tensor *inputs) const {
  const hgn_module_info &view = info();
  for (uint32_t i = 0; i < view.input_count; ++i) {
    const hgn_value_info &value = view.inputs[i];
    for (int32_t d = 0; d < value.rank; ++d)
      if (value.dims[d].slot >= 0 &&
          inputs[i].dims[d] != extentOf(value.dims[d]))
        return makeStatus(HGN_INVALID_ARGUMENT,
                          "input '%s' has shape %s, expected dim %d to be %lld",
                          value.name,
                          ShapeText(inputs[i].dims, value.rank).text, d,
                          ll(extentOf(value.dims[d])));
  }
  return nullptr;
}

// Makes the plan for the incoming symbols, unless it is made already.
hgn_status hgn_session::planIncoming() {
  HGN_TRY(checkSymbols());
  bool same = memcmp(symbols.data(), incoming.data(),
                     symbols.size() * sizeof(int64_t)) == 0;
  // The run writes its own sizes over the plan.
  if (!planned || !same || hasLateOutputs)
    HGN_TRY(makePlan());
  return nullptr;
}

hgn_status hgn_session::resolve(const hgn_tensor *inputs) {
  const hgn_module_info &view = info();
  memcpy(incoming.data(), preset.data(), incoming.size() * sizeof(int64_t));
  for (uint32_t i = 0; i < view.input_count; ++i)
    HGN_TRY(readInput(view.inputs[i], inputs[i]));
  HGN_TRY(planIncoming());
  return checkComputedDims(inputs);
}

hgn_status hgn_session::shapeInputs(const int64_t *values, hgn_tensor *inputs) {
  const hgn_module_info &view = info();
  memcpy(incoming.data(), values, incoming.size() * sizeof(int64_t));
  HGN_TRY(planIncoming());
  int64_t *dims = inputDims.data();
  for (uint32_t i = 0; i < view.input_count; ++i) {
    const hgn_value_info &value = view.inputs[i];
    inputs[i].dtype = value.dtype;
    inputs[i].rank = value.rank;
    inputs[i].dims = dims;
    for (int32_t d = 0; d < value.rank; ++d)
      *dims++ = extentOf(value.dims[d]);
  }
  return nullptr;
}

void hgn_session::describeOutput(uint32_t index, hgn_tensor *output) {
  const hgn_value_info &value = info().outputs[index];
  output->dtype = value.dtype;
  output->rank = value.rank;
  output->dims = dimsOfOutput(index);
  output->bytes = uint64_t(outputBytes[index]);
}
