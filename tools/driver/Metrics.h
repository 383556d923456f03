// How far outputs are from what they should be.
#pragma once

#include "dialects/xf/eval/HostTensor.h"
#include "tools/hagane/QuantizeReport.h"

namespace hagane::driver {

/// Tokens of a text that logits are about, and which of them count.
struct Text {
  const xf::eval::HostTensor *tokens = nullptr;
  const xf::eval::HostTensor *mask = nullptr; // null: all
};

/// Gathers one output of runs.
class ErrorMeter {
public:
  ErrorMeter(std::string name, bool isLogits);

  /// Of one run. `text` may be that of another shape, which tells nothing.
  void add(const xf::eval::HostTensor &want, const xf::eval::HostTensor &got,
           Text text = {});
  OutputError get() const;

private:
  void addRow(llvm::ArrayRef<double> want, llvm::ArrayRef<double> got);
  void addLogits(llvm::ArrayRef<double> want, llvm::ArrayRef<double> got,
                 int64_t next);

  OutputError error;      // sums, until `get` divides
  int64_t directions = 0; // rows that have one
  double noise = 0, signal = 0;
};

} // namespace hagane::driver
