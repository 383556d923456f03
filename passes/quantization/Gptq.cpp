//===- Gptq.cpp - Codes whose errors make up for each other ---------------===//
//
// Let e be the errors of a column of the weight, in the order in which its
// channels are rounded. The product's squared error is e' H e with H = U U', U
// upper triangular: the sum over j of (e_j U_jj + sum over i < j of e_i
// U_ij)^2. When channel j is rounded the errors before it are known, so that
// its best value is w_j + (sum over i < j of e_i U_ij) / U_jj. That is what
// GPTQ's updates by the inverse of H come to, without the inverse.
//
//===----------------------------------------------------------------------===//

#include "passes/quantization/Gptq.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <numeric>

using namespace hagane;

/// Parts of the mean diagonal that are added to it, until that helps.
static constexpr double kDampings[] = {0.01, 0.1, 1, 10};
/// Columns of the triangle that are eliminated together, and columns of the
/// rest that are updated together, to stay in the first cache.
static constexpr int64_t kPanel = 64, kStrip = 512;
/// Columns of the weight that go through the triangle together.
static constexpr int64_t kColumns = 16;

/// A symmetric matrix that becomes its Cholesky factor.
class CodeChooser::Triangle {
public:
  Triangle(mlir::MLIRContext *context, int64_t size)
      : context(context), size(size), values(size * size) {}

  double *row(int64_t i) { return values.data() + i * size; }
  const double *row(int64_t i) const { return values.data() + i * size; }
  /// The moments with the last channel first, and a larger diagonal. Channels
  /// that are always 0 have any.
  void fill(llvm::ArrayRef<double> moments, llvm::ArrayRef<int64_t> order,
            double added);

  /// Makes L of the lower triangle, with which L L' is the matrix. False if it
  /// is not positive definite.
  bool factorize();
  /// Mirrors the lower triangle at the other diagonal.
  void mirror();

private:
  bool factorizePanel(int64_t begin, int64_t end);
  void updateRow(int64_t i, int64_t begin, int64_t end,
                 const std::vector<double> &panel);

  mlir::MLIRContext *context;
  int64_t size;
  std::vector<double> values;
};

static double dot(const double *a, const double *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += a[i] * b[i];
  return sum;
}

bool CodeChooser::Triangle::factorizePanel(int64_t begin, int64_t end) {
  for (int64_t j = begin; j < end; ++j) {
    const double *before = row(j) + begin;
    double pivot = row(j)[j] - dot(before, before, j - begin);
    if (!(pivot > 0) || !std::isfinite(pivot))
      return false;
    row(j)[j] = std::sqrt(pivot);
    for (int64_t i = j + 1; i < end; ++i)
      row(i)[j] =
          (row(i)[j] - dot(row(i) + begin, before, j - begin)) / row(j)[j];
  }
  mlir::parallelFor(context, end, size, [&](size_t i) {
    for (int64_t j = begin; j < end; ++j)
      row(i)[j] = (row(i)[j] - dot(row(i) + begin, row(j) + begin, j - begin)) /
                  row(j)[j];
  });
  return true;
}

/// Takes the panel's part off row i; `panel` is the panel's transpose.
void CodeChooser::Triangle::updateRow(int64_t i, int64_t begin, int64_t end,
                                      const std::vector<double> &panel) {
  const double *factors = row(i) + begin;
  for (int64_t first = end; first <= i; first += kStrip) {
    int64_t last = std::min(first + kStrip, i + 1);
    for (int64_t p = 0; p < end - begin; ++p) {
      const double *other = panel.data() + p * size;
      double *target = row(i), factor = factors[p];
      for (int64_t j = first; j < last; ++j)
        target[j] -= factor * other[j];
    }
  }
}

bool CodeChooser::Triangle::factorize() {
  std::vector<double> panel(kPanel * size);
  for (int64_t begin = 0; begin < size; begin += kPanel) {
    int64_t end = std::min(begin + kPanel, size);
    if (!factorizePanel(begin, end))
      return false;
    mlir::parallelFor(context, end, size, [&](size_t i) {
      for (int64_t p = begin; p < end; ++p)
        panel[(p - begin) * size + static_cast<int64_t>(i)] = row(i)[p];
    });
    mlir::parallelFor(context, end, size, [&](size_t i) {
      updateRow(static_cast<int64_t>(i), begin, end, panel);
    });
  }
  return true;
}

