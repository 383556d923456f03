//===- Arithmetic.cpp - Arithmetic operations as expressions --------------===//
//
// One row for each operation. Integers wrap as MLIR's do, which C++ leaves
// open: device/include/hagane/cuda/arithmetic.cuh. Indices never overflow.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/RegionWriter.h"

using namespace mlir;
using namespace hagane::cuda;

namespace {
struct FormatRow {
  StringLiteral name, format;
};
} // namespace

static constexpr FormatRow kFormats[] = {
    {"arith.addf", "{0} + {1}"},
    {"arith.subf", "{0} - {1}"},
    {"arith.mulf", "{0} * {1}"},
    {"arith.divf", "{0} / {1}"},
    {"arith.remf", "fmod({0}, {1})"},
    {"arith.negf", "-{0}"},
    {"arith.maximumf", "Max::of<{s}>({0}, {1})"},
    {"arith.minimumf", "Min::of<{s}>({0}, {1})"},
    {"arith.maxnumf", "fmax({0}, {1})"},
    {"arith.minnumf", "fmin({0}, {1})"},
    {"arith.addi", "addWrapping<{t}>({0}, {1})"},
    {"arith.subi", "subtractWrapping<{t}>({0}, {1})"},
    {"arith.muli", "multiplyWrapping<{t}>({0}, {1})"},
    {"arith.divsi", "{t}({0} / {1})"},
    {"arith.remsi", "{t}({0} % {1})"},
    {"arith.divui", "{t}({u}({0}) / {u}({1}))"},
    {"arith.remui", "{t}({u}({0}) % {u}({1}))"},
    {"arith.floordivsi", "floorDivide<{t}>({0}, {1})"},
    {"arith.ceildivsi", "ceilDivide<{t}>({0}, {1})"},
    {"arith.ceildivui", "{t}(ceilDivide<{u}>({u}({0}), {u}({1})))"},
    {"arith.andi", "{t}({0} & {1})"},
    {"arith.ori", "{t}({0} | {1})"},
    {"arith.xori", "{t}({0} ^ {1})"},
    {"arith.shli", "{t}({u}({0}) << {1})"},
    {"arith.shrui", "{t}({u}({0}) >> {1})"},
    {"arith.shrsi", "{t}({0} >> {1})"},
    {"arith.maxsi", "larger<{t}>({0}, {1})"},
    {"arith.minsi", "smaller<{t}>({0}, {1})"},
    {"arith.maxui", "{t}(larger<{u}>({u}({0}), {u}({1})))"},
    {"arith.minui", "{t}(smaller<{u}>({u}({0}), {u}({1})))"},
    {"arith.select", "{0} ? {1} : {2}"},
    {"arith.extf", "{t}({0})"},
    {"arith.truncf", "{t}({0})"},
    {"arith.sitofp", "{t}(toSigned({0}))"},
    {"arith.uitofp", "{t}({v}({0}))"},
    {"arith.fptosi", "{t}({0})"},
    {"arith.fptoui", "{t}({u}({0}))"},
    {"arith.extsi", "{t}(toSigned({0}))"},
    {"arith.extui", "{t}({v}({0}))"},
    {"arith.trunci", "truncateTo<{t}>({0})"},
    {"arith.index_cast", "{t}({0})"},
    {"arith.index_castui", "{t}({v}({0}))"},
    {"arith.bitcast", "bitCast<{t}>({0})"},
    {"math.absf", "fabs({0})"},
    {"math.absi", "larger<{t}>({0}, subtractWrapping<{t}>(0, {0}))"},
    {"math.acos", "acos({0})"},
    {"math.acosh", "acosh({0})"},
    {"math.asin", "asin({0})"},
    {"math.asinh", "asinh({0})"},
    {"math.atan", "atan({0})"},
    {"math.atan2", "atan2({0}, {1})"},
    {"math.atanh", "atanh({0})"},
    {"math.ceil", "ceil({0})"},
    {"math.copysign", "copysign({0}, {1})"},
    {"math.cos", "cos({0})"},
    {"math.cosh", "cosh({0})"},
    {"math.erf", "erf({0})"},
    {"math.exp", "exp({0})"},
    {"math.exp2", "exp2({0})"},
    {"math.expm1", "expm1({0})"},
    {"math.floor", "floor({0})"},
    {"math.fma", "fma({0}, {1}, {2})"},
    {"math.log", "log({0})"},
    {"math.log10", "log10({0})"},
    {"math.log1p", "log1p({0})"},
    {"math.log2", "log2({0})"},
    {"math.powf", "pow({0}, {1})"},
    {"math.round", "round({0})"},
    {"math.roundeven", "rint({0})"},
    {"math.rsqrt", "{t}(1) / sqrt({0})"},
    {"math.sin", "sin({0})"},
    {"math.sinh", "sinh({0})"},
    {"math.sqrt", "sqrt({0})"},
    {"math.tan", "tan({0})"},
    {"math.tanh", "tanh({0})"},
    {"math.trunc", "trunc({0})"},
};

/// Operations on indices, whose overflow no kernel relies on.
static constexpr FormatRow kIndexFormats[] = {
    {"arith.addi", "{0} + {1}"},
    {"arith.subi", "{0} - {1}"},
    {"arith.muli", "{0} * {1}"},
    {"arith.divui", "{0} / {1}"},
    {"arith.remui", "{0} % {1}"},
    {"arith.ceildivui", "ceilDivide<{t}>({0}, {1})"},
};

static constexpr FormatRow kComparisons[] = {
    {"eq", "{0} == {1}"},           {"ne", "{0} != {1}"},
    {"slt", "{0} < {1}"},           {"sle", "{0} <= {1}"},
    {"sgt", "{0} > {1}"},           {"sge", "{0} >= {1}"},
    {"ult", "{v}({0}) < {v}({1})"}, {"ule", "{v}({0}) <= {v}({1})"},
    {"ugt", "{v}({0}) > {v}({1})"}, {"uge", "{v}({0}) >= {v}({1})"},
};

// Of floats: the u of an unordered comparison means that NaN makes it true.
static constexpr FormatRow kFloatComparisons[] = {
    {"false", "false"},
    {"true", "true"},
    {"oeq", "{0} == {1}"},
    {"ogt", "{0} > {1}"},
    {"oge", "{0} >= {1}"},
    {"olt", "{0} < {1}"},
    {"ole", "{0} <= {1}"},
    {"one", "({0} < {1} || {0} > {1})"},
    {"ord", "({0} == {0} && {1} == {1})"},
    {"ueq", "!({0} < {1} || {0} > {1})"},
    {"ugt", "!({0} <= {1})"},
    {"uge", "!({0} < {1})"},
    {"ult", "!({0} >= {1})"},
    {"ule", "!({0} > {1})"},
    {"une", "{0} != {1}"},
    {"uno", "({0} != {0} || {1} != {1})"},
};

static StringRef lookUp(ArrayRef<FormatRow> rows, StringRef name) {
  const FormatRow *row = llvm::find_if(
      rows, [&](const FormatRow &row) { return row.name == name; });
  return row == rows.end() ? StringRef() : StringRef(row->format);
}

StringRef hagane::cuda::findFormat(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return lookUp(kComparisons,
                  arith::stringifyCmpIPredicate(compare.getPredicate()));
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return lookUp(kFloatComparisons,
                  arith::stringifyCmpFPredicate(compare.getPredicate()));
  StringRef name = op->getName().getStringRef();
  if (op->getNumResults() == 1 && op->getResult(0).getType().isIndex())
    if (StringRef format = lookUp(kIndexFormats, name); !format.empty())
      return format;
  return lookUp(kFormats, name);
}
