//===- KernelConstants.cpp - Weights as kernels read them -----------------===//

#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "mlir/IR/IRMapping.h"
#include "passes/kernels/KernelBuilder.h"
#include "passes/precision/FactorType.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Whether a symbolic size is part of the operation: which row of a constant an
/// iteration reads is no constant.
static bool dependsOnSizes(Operation *op) {
  return op->getAttrDictionary()
      .walk([](xf::DimAttr dim) {
        return xf::Dim(dim).getConstant() ? WalkResult::advance()
                                          : WalkResult::interrupt();
      })
      .wasInterrupted();
}

bool KernelBuilder::isConstantExpression(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<RankedTensorType>(value.getType()))
    return false;
  if (isa<xf::Constant>(op))
    return true;
  // A broadcast would make the weights grow.
  return isa<xf::SymbolicShapeOpInterface>(op) && !isa<xf::Broadcast>(op) &&
         op->getNumOperands() > 0 &&
         cast<RankedTensorType>(value.getType()).hasStaticShape() &&
         !dependsOnSizes(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isConstantExpression(operand);
         });
}

static Value cloneExpression(OpBuilder &builder, Value value,
                             IRMapping &mapping) {
  if (Value done = mapping.lookupOrNull(value))
    return done;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneExpression(builder, operand, mapping);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

Value KernelBuilder::makeGlobal(
    ValueRange expressions, RankedTensorType type, StringRef key,
    llvm::function_ref<Value(OpBuilder &, ValueRange)> finish) {
  std::string &name = globals[key];
  Value expression = expressions.front();
  Location loc = expression.getLoc();
  if (name.empty()) {
    SymbolTable table(module);
    do
      name = "weight_" + std::to_string(globalCount++);
    while (table.lookup(name));
    // After the globals that are there: in order of use.
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    for (auto other : module.getOps<kernel::Global>())
      builder.setInsertionPointAfter(other);
    StringAttr source;
    if (auto constant = expression.getDefiningOp<xf::Constant>())
      source = constant.getNameAttr();
    auto global =
        kernel::Global::create(builder, loc, name, type, IntegerAttr(), source);
    builder.createBlock(&global.getInit());
    IRMapping mapping;
    SmallVector<Value> clones =
        llvm::map_to_vector(expressions, [&](Value part) {
          return cloneExpression(builder, part, mapping);
        });
    Value value = finish(builder, clones);
    kernel::Yield::create(builder, loc, value);
  }
  Value result = kernel::GetGlobal::create(rewriter, loc, type, name);
  shapes.setDims(result,
                 llvm::map_to_vector(type.getShape(), [&](int64_t size) {
                   return constant(size);
                 }));
  return result;
}

/// Expressions deeper than this are told apart by where they stand.
static constexpr int kKeyDepth = 6;

static void printKey(Value expression, raw_ostream &os, int depth = kKeyDepth) {
  if (auto constant = expression.getDefiningOp<xf::Constant>()) {
    os << constant.getValue().getAsOpaquePointer();
    return;
  }
  // Rounding comes last, after what several readers share.
  if (auto cast = expression.getDefiningOp<xf::Cast>()) {
    printKey(cast.getX(), os, depth);
    os << " as " << cast.getType().getElementType();
    return;
  }
  Operation *op = expression.getDefiningOp();
  if (depth == 0 || op->getNumRegions() > 0) {
    os << "expression " << expression.getAsOpaquePointer();
    return;
  }
  os << op->getName() << op->getAttrDictionary() << ' ' << expression.getType()
     << cast<OpResult>(expression).getResultNumber() << '(';
  for (Value operand : op->getOperands()) {
    printKey(operand, os, depth - 1);
    os << ' ';
  }
  os << ')';
}

/// Equal constants have equal keys.
static std::string keyOf(Value expression, StringRef form) {
  std::string key;
  llvm::raw_string_ostream os(key);
  printKey(expression, os);
  os << ' ' << form;
  return key;
}

Value KernelBuilder::tensor(Value value) {
  if (!isConstantExpression(value))
    return value;
  return makeGlobal(value, cast<RankedTensorType>(value.getType()),
                    keyOf(value, "plain"),
                    [](OpBuilder &, ValueRange x) { return x.front(); });
}

Value KernelBuilder::rounded(Location loc, Value value, Type type) {
  SmallVector<Dim> dims(shapes.getDims(value));
  if (!isConstantExpression(value))
    return map(loc, {{value, identityMap(dims.size())}}, dims, type,
               [](ImplicitLocOpBuilder &, ValueRange x) {
                 return SmallVector<Value>(x);
               });
  Value cast = xf::Cast::create(rewriter, loc, value, type);
  shapes.setDims(cast, dims);
  return cast;
}

static std::string keyOf(Value weight, kernel::PackedForm form) {
  std::string panels =
      llvm::formatv("panels {0} of {1}{2} in {3}", form.panel, form.interleave,
                    form.transposed ? " transposed" : "", form.groups);
  return keyOf(weight, panels);
}

kernel::PackedForm KernelBuilder::getPackedForm(Type weight, Type rows,
                                                bool transposed) const {
  // Processors' instructions sum products of four bytes, or of pairs of bf16.
  int64_t interleave = 1;
  if (weights.chunkBytes > 0)
    interleave = weights.chunkBytes / kernel::getElementBytes(weight);
  else if (weight.isBF16())
    interleave = kPair;
  else if (weight.isInteger(8) && rows.isInteger(8))
    interleave = kQuad;
  return {weights.panel, interleave, transposed};
}

bool KernelBuilder::isPacked(Value weight, kernel::PackedForm form) const {
  return globals.contains(keyOf(weight, form));
}

Value KernelBuilder::packedWeight(Value weight, kernel::PackedForm form) {
  RankedTensorType packed =
      kernel::getPackedType(cast<RankedTensorType>(weight.getType()), form);
  return makeGlobal(weight, packed, keyOf(weight, form),
                    [&](OpBuilder &builder, ValueRange x) -> Value {
                      return kernel::Pack::create(builder, weight.getLoc(),
                                                  packed, x.front(), form.panel,
                                                  form.interleave,
                                                  form.transposed, form.groups);
                    });
}

Value KernelBuilder::packedCodes(Value values, Value scales, Value zeros,
                                 kernel::CodesAttr codes, bool transposed) {
  auto type = cast<RankedTensorType>(values.getType());
  int64_t columns = transposed ? 0 : 1;
  RankedTensorType packed = kernel::getPackedCodesType(
      codes, type.getDimSize(1 - columns), type.getDimSize(columns),
      /*groups=*/1);
  SmallVector<Value> parts{values, scales};
  if (zeros)
    parts.push_back(zeros);
  std::string key;
  llvm::raw_string_ostream os(key);
  for (Value part : parts) {
    printKey(part, os);
    os << ' ';
  }
  os << codes << (transposed ? " transposed" : "");
  return makeGlobal(
      parts, packed, key, [&](OpBuilder &builder, ValueRange x) -> Value {
        return kernel::PackCodes::create(builder, values.getLoc(), packed, x[0],
                                         x[1], x.size() > 2 ? x[2] : Value(),
                                         codes, transposed);
      });
}
