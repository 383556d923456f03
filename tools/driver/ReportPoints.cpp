#include "tools/driver/ReportPoints.h"

#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/XfOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::Dim;

/// Caches and embeddings have at least this rank; ids and masks do not.
static constexpr size_t kStateRank = 3;

Signature::Signature(func::FuncOp main) {
  llvm::StringSet<> seen;
  auto forEachInput = [&](auto visit) {
    for (unsigned i = 0; i < main.getNumArguments(); ++i)
      if (auto dims = main.getArgAttrOfType<ArrayAttr>(i, "xf.dims"))
        if (!main.getArgAttr(i, "kernel.output"))
          visit(getElementTypeOrSelf(main.getArgumentTypes()[i]), dims);
  };
  forEachInput([&](Type element, ArrayAttr dims) {
    if (!tokens && !dims.empty() && element.isInteger() &&
        !element.isInteger(1))
      tokens = dims;
  });
  if (!tokens)
    return;
  for (xf::DimAttr dim : tokens.getAsRange<xf::DimAttr>())
    if (auto name = Dim(dim).getSymbol()) {
      seen.insert(*name);
      sequence = name->str();
    }
  forEachInput([&](Type, ArrayAttr dims) {
    for (xf::DimAttr dim : dims.getAsRange<xf::DimAttr>())
      if (auto name = Dim(dim).getSymbol(); name && seen.insert(*name).second)
        (dims.size() >= kStateRank ? pasts : rest).push_back(name->str());
  });
}

/// "NAME=N,NAME=N".
static FailureOr<Point> parsePoint(ModuleOp module, StringRef text) {
  Point point;
  point.name = text.str();
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    auto [name, value] = part.split('=');
    int64_t size = 0;
    if (value.getAsInteger(10, size) || size < 0)
      return module.emitError("point '")
             << text << "': expected NAME=N,NAME=N, found '" << part << "'";
    if (!module.lookupSymbol<xf::Symbol>(name))
      return module.emitError("point '")
             << text << "': the model has no symbolic dim '" << name << "'";
    point.sizes[name.str()] = size;
  }
  return point;
}

static SmallVector<Point> suggestPoints(ModuleOp module, int64_t context) {
  Signature signature(module.lookupSymbol<func::FuncOp>("main"));
  if (auto symbol = module.lookupSymbol<xf::Symbol>(signature.sequence))
    context = std::min<int64_t>(context, symbol.getMax());
  auto make = [&](StringRef name, int64_t sequence) {
    Point point;
    point.name = name.str();
    if (!signature.sequence.empty())
      point.sizes[signature.sequence] = sequence;
    for (const std::string &past : signature.pasts)
      point.sizes[past] = context - sequence;
    for (const std::string &covering : signature.rest)
      point.sizes[covering] = context;
    return point;
  };
  if (signature.pasts.empty())
    return {make("forward", context)};
  return {make("prefill", context), make("decode", 1)};
}

/// Gives symbols that a point leaves out a size, as near as they allow.
static LogicalResult fill(ModuleOp module, Point &point, int64_t size) {
  for (auto symbol : module.getOps<xf::Symbol>()) {
    int64_t min = symbol.getMin(), max = symbol.getMax();
    auto [it, isNew] = point.sizes.try_emplace(
        symbol.getSymName().str(), std::clamp<int64_t>(size, min, max));
    if (it->second < min || it->second > max)
      return module.emitError("point '")
             << point.name << "': '" << it->first << "' is " << it->second
             << ", expected " << min << " to " << max;
  }
  // What only the run tells is looked at as small.
  for (auto computed : module.getOps<xf::ComputedSize>())
    point.sizes.try_emplace(
        computed.getSymName().str(),
        std::clamp<int64_t>(1, computed.getMin(), computed.getMax()));
  return success();
}

static std::optional<int64_t> valueAt(const Point &point, Dim dim) {
  return dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
    auto it = point.sizes.find(name.str());
    return it == point.sizes.end() ? std::nullopt : std::optional(it->second);
  });
}

/// The first equation of the model that does not hold; null if all do.
static xf::Require findConflict(ModuleOp module, const Point &point) {
  for (auto require : module.getOps<xf::Require>()) {
    auto lhs = valueAt(point, Dim(require.getLhs())),
         rhs = valueAt(point, Dim(require.getRhs()));
    if (lhs && rhs && *lhs != *rhs)
      return require;
  }
  return {};
}

/// Symbols that a point leaves out are as small as they may be, but not 0.
static LogicalResult complete(ModuleOp module, Point &point) {
  // Some models halve and double sizes and expect the same again.
  static constexpr int64_t kSizes[] = {1, 2, 4, 8, 16, 32, 64};
  for (int64_t size : kSizes) {
    Point filled = point;
    if (failed(fill(module, filled, size)))
      return failure();
    if (!findConflict(module, filled)) {
      point = std::move(filled);
      return success();
    }
  }
  if (failed(fill(module, point, kSizes[0])))
    return failure();
  xf::Require require = findConflict(module, point);
  Dim lhs(require.getLhs()), rhs(require.getRhs());
  return module.emitError("point '")
         << point.name << "': " << require.getWhat() << ": " << lhs.str()
         << " is " << *valueAt(point, lhs) << " and " << rhs.str() << " is "
         << *valueAt(point, rhs) << ", expected equal sizes";
}

FailureOr<SmallVector<Point>>
hagane::driver::choosePoints(ModuleOp module, const CompileOptions &options) {
  SmallVector<Point> points;
  for (const std::string &text : options.points) {
    FailureOr<Point> point = parsePoint(module, text);
    if (failed(point))
      return failure();
    points.push_back(std::move(*point));
  }
  if (points.empty())
    points = suggestPoints(module, options.context);
  for (Point &point : points)
    if (failed(complete(module, point)))
      return failure();
  return points;
}
