//===- BufferLife.cpp - From where to where a buffer is used --------------===//

#include "passes/memory/BufferLife.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace hagane;

/// Where else a buffer may be found once `user` has it: in views of it and in
/// what control flow carries on.
static SmallVector<Value> aliasesMadeBy(Operation *user) {
  SmallVector<Value> aliases;
  auto addFrom = [&](ValueRange values) {
    for (Value value : values)
      if (isa<BaseMemRefType>(value.getType()))
        aliases.push_back(value);
  };
  addFrom(user->getResults());
  for (Region &region : user->getRegions())
    if (!region.empty())
      addFrom(region.front().getArguments());
  Operation *parent = user->getParentOp();
  if (user->hasTrait<OpTrait::IsTerminator>() && !isa<func::FuncOp>(parent)) {
    addFrom(parent->getResults());
    for (Region &region : parent->getRegions())
      if (!region.empty())
        addFrom(region.front().getArguments());
  }
  return aliases;
}

Positions hagane::numberOperations(Block &block) {
  Positions positions;
  for (auto [i, op] : llvm::enumerate(block))
    positions[&op] = i;
  return positions;
}

Life hagane::getLife(Value buffer, Block &block, const Positions &positions) {
  Life life;
  life.names.insert(buffer);
  for (size_t i = 0; i < life.names.size(); ++i)
    for (Operation *user : life.names[i].getUsers()) {
      life.names.insert_range(aliasesMadeBy(user));
      if (isa<ViewLikeOpInterface>(user))
        continue;
      int64_t position = positions.lookup(block.findAncestorOpInBlock(*user));
      life.first = std::min(life.first, position);
      life.last = std::max(life.last, position);
    }
  return life;
}
