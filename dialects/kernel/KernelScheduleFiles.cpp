//===- KernelScheduleFiles.cpp - What schedules are chosen by -------------===//

#include "dialects/kernel/KernelScheduleFiles.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelWindows.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

namespace {
/// The widest of all decides how many lanes there are.
constexpr unsigned kAllInputs = std::numeric_limits<unsigned>::max();

/// What schedule files say of one kind of kernel.
struct KindRow {
  StringLiteral kind;
  /// Leading operands whose element types are named.
  unsigned namedOperands;
  ArrayRef<StringLiteral> sizes;
  bool (*isSchedule)(Attribute);
};
} // namespace

static constexpr StringLiteral kGemmSizes[] = {"batch", "m", "n", "k",
                                               "groups"};
static constexpr StringLiteral kConvSizes[] = {"batch", "groups", "channels",
                                               "positions", "depth"};
static constexpr StringLiteral kAttentionSizes[] = {
    "batch", "heads", "kv_heads", "queries", "keys", "d", "e"};
static constexpr StringLiteral kLoopSizes[] = {"rows", "columns"};

template <typename... AttrTs> static bool isA(Attribute attr) {
  return isa<AttrTs...>(attr);
}

static const KindRow kKinds[] = {
    {"gemm", 2, kGemmSizes, isA<GemmScheduleAttr, CudaGemmAttr>},
    {"conv", 2, kConvSizes, isA<ConvScheduleAttr>},
    {"attention", 3, kAttentionSizes, isA<AttentionScheduleAttr>},
    {"rows", kAllInputs, kLoopSizes, isA<RowsScheduleAttr, CudaRowsAttr>},
    {"map", kAllInputs, kLoopSizes, isA<LoopScheduleAttr, CudaLoopAttr>},
    {"reduce", kAllInputs, kLoopSizes, isA<LoopScheduleAttr, CudaRowsAttr>},
    {"window", 1, kLoopSizes, isA<LoopScheduleAttr, CudaLoopAttr>},
    {"gather", 2, kLoopSizes, isA<LoopScheduleAttr, CudaLoopAttr>},
    {"write", 2, kLoopSizes, isA<LoopScheduleAttr, CudaLoopAttr>},
};

static const KindRow *findKind(StringRef kind) {
  const auto *row = llvm::find_if(
      kKinds, [&](const KindRow &row) { return row.kind == kind; });
  return row == std::end(kKinds) ? nullptr : row;
}

static StringRef kindOf(Operation *op) {
  return cast<KernelOpInterface>(op).getKernelKind();
}

bool kernel::hasSchedule(Operation *op) { return findKind(kindOf(op)); }

//===-- Sizes -------------------------------------------------------------===//

static SmallVector<Dim> sizesOf(Gemm op) {
  auto out = op.getOperandDims(op.getOutsMutable()[0].getOperandNumber());
  Dim batch = out.size() == 3 ? out[0] : getConstant(op, 1);
  return {batch, out[out.size() - 2], out.back(), op.getOperandDims(0).back(),
          getConstant(op, int64_t(op.getGroups()))};
}

static SmallVector<Dim> sizesOf(Conv op) {
  auto out = op.getOperandDims(op.getOutsMutable()[0].getOperandNumber());
  Dim groups = getConstant(op, int64_t(op.getGroups()));
  return {out[0], groups, out[1].floorDiv(groups), out[2],
          getConstant(op, getGroupDepth(op) * getWindowVolume(op.getWindow()))};
}

static SmallVector<Dim> sizesOf(Attention op) {
  AttentionSizes sizes = getAttentionSizes(op);
  return {sizes.batch, sizes.heads, sizes.kvHeads, sizes.queries,
          sizes.keys,  sizes.d,     sizes.e};
}

static SmallVector<Dim> rowsAndColumns(Operation *op, ArrayRef<Dim> dims) {
  if (dims.empty())
    return {getConstant(op, 1), getConstant(op, 1)};
  return {getProduct(op, dims.drop_back()), dims.back()};
}

static SmallVector<Dim> sizesOf(Rows op) {
  return rowsAndColumns(op, getIterationDims(op));
}

