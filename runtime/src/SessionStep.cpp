// A step of sequences: their new positions get pages, the inputs that speak of
// pages and lengths are filled, and the module runs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"
#include "Tensor.h"

#include <string.h>

using namespace hagane::runtime;

using ll = long long;
using Growth = Sequences::Growth;

//===--- Sizes ------------------------------------------------------------===//

bool hgn_session::isFilled(uint32_t input) const {
  const hgn_cache_info &cache = info().cache;
  for (uint32_t i = 0; i < cache.input_count; ++i)
    if (cache.inputs[i].input == input)
      return true;
  return false;
}

// The caller's inputs tell the symbols.
hgn_status hgn_session::readGiven(const hgn_tensor *inputs) {
  const hgn_module_info &view = info();
  memcpy(incoming.data(), preset.data(), incoming.size() * sizeof(int64_t));
  for (int32_t symbol : {view.cache.past_symbol, view.cache.table_symbol})
    if (symbol >= 0)
      incoming[uint32_t(symbol)] = -1;
  for (uint32_t i = 0; i < view.input_count; ++i) {
    if (isFilled(i))
      continue;
    stepInputs[i] = inputs[i];
    HGN_TRY(readInput(view.inputs[i], inputs[i]));
  }
  return nullptr;
}

// How many positions each sequence gets, and whether there is a row for each.
hgn_status hgn_session::countNew(uint32_t count, int64_t *step) {
  const hgn_cache_info &cache = info().cache;
  int64_t rows = cache.batch.fixed >= 0
                     ? cache.batch.fixed
                     : incoming[uint32_t(cache.batch.symbol)];
  if (rows >= 0 && rows != int64_t(count))
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "the inputs are for %lld sequences, expected %u: one for "
                      "each of the step",
                      ll(rows), count);
  *step = cache.step.fixed >= 0 ? cache.step.fixed
                                : incoming[uint32_t(cache.step.symbol)];
  if (*step < 1)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a step has %lld new positions, expected 1 or more",
                      *step < 0 ? 0 : ll(*step));
  int64_t most = sequences.pageCount() * cache.page;
  if (*step > most)
    return makeStatus(HGN_CACHE_FULL,
                      "a step has %lld new positions, the session holds %lld",
                      ll(*step), ll(most));
  return nullptr;
}

// The sequences, with the lengths that they will have.
hgn_status hgn_session::growAll(const hgn_sequence *ids, uint32_t count,
                                int64_t step) {
  if (!growths.reserve(count * sizeof(Growth)))
    return outOfMemory("a step", count * sizeof(Growth));
  ++stepNumber;
  for (uint32_t b = 0; b < count; ++b) {
    Sequence *sequence = nullptr;
    HGN_TRY(findSequence(ids[b], &sequence));
    if (sequence->step == stepNumber)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "sequence %lld is twice in a step", ll(ids[b]));
    sequence->step = stepNumber;
    growing()[b] = {sequence, sequence->length + step, kNoPage, false};
  }
  return checkUneven(ids, count);
}

// Whether an input holds the positions of all sequences at once.
static bool sharesPositions(const hgn_value_info &value) {
  return value.rank == 1 || value.dims[0].fixed == 1;
}

hgn_status hgn_session::checkUneven(const hgn_sequence *ids,
                                    uint32_t count) const {
  const hgn_module_info &view = info();
  const hgn_cache_info &cache = view.cache;
  const char *reason = cache.uneven ? nullptr : cache.reason;
  for (uint32_t i = 0; i < cache.input_count && !reason; ++i)
    if (cache.inputs[i].role == HGN_CACHE_POSITIONS &&
        sharesPositions(view.inputs[cache.inputs[i].input]))
      reason = "an input has one row of positions for all";
  if (!reason)
    return nullptr;
  for (uint32_t b = 1; b < count; ++b)
    if (growing()[b].length != growing()[0].length)
      return makeStatus(
          HGN_INVALID_ARGUMENT,
          "sequences %lld and %lld of a step have %lld and %lld positions, "
          "expected the same number: %s",
          ll(ids[0]), ll(ids[b]), ll(growing()[0].sequence->length),
          ll(growing()[b].sequence->length), reason);
  return nullptr;
}

