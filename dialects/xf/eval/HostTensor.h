//===- HostTensor.h - Dense tensors in host memory --------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_HOSTTENSOR_H
#define HAGANE_DIALECTS_XF_EVAL_HOSTTENSOR_H

#include "dialects/xf/eval/Element.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace hagane::xf::eval {

/// The number of elements; nullopt if a size is negative or the product
/// leaves int64.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

/// A dense row-major tensor. Copies share the bytes, which nobody changes once
/// the tensor is handed on; the bytes are owned, or borrowed from a mapped
/// model whose owner the tensor keeps alive.
class HostTensor {
public:
  HostTensor() = default;

  /// A tensor of zeros that may be written through `data()`.
  static llvm::Expected<HostTensor> create(mlir::Type elementType,
                                           llvm::ArrayRef<int64_t> shape);
  /// A view of `bytes`, which must stay valid while `owner` lives.
  static llvm::Expected<HostTensor>
  borrow(mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
         llvm::ArrayRef<char> bytes,
         std::shared_ptr<const void> owner = nullptr);
  /// The value of a constant. Resources are borrowed from the context, which
  /// must outlive the tensor; packed 2- and 4-bit resources are unpacked.
  static llvm::Expected<HostTensor> fromAttribute(mlir::ElementsAttr attribute);
  /// A rank-0 tensor.
  static HostTensor scalar(mlir::Type elementType, int64_t value);

  explicit operator bool() const { return static_cast<bool>(elementType); }
  mlir::Type getElementType() const { return elementType; }
  const Element &getElement() const { return element; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return static_cast<int64_t>(shape.size()); }
  int64_t getSize(int64_t axis) const { return shape[axis]; }
  int64_t getCount() const { return count; }
  int64_t getByteCount() const { return count * element.bytes; }
  mlir::RankedTensorType getType() const {
    return mlir::RankedTensorType::get(shape, elementType);
  }

  const char *data() const { return bytes.get(); }
  /// Only for a tensor that `create` made and nobody else has seen.
  char *data() { return const_cast<char *>(bytes.get()); }
  const char *at(int64_t index) const { return data() + index * element.bytes; }
  char *at(int64_t index) { return data() + index * element.bytes; }

  double getReal(int64_t index) const { return element.loadReal(at(index)); }
  int64_t getInteger(int64_t index) const {
    return element.loadInteger(at(index));
  }
  void setReal(int64_t index, double value) {
    element.storeReal(at(index), value);
  }
  void setInteger(int64_t index, int64_t value) {
    element.storeInteger(at(index), value);
  }

  /// The same bytes seen with another shape of as many elements.
  HostTensor withShape(llvm::ArrayRef<int64_t> newShape) const;
  mlir::DenseElementsAttr toAttribute() const;

private:
  mlir::Type elementType;
  Element element;
  llvm::SmallVector<int64_t, 4> shape;
  int64_t count = 0;
  std::shared_ptr<const char> bytes;
};

/// "f32[2, 3]", for messages.
std::string describe(const HostTensor &tensor);
/// "[2, 3]", for messages.
std::string describeShape(llvm::ArrayRef<int64_t> shape);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_HOSTTENSOR_H
