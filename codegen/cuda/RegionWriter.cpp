//===- RegionWriter.cpp - Scalar operations as statements -----------------===//

#include "codegen/cuda/RegionWriter.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

FailureOr<Texts> RegionWriter::write(Region &region,
                                     ArrayRef<std::string> arguments) {
  Block &block = region.front();
  for (auto [argument, name] : llvm::zip(block.getArguments(), arguments))
    names[argument] = name;
  if (failed(writeBlock(block)))
    return failure();
  return namesOf(block.getTerminator()->getOperands());
}

LogicalResult RegionWriter::writeBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(write(&op)))
      return failure();
  return success();
}

Texts RegionWriter::namesOf(ValueRange values) {
  return llvm::map_to_vector(values, [&](Value value) { return names[value]; });
}

void RegionWriter::define(Value value, const std::string &expression) {
  std::string name = w.unique("t");
  w.line(formatv("const {0} {1} = {2};", w.typeName(value.getType()), name,
                 expression));
  names[value] = name;
}

LogicalResult RegionWriter::write(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](arith::ConstantOp constant) {
        writeConstant(constant);
        return success();
      })
      .Case([&](kernel::Index index) {
        const std::string &place = dims[index.getDimension()];
        bool isSum = StringRef(place).contains(' ');
        names[index.getY()] = isSum ? "(" + place + ")" : place;
        return success();
      })
      .Case([&](kernel::Position position) {
        writePosition(position);
        return success();
      })
      .Case([&](UnrealizedConversionCastOp cast) {
        // Memory keeps signs of integers in types; arithmetic does not.
        define(cast.getResult(0),
               formatv("{0}({1})", w.typeName(cast.getType(0)),
                       nameOf(cast.getOperand(0))));
        return success();
      })
      .Case([&](memref::CastOp) { return success(); })
      .Case([&](memref::DimOp dim) {
        define(dim, w.size(dim.getSource(), *dim.getConstantIndex()));
        return success();
      })
      .Case([&](memref::LoadOp load) {
        define(load, w.element(load.getMemRef(), namesOf(load.getIndices())));
        return success();
      })
      .Case([&](memref::StoreOp store) {
        w.line(
            formatv("{0} = {1};",
                    w.element(store.getMemRef(), namesOf(store.getIndices())),
                    nameOf(store.getValueToStore())));
        return success();
      })
      .Case([&](memref::ExtractAlignedPointerAsIndexOp address) {
        define(address, formatv("reinterpret_cast<int64_t>({0})",
                                w.pointer(address.getSource())));
        return success();
      })
      .Case([&](scf::IfOp branch) { return writeIf(branch); })
      .Case([&](scf::ForOp loop) { return writeFor(loop); })
      .Case([&](scf::WhileOp loop) { return writeWhile(loop); })
      .Default([&](Operation *other) { return writeArithmetic(other); });
}

//===-- Scalars -----------------------------------------------------------===//

static std::string textOf(const APFloat &value, StringRef type) {
  llvm::SmallString<32> digits;
  if (!value.isFinite()) {
    bool isDouble = type == "double";
    APFloat wide = value;
    bool losesInfo;
    wide.convert(isDouble ? APFloat::IEEEdouble() : APFloat::IEEEsingle(),
                 APFloat::rmNearestTiesToEven, &losesInfo);
    std::string bits =
        formatv("bitCast<{0}>({1}({2:x}u))", isDouble ? "double" : "float",
                isDouble ? "uint64_t" : "uint32_t",
                wide.bitcastToAPInt().getZExtValue());
    return type == "double" || type == "float"
               ? bits
               : formatv("{0}({1})", type, bits);
  }
  value.toString(digits, /*FormatPrecision=*/0, /*FormatMaxPadding=*/3);
  if (digits.find('.') == StringRef::npos &&
      digits.find('E') == StringRef::npos)
    digits += ".0";
  if (type != "double")
    digits += "f";
  if (type == "double" || type == "float")
    return value.isNegative() ? formatv("({0})", digits).str()
                              : digits.str().str();
  return formatv("{0}({1})", type, digits);
}

void RegionWriter::writeConstant(arith::ConstantOp op) {
  std::string type = w.typeName(op.getType());
  std::string &name = names[op.getResult()];
  if (auto value = dyn_cast<FloatAttr>(op.getValue())) {
    name = textOf(value.getValue(), type);
    return;
  }
  APInt value = cast<IntegerAttr>(op.getValue()).getValue();
  if (op.getType().isInteger(1))
    name = value.isZero() ? "false" : "true";
  else if (value.isMinSignedValue())
    name = formatv("Limits<{0}>::lowest()", type);
  else if (value.isNegative() || !op.getType().isIndex())
    name = formatv("{0}({1})", type, value.getSExtValue());
  else
    name = formatv("{0}", value.getSExtValue());
}

void RegionWriter::writePosition(kernel::Position op) {
  define(op.getY(),
         formatv("findPosition<{0}>({1}, {2}, args.report, args.check)",
                 op.getFromStart() ? "false" : "true", nameOf(op.getAt()),
                 nameOf(op.getSize())));
}

static std::string unsignedName(KernelWriter &w, Type type) {
  if (type.isIndex())
    return "uint64_t";
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() == 1)
    return w.typeName(type);
  return w.typeName(IntegerType::get(type.getContext(), integer.getWidth(),
                                     IntegerType::Unsigned));
}

