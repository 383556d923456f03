//===- PackWeights.cpp - Matrices in panels -------------------------------===//

#include "codegen/module/PackWeights.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace hagane;
using namespace hagane::codegen;
using kernel::PackedForm;
using xf::eval::HostTensor;

namespace {

/// One packing, of elements of type T by size alone. The usual numbers of
/// interleaved rows are known to the compiler; 0 is any.
template <typename T, int64_t known> struct Packing {
  const T *from;
  T *to;
  int64_t k, n;
  PackedForm form;

  int64_t interleave() const { return known ? known : form.interleave; }

  void packPanel(int64_t q) const {
    int64_t groups = llvm::divideCeil(k, interleave());
    int64_t columns = std::min(form.panel, n - q * form.panel);
    T *target = to + q * groups * form.panel * interleave();
    if (form.transposed)
      transposePanel(q, columns, target);
    else
      for (int64_t i = 0; i < k; ++i)
        copyRow(from + i * n + q * form.panel, columns,
                target + placeOf(i, form.panel));
  }

  /// Where row i of a panel begins.
  int64_t placeOf(int64_t i, int64_t panel) const {
    return i / interleave() * panel * interleave() + i % interleave();
  }

  void copyRow(const T *source, int64_t columns, T *target) const {
    for (int64_t j = 0; j < columns; ++j)
      target[j * interleave()] = source[j];
  }

  /// In blocks of rows, so that the lines written to stay in the cache.
  void transposePanel(int64_t q, int64_t columns, T *target) const {
    constexpr int64_t kBlock = 64;
    for (int64_t begin = 0; begin < k; begin += kBlock) {
      int64_t end = std::min(k, begin + kBlock);
      for (int64_t j = 0; j < columns; ++j) {
        const T *source = from + (q * form.panel + j) * k;
        for (int64_t i = begin; i < end; ++i)
          target[placeOf(i, form.panel) + j * interleave()] = source[i];
      }
    }
  }
};

template <typename T, int64_t known>
void packAs(mlir::MLIRContext *context, const HostTensor &matrix,
            HostTensor &result, PackedForm form) {
  Packing<T, known> packing = {
      reinterpret_cast<const T *>(std::as_const(matrix).data()),
      reinterpret_cast<T *>(result.data()),
      matrix.getSize(form.transposed ? 1 : 0),
      matrix.getSize(form.transposed ? 0 : 1), form};
  mlir::parallelFor(context, 0, result.getSize(0),
                    [&](size_t q) { packing.packPanel(q); });
}

template <typename T>
void pack(mlir::MLIRContext *context, const HostTensor &matrix,
          HostTensor &result, PackedForm form) {
  if (form.interleave == 1)
    packAs<T, 1>(context, matrix, result, form);
  else if (form.interleave == 2)
    packAs<T, 2>(context, matrix, result, form);
  else
    packAs<T, 0>(context, matrix, result, form);
}

} // namespace

llvm::Expected<HostTensor>
hagane::codegen::packPanels(mlir::MLIRContext *context,
                            const HostTensor &matrix, PackedForm form) {
  if (matrix.getRank() != 2 || form.panel <= 0 || form.interleave <= 0)
    return llvm::createStringError(
        "expected a matrix, a positive panel and a positive interleave to "
        "pack, found %s, %lld and %lld",
        describe(matrix).c_str(), static_cast<long long>(form.panel),
        static_cast<long long>(form.interleave));
  auto type =
      mlir::RankedTensorType::get(matrix.getShape(), matrix.getElementType());
  llvm::Expected<HostTensor> result = HostTensor::create(
      matrix.getElementType(), kernel::getPackedType(type, form).getShape());
  if (!result)
    return result.takeError();
  switch (matrix.getElement().bytes) {
  case 1:
    pack<uint8_t>(context, matrix, *result, form);
    break;
  case 2:
    pack<uint16_t>(context, matrix, *result, form);
    break;
  case 4:
    pack<uint32_t>(context, matrix, *result, form);
    break;
  case 8:
    pack<uint64_t>(context, matrix, *result, form);
    break;
  default:
    return llvm::createStringError("cannot pack elements of %u bytes",
                                   matrix.getElement().bytes);
  }
  return result;
}
