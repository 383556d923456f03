#include "tools/driver/Calibration.h"

#include "dialects/xf/NodeNames.h"
#include "dialects/xf/eval/Interpreter.h"
#include "passes/fusion/Match.h"
#include "passes/quantization/Passes.h"
#include "passes/quantization/Products.h"
#include "tools/driver/Execute.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::Dim;
using xf::eval::HostTensor;

/// Of the moments or inputs that one run returns.
static constexpr int64_t kRunBytes = int64_t(256) << 20;

/// From which moments can be told.
static constexpr int64_t kLeastRows = 32;

static func::FuncOp mainOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

/// The file, or the npz files of the folder.
static FailureOr<SmallVector<std::string>> listFiles(ModuleOp module,
                                                     const std::string &path) {
  if (!llvm::sys::fs::is_directory(path))
    return SmallVector<std::string>{path};
  SmallVector<std::string> files;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator at(path, code), end;
       at != end && !code; at.increment(code))
    if (llvm::sys::path::extension(at->path()) == ".npz")
      files.push_back(at->path());
  if (code)
    return module.emitError("cannot list '") << path << "': " << code.message();
  if (files.empty())
    return module.emitError("calibration data: found no .npz files in '")
           << path << "', expected at least one";
  llvm::sort(files);
  return files;
}

static FailureOr<Sample> readSample(ModuleOp module, const std::string &path) {
  BisectOptions options;
  options.inputs = path;
  Sample sample{path, {}, {}};
  std::string messages;
  {
    // Errors are told with the file that they are about.
    ScopedDiagnosticHandler collect(module.getContext(), [&](Diagnostic &it) {
      messages += (messages.empty() ? "" : "; ") + it.str();
      return success();
    });
    auto arguments = makeArguments(module, options);
    if (succeeded(arguments)) {
      sample.arguments = std::move(*arguments);
      auto symbols = xf::eval::bindSymbols(mainOf(module), sample.arguments);
      if (succeeded(symbols))
        sample.symbols = std::move(*symbols);
    }
  }
  if (!messages.empty())
    return module.emitError("calibration data '") << path << "': " << messages;
  return sample;
}

FailureOr<Calibration> Calibration::read(ModuleOp module,
                                         ArrayRef<std::string> paths) {
  Calibration calibration;
  for (const std::string &path : paths) {
    auto files = listFiles(module, path);
    if (failed(files))
      return failure();
    for (const std::string &file : *files) {
      FailureOr<Sample> sample = readSample(module, file);
      if (failed(sample))
        return failure();
      calibration.samples.push_back(std::move(*sample));
    }
  }
  return calibration;
}

//===----------------------------------------------------------------------===//
// Observation
//===----------------------------------------------------------------------===//

namespace {

/// A model that returns what its products see.
class Observer {
public:
  static FailureOr<Observer> make(ModuleOp fused,
                                  ObserveProductsPassOptions what,
                                  const cpu::Target &target,
                                  const PhaseOptions &options);
  /// Calls `visit` with each result of each sample, and the result's name.
  LogicalResult
  run(ArrayRef<Sample> samples,
      llvm::function_ref<void(const Sample &, StringRef, const HostTensor &)>
          visit) const;

private:
  OwningOpRef<ModuleOp> module;
  SmallVector<std::string> names; // of the results
  std::optional<Executable> executable;
};

} // namespace

FailureOr<Observer> Observer::make(ModuleOp fused,
                                   ObserveProductsPassOptions what,
                                   const cpu::Target &target,
                                   const PhaseOptions &options) {
  Observer observer;
  observer.module = fused.clone();
  PassManager pm(fused.getContext());
  pm.addPass(createObserveProductsPass(std::move(what)));
  buildPhase(pm, Phase::Kernels, target, options);
  if (failed(pm.run(*observer.module)))
    return failure();
  func::FuncOp main = mainOf(*observer.module);
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    observer.names.push_back(
        main.getResultAttrOfType<StringAttr>(i, "onnx.name").str());
  FailureOr<Executable> executable =
      Executable::compile(*observer.module, target);
  if (failed(executable))
    return failure();
  observer.executable = std::move(*executable);
  return observer;
}

