// Turns ONNX tensors into attributes.
#pragma once

#include "frontend/ExternalData.h"
#include "frontend/Import.h"
#include "frontend/Proto.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringMap.h"

namespace hagane::frontend {

/// Reads the data of tensors wherever it is: in the model file, in fields of
/// the message, in an external file, or sparse. Every failure comes with a
/// diagnostic that starts with `subject`, such as `initializer "w"`.
class Weights {
public:
  Weights(mlir::MLIRContext *context, FileMapping model,
          llvm::StringRef modelPath, const ImportOptions &options)
      : context(context), model(std::move(model)), external(modelPath),
        options(options) {}

  /// `name` becomes the key of a resource, made unique.
  mlir::FailureOr<mlir::ElementsAttr> read(const proto::TensorProto &tensor,
                                           llvm::StringRef name,
                                           mlir::Location loc,
                                           llvm::StringRef subject);
  mlir::FailureOr<mlir::ElementsAttr>
  read(const proto::SparseTensorProto &sparse, llvm::StringRef name,
       mlir::Location loc, llvm::StringRef subject);

private:
  /// A tensor's bytes in the raw_data layout. `keeper` owns them; where it is
  /// null they are absent.
  struct Payload {
    mlir::RankedTensorType type;
    llvm::ArrayRef<char> bytes;
    std::shared_ptr<const void> keeper;
  };
  /// What a diagnostic says it is about.
  struct Subject {
    mlir::Location loc;
    llvm::StringRef text;
    mlir::InFlightDiagnostic error() const {
      return mlir::emitError(loc) << text << " ";
    }
  };

  mlir::FailureOr<Payload> load(const proto::TensorProto &tensor,
                                const Subject &subject);
  mlir::LogicalResult loadExternal(const proto::TensorProto &tensor,
                                   const Subject &subject, Payload &payload);
  mlir::LogicalResult loadSegment(const proto::TensorProto &tensor,
                                  const Subject &subject, Payload &payload);
  mlir::LogicalResult loadFields(const proto::TensorProto &tensor,
                                 const Subject &subject, Payload &payload);
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  sparsePositions(const Payload &indices, mlir::RankedTensorType type,
                  int64_t count, const Subject &subject);
  mlir::ElementsAttr makeAttr(const Payload &payload, llvm::StringRef name);

  mlir::MLIRContext *context;
  FileMapping model;
  ExternalData external;
  const ImportOptions &options;
};

} // namespace hagane::frontend
