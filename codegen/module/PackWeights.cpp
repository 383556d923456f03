//===- PackWeights.cpp - Matrices in panels -------------------------------===//

#include "codegen/module/PackWeights.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace hagane;
using namespace hagane::codegen;
using kernel::PackedForm;
using llvm::ArrayRef;
using llvm::SmallVector;
using xf::eval::HostTensor;

namespace {

/// One packing of a group of columns, of elements of type T by size alone. The
/// usual numbers of interleaved rows are known to the compiler; 0 is any.
template <typename T, int64_t known> struct Packing {
  const T *from;
  T *to; // the group's first column in the first panel
  int64_t k, n;
  PackedForm form;

  int64_t interleave() const { return known ? known : form.interleave; }

  void packPanel(int64_t q) const {
    int64_t steps = llvm::divideCeil(k, interleave());
    int64_t width = form.getGroupWidth(), first = q * width;
    int64_t columns = std::min(width, n - first);
    T *target = to + q * steps * form.panel * interleave();
    if (form.transposed)
      transposePanel(first, columns, target);
    else
      for (int64_t i = 0; i < k; ++i)
        copyRow(from + i * n + first, columns, target + placeOf(i));
  }

  /// Where row i of a panel begins.
  int64_t placeOf(int64_t i) const {
    return i / interleave() * form.panel * interleave() + i % interleave();
  }

  void copyRow(const T *source, int64_t columns, T *target) const {
    for (int64_t j = 0; j < columns; ++j)
      target[j * interleave()] = source[j];
  }

  /// In blocks of rows, so that the lines written to stay in the cache.
  void transposePanel(int64_t first, int64_t columns, T *target) const {
    constexpr int64_t kBlock = 64;
    for (int64_t begin = 0; begin < k; begin += kBlock) {
      int64_t end = std::min(k, begin + kBlock);
      for (int64_t j = 0; j < columns; ++j) {
        const T *source = from + (first + j) * k;
        for (int64_t i = begin; i < end; ++i)
          target[placeOf(i) + j * interleave()] = source[i];
      }
    }
  }
};

template <typename T, int64_t known>
void packAs(mlir::MLIRContext *context, ArrayRef<HostTensor> matrices,
            HostTensor &result, PackedForm form) {
  T *to = reinterpret_cast<T *>(result.data());
  SmallVector<Packing<T, known>> packings;
  for (const HostTensor &matrix : matrices) {
    packings.push_back({reinterpret_cast<const T *>(matrix.data()), to,
                        matrix.getSize(form.transposed ? 1 : 0),
                        matrix.getSize(form.transposed ? 0 : 1), form});
    to += form.getGroupWidth() * form.interleave;
  }
  mlir::parallelFor(context, 0, result.getSize(0), [&](size_t q) {
    for (const Packing<T, known> &packing : packings)
      packing.packPanel(q);
  });
}

template <typename T>
void pack(mlir::MLIRContext *context, ArrayRef<HostTensor> matrices,
          HostTensor &result, PackedForm form) {
  if (form.interleave == 1)
    packAs<T, 1>(context, matrices, result, form);
  else if (form.interleave == 2)
    packAs<T, 2>(context, matrices, result, form);
  else
    packAs<T, 0>(context, matrices, result, form);
}

} // namespace

llvm::Expected<HostTensor>
hagane::codegen::packPanels(mlir::MLIRContext *context,
                            ArrayRef<HostTensor> matrices, PackedForm form) {
  const HostTensor &matrix = matrices.front();
  if (matrix.getRank() != 2 || form.panel <= 0 || form.interleave <= 0)
    return llvm::createStringError(
        "expected a matrix, a positive panel and a positive interleave to "
        "pack, found %s, %lld and %lld",
        describe(matrix).c_str(), static_cast<long long>(form.panel),
        static_cast<long long>(form.interleave));
  SmallVector<int64_t> all(matrix.getShape());
  all[form.transposed ? 0 : 1] *= form.groups;
  auto type = mlir::RankedTensorType::get(all, matrix.getElementType());
  llvm::Expected<HostTensor> result = HostTensor::create(
      matrix.getElementType(), kernel::getPackedType(type, form).getShape());
  if (!result)
    return result.takeError();
  switch (matrix.getElement().bytes) {
  case 1:
    pack<uint8_t>(context, matrices, *result, form);
    break;
  case 2:
    pack<uint16_t>(context, matrices, *result, form);
    break;
  case 4:
    pack<uint32_t>(context, matrices, *result, form);
    break;
  case 8:
    pack<uint64_t>(context, matrices, *result, form);
    break;
  default:
    return llvm::createStringError("cannot pack elements of %u bytes",
                                   matrix.getElement().bytes);
  }
  return result;
}
