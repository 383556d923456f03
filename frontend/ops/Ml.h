// Classes and scores, shared by the classifiers of ai.onnx.ml.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// Numbers as a constant of `type`.
mlir::Value realTable(NodeConverter &n, llvm::ArrayRef<double> values,
                      llvm::ArrayRef<int64_t> shape, mlir::Type type);

/// The elements of a tensor attribute.
std::optional<llvm::SmallVector<double>> tensorReals(NodeConverter &n,
                                                     llvm::StringRef name);
/// The numbers of attribute `name`, or of `name`_as_tensor.
std::optional<llvm::SmallVector<double>> readReals(NodeConverter &n,
                                                   const llvm::Twine &name);

/// The names of a classifier's classes.
struct ClassLabels {
  llvm::SmallVector<int64_t> integers;
  size_t count = 0;
  bool areStrings = false;
};

/// Reads the labels from one of two attributes; an error if both are missing,
/// or if there are strings and something reads output 0, the label.
std::optional<ClassLabels> readLabels(NodeConverter &n, llvm::StringRef ints,
                                      llvm::StringRef strings);

/// The labels at these positions; null where they are strings, which nobody
/// reads.
mlir::Value labelsAt(NodeConverter &n, mlir::Value positions,
                     const ClassLabels &labels);
/// The second label where `isPositive` holds, else the first; 1 and 0 where
/// there are not two.
mlir::Value chooseLabel(NodeConverter &n, mlir::Value isPositive,
                        const ClassLabels &labels);

/// Scores [rows, classes] after the attribute 'post_transform'.
mlir::Value transformScores(NodeConverter &n, mlir::Value scores);

/// A single score [rows, 1] as those of two classes, [1 - s, s] or, with
/// `isSigned`, [-s, s]; after the attribute 'post_transform', which matters if
/// it is LOGISTIC.
mlir::Value spreadScore(NodeConverter &n, mlir::Value score, bool isSigned);

} // namespace hagane::frontend
