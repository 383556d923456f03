//===- KernelWriter.cpp - Text of one CUDA kernel -------------------------===//

#include "codegen/cuda/KernelWriter.h"
#include "codegen/cuda/RegionWriter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

/// Registers of a multiprocessor's partition that one block may take.
static constexpr int64_t kRegisters = 65536, kMostRegisters = 255;

KernelWriter::KernelWriter(func::FuncOp function, kernel::KernelOpInterface op,
                           const Target &target)
    : function(function), op(op), target(target) {
  for (StringRef header : {"arithmetic.cuh", "elements.cuh", "entry.cuh"})
    include(header);
  nameArguments(op);
}

//===-- Lines -------------------------------------------------------------===//

void KernelWriter::line(const Twine &twine) {
  std::string lines = twine.str();
  for (StringRef one : llvm::split(lines, '\n')) {
    if (!one.empty())
      text.append(2 * depth, ' ');
    text += one;
    text += '\n';
  }
}

void KernelWriter::open(const Twine &head) {
  line(head + " {");
  ++depth;
}

void KernelWriter::close(const Twine &tail) {
  --depth;
  std::string end = tail.str();
  line("}" + end);
  depth += StringRef(end).ends_with("{");
}

std::string KernelWriter::unique(StringRef name) {
  unsigned count = used[name]++;
  return count ? (name + "_" + Twine(count)).str() : name.str();
}

void KernelWriter::openKernel(int64_t threads) {
  source.threads = threads;
  source.registers = std::min(kRegisters / threads, kMostRegisters);
  line("struct Arguments {");
  text += fields;
  line("  std::byte *scratch;\n};\n");
  line(formatv("extern \"C\" __global__ void __launch_bounds__({0})", threads));
  open(formatv("{0}(const __grid_constant__ Arguments args)",
               function.getName()));
}

void KernelWriter::closeKernel() {
  close();
  line(formatv("HAGANE_ENTRY({0}, Arguments)", function.getName()));
}

//===-- What the source needs ---------------------------------------------===//

void KernelWriter::include(StringRef header) {
  if (!llvm::is_contained(headers, header))
    headers.push_back(header.str());
}

void KernelWriter::useShared(int64_t bytes) { source.sharedBytes = bytes; }

void KernelWriter::promise(StringRef instruction) {
  source.promises.push_back(instruction.str());
}

KernelSource KernelWriter::take(std::string head) {
  llvm::sort(headers);
  source.name = function.getName().str();
  source.text = std::move(head);
  for (const std::string &header : headers)
    source.text += formatv("#include \"hagane/cuda/{0}\"\n", header);
  source.text += "\nusing namespace hagane::cuda;\n\n" + text;
  return std::move(source);
}

//===-- Operands ----------------------------------------------------------===//

std::string KernelWriter::typeName(Type type) const {
  if (type.isIndex())
    return "int64_t";
  if (type.isInteger(1))
    return "bool";
  if (auto integer = dyn_cast<IntegerType>(type))
    return formatv("{0}int{1}_t", integer.isUnsigned() ? "u" : "",
                   llvm::PowerOf2Ceil(std::max(integer.getWidth(), 8u)));
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (isa<Float8E4M3FNType>(type))
    return "f8e4m3";
  if (isa<Float8E5M2Type>(type))
    return "f8e5m2";
  return type.isBF16() ? "bf16" : "f16";
}

namespace {
/// How a kind's operands are called; those that follow are in0, in1, ...
struct NamesRow {
  StringLiteral kind;
  ArrayRef<StringLiteral> names;
};
} // namespace

static constexpr StringLiteral kProduct[] = {"a", "b"};
static constexpr StringLiteral kConvolution[] = {"x", "weight"};
static constexpr StringLiteral kAttention[] = {"q", "k", "v"};
static constexpr StringLiteral kGather[] = {"table", "indices"};
static constexpr StringLiteral kWindow[] = {"x"};
static constexpr StringLiteral kWrite[] = {"x", "starts", "past"};
static const NamesRow kNames[] = {
    {"gemm", kProduct},  {"conv", kConvolution}, {"attention", kAttention},
    {"gather", kGather}, {"window", kWindow},    {"write", kWrite}};