LogicalResult Observer::run(
    ArrayRef<Sample> samples,
    llvm::function_ref<void(const Sample &, StringRef, const HostTensor &)>
        visit) const {
  for (const Sample &sample : samples) {
    auto results = executable->run(sample.arguments);
    if (failed(results))
      return failure();
    for (auto [name, result] : llvm::zip_equal(names, *results))
      visit(sample, name, result);
  }
  return success();
}

/// How an observation of more rows changes what is known of a channel.
static double widenDown(double known, double more) {
  return std::min(known, more);
}
static double widenUp(double known, double more) {
  return std::max(known, more);
}
static double sum(double known, double more) { return known + more; }

namespace {
struct Statistic {
  llvm::StringLiteral name;
  std::vector<double> Observation::*values;
  double (*combine)(double known, double more);
};
} // namespace

static constexpr Statistic kStatistics[] = {
    {kLowest, &Observation::lowest, widenDown},
    {kHighest, &Observation::highest, widenUp},
    {kSquares, &Observation::squares, sum},
};

static void combine(std::vector<double> &known, const HostTensor &more,
                    double (*function)(double, double)) {
  bool isFirst = known.empty();
  known.resize(more.getCount());
  for (int64_t i = 0; i < more.getCount(); ++i)
    known[i] = isFirst ? more.getReal(i) : function(known[i], more.getReal(i));
}

/// Rows that a sample gives a product; 0 if its sizes do not tell.
static int64_t countRows(ArrayRef<Dim> dims, const Sample &sample) {
  int64_t rows = 1;
  for (Dim dim : dims.drop_back())
    rows *= dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
                 auto found = sample.symbols.find(name);
                 return found == sample.symbols.end()
                            ? std::nullopt
                            : std::optional(found->second);
               })
                .value_or(0);
  return rows;
}

FailureOr<std::vector<Observation>>
Calibration::observe(ModuleOp fused, const cpu::Target &target,
                     const PhaseOptions &options) const {
  SmallVector<xf::Linear> products = getWeightedProducts(mainOf(fused));
  std::vector<Observation> observations(products.size());
  fusion::Shapes shapes(fused);
  llvm::StringMap<std::pair<Observation *, const Statistic *>> places;
  for (auto [i, product] : llvm::enumerate(products)) {
    Observation &observation = observations[i];
    observation.nodes = xf::getNodeNames(product.getLoc());
    for (const Sample &sample : samples)
      observation.rows += countRows(shapes.getDims(product.getX()), sample);
    for (const Statistic &statistic : kStatistics)
      places[getObservationName(i, statistic.name)] = {&observation,
                                                       &statistic};
  }
  if (products.empty())
    return observations;
  FailureOr<Observer> observer = Observer::make(fused, {}, target, options);
  if (failed(observer) ||
      failed(observer->run(
          samples, [&](const Sample &, StringRef name, const HostTensor &more) {
            auto [observation, statistic] = places.lookup(name);
            combine(observation->*statistic->values, more, statistic->combine);
          })))
    return failure();
  return observations;
}