static SmallVector<Dim> sizesOf(Gather op) {
  auto table = op.getOperandDims(0);
  auto axes = ArrayRef(table);
  return {getProduct(op, axes.take_front(op.getAxis())) *
              getProduct(op, op.getOperandDims(1)),
          getProduct(op, axes.drop_front(op.getAxis() + 1))};
}

static SmallVector<Dim> sizesOf(Write op) {
  auto out = op.getOperandDims(op.getOutsMutable()[0].getOperandNumber());
  auto axes = ArrayRef(out);
  return {getProduct(op, axes.take_front(op.getAxis() + 1)),
          getProduct(op, axes.drop_front(op.getAxis() + 1))};
}

template <typename OpTy> static SmallVector<Dim> sizesOf(OpTy op) {
  return rowsAndColumns(
      op, op.getOperandDims(op.getOutsMutable()[0].getOperandNumber()));
}

SmallVector<NamedSize> kernel::getNamedSizes(Operation *op) {
  const KindRow *row = findKind(kindOf(op));
  if (!row)
    return {};
  SmallVector<Dim> sizes =
      llvm::TypeSwitch<Operation *, SmallVector<Dim>>(op)
          .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather,
                Write>([](auto kernel) { return sizesOf(kernel); });
  SmallVector<NamedSize> named;
  for (auto [name, size] : llvm::zip_equal(row->sizes, sizes))
    named.push_back({name, size});
  return named;
}

std::string kernel::getElementTypes(Operation *op) {
  const KindRow *row = findKind(kindOf(op));
  unsigned out = cast<DestinationStyleOpInterface>(op)
                     .getDpsInitsMutable()[0]
                     .getOperandNumber();
  auto element = [&](unsigned operand) {
    return cast<ShapedType>(op->getOperand(operand).getType()).getElementType();
  };
  std::string text;
  llvm::raw_string_ostream os(text);
  unsigned named = std::min(row ? row->namedOperands : 0, out);
  llvm::interleaveComma(llvm::seq(named), os,
                        [&](unsigned operand) { os << element(operand); });
  // A line that chooses parts is found before they are made.
  auto merged = op->getAttrOfType<TypeAttr>(kMergedTypeAttr);
  os << (named ? " -> " : "-> ") << (merged ? merged.getValue() : element(out));
  return text;
}

//===-- Rules -------------------------------------------------------------===//

static bool isSize(Attribute attr) {
  auto integer = dyn_cast<IntegerAttr>(attr);
  return integer && integer.getType().isInteger(64) && integer.getInt() >= 0;
}

static bool isRange(Attribute attr) {
  auto range = dyn_cast<ArrayAttr>(attr);
  return range && range.size() == 2 && llvm::all_of(range, isSize) &&
         cast<IntegerAttr>(range[0]).getInt() <=
             cast<IntegerAttr>(range[1]).getInt();
}

LogicalResult ScheduleFor::verify() {
  const KindRow *row = findKind(getKernel());
  if (!row) {
    auto error = emitOpError("(L1) expects one of ");
    llvm::interleaveComma(kKinds, error, [&](auto &row) { error << row.kind; });
    return error << ", got '" << getKernel() << "'";
  }
  for (NamedAttribute size :
       getSizesAttr() ? *getSizes() : DictionaryAttr::get(getContext())) {
    if (!llvm::is_contained(row->sizes, size.getName().getValue())) {
      auto error = emitOpError("(L2) expects sizes ");
      llvm::interleaveComma(row->sizes, error);
      return error << " of a " << getKernel() << ", got '"
                   << size.getName().getValue() << "'";
    }
    Attribute value = size.getValue();
    if (!isSize(value) && !isRange(value) && !isa<xf::DimAttr>(value))
      return emitOpError("(L2) expects size ")
             << size.getName().getValue()
             << " to be a number, a range [least, most] or #xf.dim<...>, got "
             << value;
  }
  if (!row->isSchedule(getSchedule()))
    return emitOpError("(L3) expects a schedule of a ")
           << getKernel() << ", got " << getSchedule();
  if (auto pattern = llvm::GlobPattern::create(getLevel().value_or("*"));
      !pattern)
    return emitOpError("(L4) expects a pattern of levels, got '")
           << *getLevel() << "': " << llvm::toString(pattern.takeError());
  return success();
}

#define GET_OP_CLASSES
#include "dialects/kernel/KernelScheduleFiles.cpp.inc"