static bool isSmallFloat(Type type) {
  auto number = dyn_cast<FloatType>(type);
  return number && number.getWidth() < 32;
}

/// A format with what stands in its braces: {0} to {2}, {t}, {s}, {u}, {v}.
static std::string fill(StringRef format, ArrayRef<std::string> operands,
                        const llvm::StringMap<std::string> &types) {
  std::string text;
  while (!format.empty()) {
    auto [before, rest] = format.split('{');
    text += before;
    auto [key, after] = rest.split('}');
    unsigned number;
    if (!key.empty())
      text +=
          key.getAsInteger(10, number) ? types.lookup(key) : operands[number];
    format = after;
  }
  return text;
}

LogicalResult RegionWriter::writeArithmetic(Operation *op) {
  StringRef format = findFormat(op);
  if (format.empty() || op->getNumResults() != 1)
    return op->emitOpError("has no form in CUDA C++ inside of a kernel");
  Type result = op->getResult(0).getType(), first = op->getOperand(0).getType();
  // Numbers of 16 bits and fewer compute as floats.
  bool isConversion = isa<CastOpInterface>(op);
  Texts operands = namesOf(op->getOperands());
  for (auto [name, operand] : llvm::zip_equal(operands, op->getOperands()))
    if (isSmallFloat(operand.getType()) && !isa<arith::BitcastOp>(op) &&
        !isa<arith::SelectOp>(op))
      name = "float(" + name + ")";
  bool rounds =
      isSmallFloat(result) && !isConversion && !isa<arith::SelectOp>(op);
  llvm::StringMap<std::string> types{
      {"t", rounds ? "float" : w.typeName(result)},
      {"s", isSmallFloat(first) ? "float" : w.typeName(first)},
      {"u", unsignedName(w, result)},
      {"v", unsignedName(w, first)}};
  std::string text = fill(format, operands, types);
  if (rounds)
    text = w.typeName(result) + "(" + text + ")";
  define(op->getResult(0), text);
  return success();
}

//===-- Branches and loops ------------------------------------------------===//

Texts RegionWriter::declare(ValueRange results) {
  Texts variables;
  for (Value result : results) {
    std::string name = w.unique("t");
    w.line(formatv("{0} {1};", w.typeName(result.getType()), name));
    names[result] = name;
    variables.push_back(name);
  }
  return variables;
}

void RegionWriter::assign(ArrayRef<std::string> targets, ValueRange values) {
  Texts sources = namesOf(values);
  // All are read before any is written.
  bool waits = targets.size() > 1 &&
               llvm::any_of(sources, [&](const std::string &source) {
                 return llvm::is_contained(targets, source);
               });
  if (waits)
    for (auto [source, value] : llvm::zip_equal(sources, values)) {
      std::string name = w.unique("next");
      w.line(formatv("const {0} {1} = {2};", w.typeName(value.getType()), name,
                     source));
      source = name;
    }
  for (auto [target, source] : llvm::zip_equal(targets, sources))
    if (target != source)
      w.line(formatv("{0} = {1};", target, source));
}

LogicalResult RegionWriter::writeIf(scf::IfOp op) {
  Texts results = declare(op.getResults());
  w.open(formatv("if ({0})", nameOf(op.getCondition())));
  if (failed(writeBlock(*op.thenBlock())))
    return failure();
  assign(results, op.thenYield().getOperands());
  if (op.elseBlock()) {
    w.close(" else {");
    if (failed(writeBlock(*op.elseBlock())))
      return failure();
    assign(results, op.elseYield().getOperands());
  }
  w.close();
  return success();
}

LogicalResult RegionWriter::writeFor(scf::ForOp op) {
  Texts carried = declare(op.getResults());
  assign(carried, op.getInitArgs());
  for (auto [argument, name] : llvm::zip_equal(op.getRegionIterArgs(), carried))
    names[argument] = name;
  std::string at = w.unique("i");
  names[op.getInductionVar()] = at;
  std::string type = w.typeName(op.getInductionVar().getType());
  w.open(formatv("for ({0} {1} = {2}; {1} < {3}; {1} += {4})", type, at,
                 nameOf(op.getLowerBound()), nameOf(op.getUpperBound()),
                 nameOf(op.getStep())));
  if (failed(writeBlock(*op.getBody())))
    return failure();
  assign(carried, op.getBody()->getTerminator()->getOperands());
  w.close();
  return success();
}

LogicalResult RegionWriter::writeWhile(scf::WhileOp op) {
  Texts results = declare(op.getResults());
  Texts carried;
  for (auto [argument, initial] :
       llvm::zip_equal(op.getBeforeArguments(), op.getInits())) {
    std::string name = w.unique("t");
    w.line(formatv("{0} {1} = {2};", w.typeName(argument.getType()), name,
                   nameOf(initial)));
    names[argument] = name;
    carried.push_back(name);
  }
  w.open("for (;;)");
  if (failed(writeBlock(*op.getBeforeBody())))
    return failure();
  assign(results, op.getConditionOp().getArgs());
  w.line(formatv("if (!{0})\n  break;",
                 nameOf(op.getConditionOp().getCondition())));
  for (auto [argument, name] : llvm::zip_equal(op.getAfterArguments(), results))
    names[argument] = name;
  if (failed(writeBlock(*op.getAfterBody())))
    return failure();
  assign(carried, op.getYieldOp().getOperands());
  w.close();
  return success();
}

} // namespace hagane::cuda
