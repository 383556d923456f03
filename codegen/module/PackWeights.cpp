//===- PackWeights.cpp - Matrices in panels -------------------------------===//

#include "codegen/module/PackWeights.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace hagane;
using namespace hagane::codegen;
using xf::eval::HostTensor;

namespace {

/// One packing, of elements of type T by size alone.
template <typename T> struct Packing {
  const T *from;
  T *to;
  int64_t k, n, panel;
  bool transposed;

  void packPanel(int64_t q) const {
    int64_t columns = std::min(panel, n - q * panel);
    T *target = to + q * k * panel;
    if (transposed)
      transposePanel(q, columns, target);
    else
      for (int64_t i = 0; i < k; ++i)
        std::copy_n(from + i * n + q * panel, columns, target + i * panel);
  }

  /// In blocks of rows, so that the lines written to stay in the cache.
  void transposePanel(int64_t q, int64_t columns, T *target) const {
    constexpr int64_t kBlock = 64;
    for (int64_t begin = 0; begin < k; begin += kBlock) {
      int64_t end = std::min(k, begin + kBlock);
      for (int64_t j = 0; j < columns; ++j) {
        const T *source = from + (q * panel + j) * k;
        for (int64_t i = begin; i < end; ++i)
          target[i * panel + j] = source[i];
      }
    }
  }
};

template <typename T>
void pack(mlir::MLIRContext *context, const HostTensor &matrix,
          HostTensor &result, int64_t k, int64_t n, int64_t panel,
          bool transposed) {
  Packing<T> packing = {
      reinterpret_cast<const T *>(std::as_const(matrix).data()),
      reinterpret_cast<T *>(result.data()),
      k,
      n,
      panel,
      transposed};
  mlir::parallelFor(context, 0, llvm::divideCeil(n, panel),
                    [&](size_t q) { packing.packPanel(q); });
}

} // namespace

llvm::Expected<HostTensor>
hagane::codegen::packPanels(mlir::MLIRContext *context,
                            const HostTensor &matrix, int64_t panel,
                            bool transposed) {
  if (matrix.getRank() != 2 || panel <= 0)
    return llvm::createStringError(
        "expected a matrix and a positive panel to pack, found %s and %lld",
        describe(matrix).c_str(), static_cast<long long>(panel));
  int64_t k = matrix.getSize(transposed ? 1 : 0),
          n = matrix.getSize(transposed ? 0 : 1);
  llvm::Expected<HostTensor> result = HostTensor::create(
      matrix.getElementType(),
      {static_cast<int64_t>(llvm::divideCeil(n, panel)), k, panel});
  if (!result)
    return result.takeError();
  switch (matrix.getElement().bytes) {
  case 1:
    pack<uint8_t>(context, matrix, *result, k, n, panel, transposed);
    break;
  case 2:
    pack<uint16_t>(context, matrix, *result, k, n, panel, transposed);
    break;
  case 4:
    pack<uint32_t>(context, matrix, *result, k, n, panel, transposed);
    break;
  case 8:
    pack<uint64_t>(context, matrix, *result, k, n, panel, transposed);
    break;
  default:
    return llvm::createStringError("cannot pack elements of %u bytes",
                                   matrix.getElement().bytes);
  }
  return result;
}