void KernelWriter::nameArguments(kernel::KernelOpInterface op) {
  names.resize(function.getNumArguments());
  const NamesRow *row = llvm::find_if(kNames, [&](const NamesRow &row) {
    return row.kind == op.getKernelKind();
  });
  ArrayRef<StringLiteral> known =
      row == std::end(kNames) ? ArrayRef<StringLiteral>() : row->names;
  auto outs = cast<DestinationStyleOpInterface>(*op).getDpsInits();
  unsigned firstOut = op->getNumOperands() - outs.size();
  auto nameOperand = [&](unsigned i) -> std::string {
    if (i >= firstOut)
      return formatv("out{0}", i - firstOut);
    if (i < known.size())
      return known[i].str();
    return formatv("in{0}", i - known.size());
  };
  // What is read and written is called what is written.
  for (unsigned i = op->getNumOperands(); i-- > 0;)
    if (auto argument = dyn_cast<BlockArgument>(op->getOperand(i)))
      if (names[argument.getArgNumber()].empty())
        names[argument.getArgNumber()] = nameOperand(i);
  for (unsigned i = 0; i + 3 < names.size(); ++i) {
    bool isCheck = function.getArgument(i).getType().isIndex();
    if (names[i].empty())
      names[i] = isCheck                               ? "check"
                 : function->hasAttr("kernel.reports") ? "report"
                                                       : unique("unused");
    addFields(i, names[i]);
  }
}

/// The words that the host stores for an argument, in their order.
void KernelWriter::addFields(unsigned number, StringRef name) {
  auto type = dyn_cast<MemRefType>(function.getArgument(number).getType());
  if (!type) {
    fields += formatv("  int64_t {0};\n", name);
    return;
  }
  bool isWritable =
      name.starts_with("out") || name == "report" || name.starts_with("state");
  fields += formatv("  {0}{1} *{2};\n", isWritable ? "" : "const ",
                    typeName(type.getElementType()), name);
  auto [strides, offset] = type.getStridesAndOffset();
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      fields += formatv("  int64_t {0}_size{1};\n", name, axis);
  if (type.getLayout().isIdentity())
    return;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (ShapedType::isDynamic(strides[axis]))
      fields += formatv("  int64_t {0}_stride{1};\n", name, axis);
}

void KernelWriter::bind(Value argument, Value memref) {
  bound[argument] = memref;
}

Value KernelWriter::resolve(Value memref) const {
  for (;;) {
    auto found = bound.find(memref);
    if (found != bound.end())
      memref = found->second;
    else if (auto cast = memref.getDefiningOp<memref::CastOp>())
      memref = cast.getSource();
    else
      return memref;
  }
}

StringRef KernelWriter::nameOf(Value memref) const {
  return names[cast<BlockArgument>(resolve(memref)).getArgNumber()];
}

static MemRefType typeOf(Value memref) {
  return cast<MemRefType>(memref.getType());
}

bool KernelWriter::isWritten(Value memref) const {
  return nameOf(memref).starts_with("out");
}

std::string KernelWriter::pointer(Value memref) const {
  int64_t offset = typeOf(resolve(memref)).getStridesAndOffset().second;
  StringRef name = nameOf(memref);
  // The host adds one that is not part of the type.
  if (offset == 0 || ShapedType::isDynamic(offset))
    return formatv("args.{0}", name);
  return formatv("(args.{0} + {1})", name, offset);
}

std::string KernelWriter::size(Value memref, int64_t axis) const {
  MemRefType type = typeOf(resolve(memref));
  if (!type.isDynamicDim(axis))
    return std::to_string(type.getDimSize(axis));
  return formatv("args.{0}_size{1}", nameOf(memref), axis);
}

std::string KernelWriter::stride(Value memref, int64_t axis) const {
  MemRefType type = typeOf(resolve(memref));
  int64_t known = type.getStridesAndOffset().first[axis];
  if (!ShapedType::isDynamic(known))
    return std::to_string(known);
  if (!type.getLayout().isIdentity())
    return formatv("args.{0}_stride{1}", nameOf(memref), axis);
  Texts sizes;
  for (int64_t inner = axis + 1; inner < type.getRank(); ++inner)
    sizes.push_back(size(memref, inner));
  return sizes.size() == 1 ? sizes[0] : "(" + llvm::join(sizes, " * ") + ")";
}

static bool isSimple(StringRef text) {
  return llvm::all_of(
      text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
}

std::string KernelWriter::element(Value memref,
                                  ArrayRef<std::string> at) const {
  Texts terms;
  for (auto [axis, index] : llvm::enumerate(at)) {
    std::string step = stride(memref, axis);
    if (index == "0" || step == "0")
      continue;
    std::string place = isSimple(index) ? index : "(" + index + ")";
    // All products are of 64 bits, as indices and sizes are.
    terms.push_back(step == "1" ? place : place + " * " + step);
  }
  return formatv("{0}[{1}]", pointer(memref),
                 terms.empty() ? "0" : llvm::join(terms, " + "));
}

std::string KernelWriter::load(Value memref, ArrayRef<std::string> at) const {
  Type type = typeOf(resolve(memref)).getElementType();
  return convert(element(memref, at), type, kernel::getComputeType(type));
}

std::string KernelWriter::convert(const std::string &value, Type from,
                                  Type to) const {
  if (typeName(from) == typeName(to))
    return value;
  return formatv("{0}({1})", typeName(to), value);
}

Texts KernelWriter::apply(AffineMap map, ArrayRef<std::string> dims) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return dims[dim.getPosition()];
    return std::to_string(cast<AffineConstantExpr>(expr).getValue());
  });
}

