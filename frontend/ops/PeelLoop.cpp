// Loops whose first iteration differs from the others.
#include "dialects/xf/XfDynamic.h"
#include "frontend/ops/LoopBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// Whether sizes change in the first iteration alone: a sum that begins with
/// one element takes the shape of what is added to it.
bool LoopBuilder::isStableAfterFirst(const LoopStep &step, size_t mark) {
  llvm::StringMap<Dim> before, after;
  auto yieldedAt = [&](Dim dim, const llvm::StringMap<Dim> &sizes) {
    return dim.substitute([&](StringRef name) { return sizes.lookup(name); });
  };
  auto forEachChanging = [&](auto visit) {
    for (auto [value, next] : llvm::zip_equal(carried, step.carried))
      if (!value.isInvariant)
        for (auto [axis, known] : llvm::enumerate(value.known))
          if (!known)
            visit(*state.getFacts(value.inBody).dims[axis].getSymbol(),
                  state.getFacts(value.init).dims[axis],
                  state.getFacts(next).dims[axis]);
  };
  forEachChanging([&](StringRef name, Dim init, Dim) { before[name] = init; });
  forEachChanging([&](StringRef name, Dim, Dim next) {
    after[name] = next ? yieldedAt(next, before) : Dim();
  });
  bool found = false;
  forEachChanging([&](StringRef name, Dim init, Dim next) {
    Dim first = after.lookup(name);
    found |= init.isConstant(1) && first && first != init &&
             state.isKnownSince(first, mark) && yieldedAt(next, after) == first;
  });
  return found;
}

/// The first iteration, then a loop of the others.
LogicalResult LoopBuilder::runFirstAndRest(SmallVectorImpl<Value> &results) {
  LoopStep step;
  if (failed(convert(constant(0), spec.inits, step)))
    return failure();
  LoopSpec rest = spec;
  rest.inits = step.carried;
  rest.goesOn = isTrue(step.goesOn) ? Value() : step.goesOn;
  if (spec.trips)
    rest.trips = (spec.trips - constant(1)).max(constant(0));
  rest.body = [&](Dim number, ArrayRef<Value> values, LoopStep &next) {
    return spec.body(number + constant(1), values, next);
  };
  SmallVector<int64_t> places(axes);
  if (failed(LoopBuilder(n, rest, /*isPeeled=*/true).run(results)))
    return failure();
  for (auto [k, item] : llvm::enumerate(step.items)) {
    firstItems.push_back(state.getFacts(item).dims);
    itemTypes.push_back(n.elem(item));
    Value &all = results[step.carried.size() + k];
    SmallVector<Value> parts{n.unsqueeze(item, {places[k]}), all};
    if (spec.outputs[k].isReversed)
      std::swap(parts[0], parts[1]);
    all = n.concat(parts, places[k]);
  }
  return success(!n.failed());
}

LogicalResult LoopBuilder::peel(SmallVectorImpl<Value> &results) {
  size_t mark = state.countDeclared();
  bool runs = spec.trips && state.prover.getRange(spec.trips).min > 0;
  if (runs && !spec.goesOn)
    return runFirstAndRest(results);
  Value condition;
  if (spec.trips) {
    Value zero = arith::ConstantIndexOp::create(b, 0),
          trips =
              xf::DimValue::create(b, b.getIndexType(), spec.trips.getAttr());
    condition =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, trips, zero);
  }
  if (spec.goesOn) {
    Value goesOn = readCondition(n, spec.goesOn);
    if (!goesOn)
      return failure();
    condition =
        condition ? arith::AndIOp::create(b, condition, goesOn) : goesOn;
  }
  auto none = [&](SmallVectorImpl<Value> &values) {
    llvm::append_range(values, spec.inits);
    for (auto [k, dims] : llvm::enumerate(firstItems)) {
      SmallVector<Dim> sizes;
      for (Dim dim : dims)
        sizes.push_back(state.isKnownSince(dim, mark) ? dim : constant(0));
      sizes.insert(sizes.begin() + axes[k], constant(0));
      values.push_back(zeros(sizes, itemTypes[k]));
    }
    return success(!n.failed());
  };
  auto some = [&](SmallVectorImpl<Value> &values) {
    return runFirstAndRest(values);
  };
  return buildIf(n, condition, some, none, results);
}