LogicalResult Calibration::visitMoments(ModuleOp fused,
                                        ArrayRef<size_t> products,
                                        const cpu::Target &target,
                                        const PhaseOptions &options,
                                        MomentsFn visit) const {
  SmallVector<xf::Linear> all = getWeightedProducts(mainOf(fused));
  while (!products.empty()) {
    int64_t bytes = 0;
    ArrayRef<size_t> group = products.take_while([&](size_t product) {
      int64_t channels = getChannels(all[product]);
      bytes += channels * channels * static_cast<int64_t>(sizeof(float));
      return product == products.front() || bytes <= kRunBytes;
    });
    products = products.drop_front(group.size());
    llvm::StringMap<std::vector<double>> sums;
    for (size_t product : group)
      sums[getObservationName(product, kMoments)];
    ObserveProductsPassOptions what;
    what.moments = llvm::to_vector_of<int64_t>(group);
    auto observer = Observer::make(fused, what, target, options);
    if (failed(observer) ||
        failed(observer->run(samples, [&](const Sample &, StringRef name,
                                          const HostTensor &more) {
          if (auto found = sums.find(name); found != sums.end())
            combine(found->second, more, sum);
        })))
      return failure();
    for (size_t product : group)
      if (failed(visit(product, sums[getObservationName(product, kMoments)])))
        return failure();
  }
  return success();
}

LogicalResult Calibration::visitInputs(ModuleOp fused,
                                       ArrayRef<size_t> products,
                                       const cpu::Target &target,
                                       const PhaseOptions &options,
                                       InputsFn visit) const {
  SmallVector<xf::Linear> all = getWeightedProducts(mainOf(fused));
  fusion::Shapes shapes(fused);
  auto countBytes = [&](size_t product) {
    int64_t rows = 0;
    for (const Sample &sample : samples)
      rows = std::max(rows,
                      countRows(shapes.getDims(all[product].getX()), sample));
    // Where sizes do not tell, a product is alone.
    return rows ? rows * getChannels(all[product]) *
                      static_cast<int64_t>(sizeof(float))
                : kRunBytes;
  };
  while (!products.empty()) {
    int64_t bytes = 0;
    ArrayRef<size_t> group = products.take_while([&](size_t product) {
      bytes += countBytes(product);
      return product == products.front() || bytes <= kRunBytes;
    });
    products = products.drop_front(group.size());
    ObserveProductsPassOptions what;
    what.inputs = llvm::to_vector_of<int64_t>(group);
    llvm::StringMap<size_t> places;
    for (size_t product : group)
      places[getObservationName(product, kInput)] = product;
    auto observer = Observer::make(fused, what, target, options);
    if (failed(observer) ||
        failed(observer->run(samples, [&](const Sample &, StringRef name,
                                          const HostTensor &input) {
          if (auto found = places.find(name); found != places.end())
            visit(found->second, input);
        })))
      return failure();
  }
  return success();
}

LogicalResult hagane::driver::checkRows(xf::Linear product,
                                        const Observation &observation) {
  if (observation.rows == 0 || observation.rows >= kLeastRows)
    return success();
  return product.emitError("calibration data gives this product ")
         << observation.rows << " rows, expected at least " << kLeastRows
         << " to quantize it by";
}

static FailureOr<HostTensor> makeVector(ModuleOp module,
                                        ArrayRef<double> values) {
  llvm::Expected<HostTensor> tensor =
      HostTensor::create(Float64Type::get(module.getContext()),
                         {static_cast<int64_t>(values.size())});
  if (!tensor)
    return module.emitError(llvm::toString(tensor.takeError()));
  for (auto [i, value] : llvm::enumerate(values))
    tensor->setReal(static_cast<int64_t>(i), value);
  return *tensor;
}

LogicalResult
hagane::driver::writeObservations(ModuleOp module, const std::string &path,
                                  ArrayRef<Observation> observations) {
  SmallVector<std::string> names;
  SmallVector<HostTensor> tensors;
  for (auto [i, observation] : llvm::enumerate(observations)) {
    names.push_back(getObservationName(i, "rows"));
    tensors.push_back(HostTensor::scalar(
        IntegerType::get(module.getContext(), 64), observation.rows));
    for (const Statistic &statistic : kStatistics) {
      auto vector = makeVector(module, observation.*statistic.values);
      if (failed(vector))
        return failure();
      names.push_back(getObservationName(i, statistic.name));
      tensors.push_back(std::move(*vector));
    }
  }
  return writeTensors(module, path, names, tensors);
}