static int64_t greatestLength(const Growth *growths, uint32_t count) {
  int64_t greatest = 0;
  for (uint32_t b = 0; b < count; ++b)
    if (growths[b].length > greatest)
      greatest = growths[b].length;
  return greatest;
}

// Memory and shapes of the inputs that are filled.
hgn_status hgn_session::sizeFilled(uint32_t count, int64_t step) {
  const hgn_module_info &view = info();
  int64_t total = greatestLength(growing(), count);
  for (uint32_t i = 0; i < view.cache.input_count; ++i) {
    const hgn_cache_input &entry = view.cache.inputs[i];
    const hgn_value_info &value = view.inputs[entry.input];
    int64_t rows = count, columns = 0;
    switch (entry.role) {
    case HGN_CACHE_PAGES:
      columns = sequences.pagesOf(total);
      break;
    case HGN_CACHE_LENGTHS:
      break;
    case HGN_CACHE_POSITIONS:
      rows = sharesPositions(value) ? 1 : count;
      columns = step;
      break;
    case HGN_CACHE_MASK:
      columns = total;
      break;
    }
    Filled &to = filled[i];
    bool isRow = entry.role == HGN_CACHE_POSITIONS && value.rank == 1;
    to.dims[0] = isRow ? columns : rows;
    to.dims[1] = columns;
    int64_t bytes = 0;
    tensorBytes(value.dtype, to.dims, value.rank, &bytes);
    if (!to.memory.reserve(uint64_t(bytes)))
      return outOfMemory(value.name, uint64_t(bytes));
    stepInputs[entry.input] = {to.memory.data(), uint64_t(bytes), value.dtype,
                               value.rank, to.dims};
  }
  return nullptr;
}

hgn_status hgn_session::resolveStep(uint32_t count, int64_t step) {
  const hgn_module_info &view = info();
  int64_t total = greatestLength(growing(), count);
  incoming[uint32_t(view.cache.table_symbol)] = sequences.pagesOf(total);
  if (view.cache.past_symbol >= 0) {
    int64_t &past = incoming[uint32_t(view.cache.past_symbol)];
    if (past >= 0 && past != total - step)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "the inputs are for %lld positions in the cache, "
                        "expected %lld",
                        ll(past), ll(total - step));
    past = total - step;
  }
  for (uint32_t i = 0; i < view.cache.input_count; ++i) {
    uint32_t input = view.cache.inputs[i].input;
    HGN_TRY(readInput(view.inputs[input], stepInputs[input]));
  }
  HGN_TRY(planIncoming());
  return checkComputedDims(stepInputs.data());
}

//===--- Contents ---------------------------------------------------------===//

namespace {

// One input that is filled.
struct Fill {
  const Growth *growths;
  const int64_t *dims;
  int64_t step;

  template <typename T> void positions(T *out, int32_t rank) const {
    int64_t rows = rank == 1 ? 1 : dims[0];
    for (int64_t b = 0; b < rows; ++b)
      for (int64_t i = 0; i < step; ++i)
        *out++ = T(growths[b].length - step + i);
  }
  template <typename T> void mask(T *out) const {
    for (int64_t b = 0; b < dims[0]; ++b)
      for (int64_t i = 0; i < dims[1]; ++i)
        *out++ = T(i < growths[b].length);
  }
  void lengths(int64_t *out) const {
    for (int64_t b = 0; b < dims[0]; ++b)
      out[b] = growths[b].length - step;
  }
  // What lies behind a sequence's own pages names page 0, and is not read.
  void pages(int32_t *out, const Sequences &sequences) const {
    memset(out, 0, size_t(dims[0] * dims[1]) * sizeof(int32_t));
    for (int64_t b = 0; b < dims[0]; ++b)
      sequences.list(growths[b], out + b * dims[1]);
  }
};

} // namespace