//===-- Numbers -----------------------------------------------------------===//

namespace {
/// Symbolic numbers as C++ over sizes of operands.
class NumberWriter {
public:
  NumberWriter(kernel::KernelOpInterface op, const KernelWriter &w)
      : op(op), w(w) {}

  /// Gives the size, or the sizes together, that a number is, or what it is
  /// made of.
  std::string write(const xf::DimNode &node) {
    using Kind = xf::DimNode::Kind;
    if (node.kind == Kind::Constant)
      return formatv("int64_t({0})", node.value);
    if (std::string sizes = findSizes(toDim(node)); !sizes.empty())
      return sizes;
    switch (node.kind) {
    case Kind::Sum:
      return "(" + join(node, " + ") + ")";
    case Kind::Product:
      return join(node, " * ");
    case Kind::FloorDiv:
      return "floorDivide<int64_t>(" + join(node, ", ") + ")";
    case Kind::CeilDiv:
      return "ceilDivide<int64_t>(" + join(node, ", ") + ")";
    case Kind::Mod:
      return "floorRemainder<int64_t>(" + join(node, ", ") + ")";
    case Kind::Min:
      return "smaller<int64_t>(" + join(node, ", ") + ")";
    case Kind::Max:
      return "larger<int64_t>(" + join(node, ", ") + ")";
    default:
      missing = node.symbol;
      return "0";
    }
  }

  /// A symbol that is no size.
  std::string missing;

private:
  std::string join(const xf::DimNode &node, StringRef separator) {
    return llvm::join(
        llvm::map_range(node.operands,
                        [&](const xf::DimNode &part) { return write(part); }),
        separator);
  }

  xf::Dim toDim(const xf::DimNode &node) {
    using Kind = xf::DimNode::Kind;
    if (node.kind == Kind::Constant)
      return xf::Dim::constant(op->getContext(), node.value);
    if (node.kind == Kind::Symbol)
      return xf::Dim::symbol(op->getContext(), node.symbol);
    xf::Dim dim = toDim(node.operands.front());
    for (const xf::DimNode &part : llvm::drop_begin(node.operands)) {
      xf::Dim next = toDim(part);
      dim = node.kind == Kind::Sum        ? dim + next
            : node.kind == Kind::Product  ? dim * next
            : node.kind == Kind::FloorDiv ? dim.floorDiv(next)
            : node.kind == Kind::CeilDiv  ? dim.ceilDiv(next)
            : node.kind == Kind::Mod      ? dim.mod(next)
            : node.kind == Kind::Min      ? dim.min(next)
                                          : dim.max(next);
    }
    return dim;
  }

  /// The axes of an operand, one or some that follow each other, whose sizes
  /// together are the number; empty if there are none.
  std::string findSizes(xf::Dim wanted) {
    for (unsigned i = 0; i < op->getNumOperands(); ++i) {
      SmallVector<xf::Dim> dims =
          kernel::detail::getOperandDims(op.getOperation(), i);
      for (size_t first = 0; first < dims.size(); ++first) {
        xf::Dim product = dims[first];
        Texts sizes;
        for (size_t axis = first; axis < dims.size(); ++axis) {
          product = axis == first ? product : product * dims[axis];
          sizes.push_back(w.size(op->getOperand(i), axis));
          if (product == wanted)
            return sizes.size() == 1 ? sizes[0]
                                     : "(" + llvm::join(sizes, " * ") + ")";
        }
      }
    }
    return "";
  }

  kernel::KernelOpInterface op;
  const KernelWriter &w;
};
} // namespace

FailureOr<std::string> KernelWriter::number(xf::Dim dim) {
  NumberWriter writer(op, *this);
  std::string text = writer.write(xf::getDimNode(dim));
  if (writer.missing.empty())
    return text;
  return op->emitError("needs the number ")
         << dim.str() << ", but no operand has an axis of size "
         << writer.missing;
}

//===-- Regions -----------------------------------------------------------===//

FailureOr<Texts> KernelWriter::region(Region &region,
                                      ArrayRef<std::string> arguments,
                                      ArrayRef<std::string> dims) {
  return RegionWriter(*this, dims).write(region, arguments);
}

} // namespace hagane::cuda