void CodeChooser::Triangle::mirror() {
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j <= i; ++j)
      if (int64_t a = size - 1 - j, b = size - 1 - i;
          a * size + b > i * size + j)
        std::swap(row(i)[j], row(a)[b]);
}

/// Channels in the order in which they are rounded: those that matter most
/// first, while many are left that can make up for them.
static std::vector<int64_t> orderChannels(llvm::ArrayRef<double> moments,
                                          int64_t channels) {
  std::vector<int64_t> order(channels);
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int64_t a, int64_t b) {
    return moments[a * channels + a] > moments[b * channels + b];
  });
  return order;
}

void CodeChooser::Triangle::fill(llvm::ArrayRef<double> moments,
                                 llvm::ArrayRef<int64_t> order, double added) {
  mlir::parallelFor(context, 0, size, [&](size_t i) {
    int64_t from = order[size - 1 - static_cast<int64_t>(i)];
    for (int64_t j = 0; j < static_cast<int64_t>(i); ++j)
      row(i)[j] = moments[from * size + order[size - 1 - j]];
    row(i)[i] = moments[from * size + from] + added;
  });
}

CodeChooser::CodeChooser(mlir::MLIRContext *context, int64_t channels,
                         llvm::ArrayRef<double> moments)
    : context(context), order(orderChannels(moments, channels)),
      triangle(std::make_unique<Triangle>(context, channels)) {}

CodeChooser::CodeChooser(CodeChooser &&) noexcept = default;
CodeChooser::~CodeChooser() = default;

llvm::Error CodeChooser::factorize(llvm::ArrayRef<double> moments) {
  size_t channels = order.size();
  double mean = 0;
  for (size_t i = 0; i < channels; ++i)
    mean += moments[i * channels + i] / static_cast<double>(channels);
  if (!std::isfinite(mean))
    return llvm::createStringError(
        "the inputs that were observed are not finite");
  if (mean == 0)
    mean = 1;
  for (double damping : kDampings) {
    triangle->fill(moments, order, damping * mean);
    if (triangle->factorize()) {
      triangle->mirror();
      return llvm::Error::success();
    }
  }
  return llvm::createStringError(
      "the second moments that were observed are not those of real inputs");
}

llvm::Expected<CodeChooser> CodeChooser::make(mlir::MLIRContext *context,
                                              int64_t channels,
                                              llvm::ArrayRef<double> moments) {
  CodeChooser chooser(context, channels, moments);
  if (llvm::Error error = chooser.factorize(moments))
    return error;
  return chooser;
}

/// Rounds what is wanted of an element, and tells what its code stands for.
static double roundOne(const GridWeight &grid, int64_t channel, int64_t column,
                       double wanted, double &code) {
  int64_t at =
      channel / grid.block * grid.blockStride + column * grid.scaleColumnStride;
  double scale = grid.scales[at],
         zero = grid.zeros.empty() ? 0 : grid.zeros[at];
  code = zero;
  if (!(std::abs(scale) > 0))
    return 0;
  code = std::clamp(std::nearbyint(wanted / scale) + zero, grid.lowest,
                    grid.highest);
  return (code - zero) * scale;
}

/// Rounds some columns from the first channel to the last.
void CodeChooser::roundColumns(const GridWeight &grid, int64_t first,
                               std::vector<double> &codes) const {
  int64_t count = std::min(kColumns, grid.columns - first);
  std::vector<double> errors(grid.channels * kColumns);
  for (int64_t j = 0; j < grid.channels; ++j) {
    double sums[kColumns] = {};
    const double *factors = std::as_const(*triangle).row(j);
    for (int64_t i = 0; i < j; ++i)
      for (int64_t c = 0; c < kColumns; ++c)
        sums[c] += factors[i] * errors[i * kColumns + c];
    for (int64_t c = 0; c < count; ++c) {
      int64_t channel = order[j], column = first + c,
              at = channel * grid.channelStride + column * grid.columnStride;
      double weight = grid.weight[at];
      errors[j * kColumns + c] =
          weight - roundOne(grid, channel, column,
                            weight + sums[c] / factors[j], codes[at]);
    }
  }
}

std::vector<double> CodeChooser::choose(const GridWeight &grid) const {
  std::vector<double> codes(grid.channels * grid.columns);
  auto groups = llvm::divideCeil(grid.columns, kColumns);
  mlir::parallelFor(context, 0, groups, [&](size_t group) {
    roundColumns(grid, static_cast<int64_t>(group) * kColumns, codes);
  });
  return codes;
}
