// What a compiled model needs: parameters, memory, work, and the time that a
// machine's limits allow.
#pragma once

#include "dialects/xf/Dim.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Machines.h"
#include "tools/driver/Rounding.h"
#include "tools/hagane/CompileOptions.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace hagane::driver {

/// What kernels of one kind cost together.
struct Cost {
  int64_t count = 0;
  double flops = 0, bytes = 0, seconds = 0;
};

/// A kernel without a better form than a loop nest written out.
struct Fallback {
  std::string nodes; // of ONNX
  double seconds = 0;
};

/// The model at some sizes.
struct Point {
  std::string name;
  std::map<std::string, int64_t> sizes; // of symbols
  int64_t units = 0;                    // tokens, or items
  int64_t memory = 0, arena = 0, inputs = 0, outputs = 0, scratch = 0;
  Cost total;
  bool isMemoryBound = false;
  std::map<std::string, Cost> kinds;
  std::vector<Fallback> fallbacks;
};

/// A model, in terms of its symbols.
struct Report {
  std::string model;
  int64_t parameters = 0;
  int64_t weightBytes = 0;
  std::map<std::string, int64_t> bytesByType;
  xf::Dim arena, inputs, outputs, memory, flops, bytes;
  xf::Dim units; // of work: tokens, or items where there are none
  bool hasTokens = false;
  Machine machine;
  llvm::SmallVector<Point> points;
  std::optional<Rounding> rounding; // where the user asked for it
};

/// Reports on a module as the bufferize phase leaves it, at the points that the
/// options name, or those that its signature suggests. Fails with a diagnostic.
llvm::FailureOr<Report> makeReport(mlir::ModuleOp module,
                                   const CompileOptions &options);

/// As text, or as one JSON object.
void printText(const Report &report, llvm::raw_ostream &stream);
void printJson(const Report &report, llvm::raw_ostream &stream);

} // namespace hagane::driver
