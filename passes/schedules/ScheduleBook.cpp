//===- ScheduleBook.cpp - A schedule file in memory -----------------------===//

#include "passes/schedules/ScheduleBook.h"
#include "dialects/text/ReadText.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

FailureOr<ScheduleBook> ScheduleBook::read(StringRef path,
                                           MLIRContext *context) {
  ScheduleBook book;
  book.module = readModule(context, path);
  if (!book.module)
    return failure();
  for (Operation &op : *book.module->getBody())
    if (!isa<ScheduleFor>(op))
      return op.emitError("a schedule file holds kernel.schedule_for only, "
                          "found ")
             << op.getName();
  return book;
}

static bool fitsSize(Attribute wanted, xf::Dim size,
                     const xf::DimProver &prover) {
  if (auto number = dyn_cast<IntegerAttr>(wanted))
    return size.isConstant(number.getInt());
  if (auto dim = dyn_cast<xf::DimAttr>(wanted))
    return prover.isEqual(size, dim);
  auto range = cast<ArrayAttr>(wanted);
  xf::DimRange found = prover.getRange(size);
  return found.min >= cast<IntegerAttr>(range[0]).getInt() &&
         found.max <= cast<IntegerAttr>(range[1]).getInt();
}

static bool fitsLevel(StringRef pattern, StringRef level) {
  auto glob = llvm::GlobPattern::create(pattern);
  if (!glob) {
    llvm::consumeError(glob.takeError());
    return false;
  }
  return glob->match(level);
}

ScheduleFor ScheduleBook::find(Operation *kernel,
                               const TargetDescription &target,
                               const xf::DimProver &prover) const {
  StringRef kind = cast<KernelOpInterface>(kernel).getKernelKind();
  SmallVector<NamedSize> sizes = getNamedSizes(kernel);
  auto fits = [&](ScheduleFor line) {
    if (line.getKernel() != kind ||
        (line.getTypes() && *line.getTypes() != getElementTypes(kernel)) ||
        (line.getLevel() && !fitsLevel(*line.getLevel(), target.level)))
      return false;
    DictionaryAttr wanted = line.getSizesAttr();
    return !wanted || llvm::all_of(sizes, [&](const NamedSize &named) {
      Attribute size = wanted.get(named.name);
      return !size || fitsSize(size, named.size, prover);
    });
  };
  ModuleOp lines = *module;
  for (auto line : lines.getOps<ScheduleFor>())
    if (fits(line))
      return line;
  return {};
}
