//===- GemmResults.cpp - Sums of a matrix product, and its results --------===//

#include "codegen/cpu/GemmResults.h"
#include "dialects/kernel/KernelCost.h"

using namespace mlir;

namespace hagane::cpu {

void GemmResults::setItem(Value row, Value columnOfB) {
  kernel::GemmScheduleAttr schedule = *op.getSchedule();
  firstRow = row;
  firstOfB = columnOfB;
  sums = scratchView(
      b, body.scratch, index(b, kernel::getGemmScratch(op).sums),
      {schedule.getItemN() * groups / microN, schedule.getItemM(), microN}, {},
      compute);
}

Values GemmResults::placeOf(Value m, Value n, int64_t offset) {
  if (strip)
    return {index(b, 0), sub(b, m, strip), index(b, offset)};
  Value tile = divide(b, sub(b, n, firstOfB), index(b, microN));
  return {tile, sub(b, m, firstRow), index(b, offset)};
}

Value GemmResults::loadSum(Value m, Value n, int64_t offset) {
  return load(b, sums, placeOf(m, n, offset), {lanes, Value()}, compute);
}

void GemmResults::storeSum(Value sum, Value m, Value n, int64_t offset) {
  store(b, sum, sums, placeOf(m, n, offset), {lanes, Value()});
}

/// The sums that a group has for the result's columns.
Value GemmResults::loadGroup(Value m, Value column, int64_t group,
                             int64_t vector) {
  if (groups == 1 || strip)
    return loadSum(m, column, group * groupWidth + vector * lanes);
  // A panel is one tile, or each group's part of it is some.
  int64_t before = group * groupWidth;
  Value place = remainder(b, column, index(b, groupWidth));
  Value panel = mul(b, sub(b, column, place), groups);
  return loadSum(m, add(b, add(b, panel, place), before / microN * microN),
                 before % microN + vector * lanes);
}

void GemmResults::emit(Value batch, Value m, Value column,
                       ArrayRef<Access> accesses) {
  for (auto [v, access] : llvm::enumerate(accesses)) {
    int64_t vector = v;
    Values dims = batch ? Values{batch} : Values{};
    dims.append({m, add(b, column, vector * lanes)});
    unsigned vectorDim = dims.size() - 1;
    Values arguments;
    for (int64_t g = 0; g < groups; ++g)
      arguments.push_back(loadGroup(m, column, g, vector));
    for (auto [extra, map] :
         llvm::zip_equal(op.getExtras(),
                         op.getExtraMaps().getAsValueRange<AffineMapAttr>())) {
      Type type = kernel::getComputeType(
          cast<MemRefType>(extra.getType()).getElementType());
      arguments.push_back(
          loadMapped(b, extra, map, dims, vectorDim, access, type));
    }
    Values results =
        cloneRegion(b, op.getEpilogue(), arguments, lanes, dims, vectorDim);
    for (auto [out, value] : llvm::zip_equal(op.getOuts(), results))
      store(b, value, out, dims, access);
  }
}

} // namespace hagane::cpu