static void fillMask(const Fill &fill, hgn_dtype dtype, uint8_t *data) {
  switch (dtype) {
  case HGN_F32:
    return fill.mask(reinterpret_cast<float *>(data));
  case HGN_I32:
    return fill.mask(reinterpret_cast<int32_t *>(data));
  case HGN_I64:
    return fill.mask(reinterpret_cast<int64_t *>(data));
  default: // bool, as was checked when the module was opened
    return fill.mask(data);
  }
}

void hgn_session::fillInputs(int64_t step) {
  const hgn_module_info &view = info();
  for (uint32_t i = 0; i < view.cache.input_count; ++i) {
    const hgn_cache_input &entry = view.cache.inputs[i];
    const hgn_value_info &value = view.inputs[entry.input];
    uint8_t *data = filled[i].memory.data();
    Fill fill = {growing(), filled[i].dims, step};
    switch (entry.role) {
    case HGN_CACHE_PAGES:
      fill.pages(reinterpret_cast<int32_t *>(data), sequences);
      break;
    case HGN_CACHE_LENGTHS:
      fill.lengths(reinterpret_cast<int64_t *>(data));
      break;
    case HGN_CACHE_POSITIONS:
      if (value.dtype == HGN_I32)
        fill.positions(reinterpret_cast<int32_t *>(data), value.rank);
      else
        fill.positions(reinterpret_cast<int64_t *>(data), value.rank);
      break;
    case HGN_CACHE_MASK:
      fillMask(fill, value.dtype, data);
      break;
    }
  }
}

//===--- Pages ------------------------------------------------------------===//

hgn_status hgn_session::takePages(uint32_t count) {
  int64_t needed = 0, free = sequences.freePages();
  for (uint32_t b = 0; b < count; ++b)
    needed += sequences.pagesFor(growing()[b]);
  if (needed > free)
    return makeStatus(HGN_CACHE_FULL,
                      "the step needs %lld more pages, %lld of the session's "
                      "%lld are free: %lld are missing",
                      ll(needed), ll(free), ll(sequences.pageCount()),
                      ll(needed - free));
  for (uint32_t b = 0; b < count; ++b) {
    sequences.take(growing()[b]);
    hgn_status status = nullptr;
    if (growing()[b].copies)
      status = copyPage(sequences.copyOf(growing()[b]));
    if (!status)
      continue;
    for (uint32_t taken = 0; taken <= b; ++taken)
      sequences.drop(growing()[taken]);
    return status;
  }
  return nullptr;
}

hgn_status hgn_session::copyPage(Sequences::Copy copy) {
  for (uint32_t i = 0; i < info().state_count; ++i) {
    size_t bytes = size_t(stateBytes[i] / sequences.pageCount());
    auto *data = static_cast<uint8_t *>(stateData[i]);
    HGN_TRY(backend->copy(*this, data + size_t(copy.to) * bytes,
                          data + size_t(copy.from) * bytes, bytes));
  }
  return nullptr;
}

hgn_status hgn_session::step(const hgn_sequence *ids, uint32_t count,
                             const hgn_tensor *inputs, hgn_tensor *outputs) {
  int64_t step = 0;
  HGN_TRY(readGiven(inputs));
  HGN_TRY(countNew(count, &step));
  HGN_TRY(growAll(ids, count, step));
  HGN_TRY(sizeFilled(count, step));
  HGN_TRY(resolveStep(count, step));
  HGN_TRY(prepare(stepInputs.data(), outputs));
  HGN_TRY(takePages(count));
  fillInputs(step);
  hgn_status status = execute(outputs);
  for (uint32_t b = 0; b < count; ++b)
    if (status)
      sequences.drop(growing()[b]);
    else
      sequences.commit(growing()[b]);
  return status;
}
