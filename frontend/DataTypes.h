// ONNX's element types and value types in terms of MLIR's.
#pragma once

#include "frontend/Proto.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringRef.h"

namespace hagane::frontend {

/// The TensorProto field that holds values which are not raw.
enum class DataField { Int32, Int64, UInt64, Float, Double, String };

/// A row of the table of element types.
struct DataType {
  int id;               // TensorProto.DataType
  llvm::StringRef name; // in ONNX's text form
  DataField field;
  /// Null where the type has no counterpart.
  mlir::Type (*make)(mlir::Builder &);
};

/// The rows for an id or a name; null where there is none.
const DataType *findDataType(int id);
const DataType *findDataType(llvm::StringRef name);

/// The element type for an id; null where it is not supported.
mlir::Type elementType(mlir::MLIRContext *context, int id);

/// An id for messages: its name, or its number.
std::string dataTypeName(int id);

/// The type of a value and its dims as they are written in the model (null if
/// unranked).
struct ValueType {
  mlir::Type type;
  mlir::ArrayAttr dims;
};

/// `!onnx.unknown` for anything but a tensor of a supported element type.
/// Fails, with a diagnostic, on negative or overflowing dims.
mlir::FailureOr<ValueType> convertType(const proto::ValueInfoProto &info,
                                       mlir::Location loc);
mlir::FailureOr<ValueType> convertType(const proto::TypeProto &type,
                                       mlir::Location loc,
                                       llvm::StringRef valueName);

/// A tensor type of these dims. Fails, with a diagnostic that starts with
/// `subject`, on negative dims and on a size that does not fit 63 bits.
mlir::FailureOr<mlir::RankedTensorType> staticType(llvm::ArrayRef<int64_t> dims,
                                                   mlir::Type element,
                                                   mlir::Location loc,
                                                   llvm::StringRef subject);

} // namespace hagane::frontend
