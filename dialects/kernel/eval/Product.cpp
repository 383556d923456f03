//===- Product.cpp - gemm, and what conv has in common with it ------------===//

#include "dialects/kernel/eval/Product.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

Scalar eval::loadFactor(const HostTensor &tensor, int64_t index, bool isReal) {
  Scalar value;
  if (isReal)
    value.real = tensor.getReal(index);
  else
    value.integer = tensor.getInteger(index);
  return value;
}

std::vector<Scalar> eval::loadFactors(const HostTensor &tensor, bool isReal) {
  std::vector<Scalar> values(tensor.getCount());
  for (int64_t i = 0; i < tensor.getCount(); ++i)
    values[i] = loadFactor(tensor, i, isReal);
  return values;
}

FailureOr<HostTensor> eval::roundFactor(const HostTensor &factor,
                                        const HostTensor &other,
                                        Evaluation &evaluation) {
  const xf::eval::Element &wide = factor.getElement(),
                          &narrow = other.getElement();
  if (!wide.isFloat() || !narrow.isFloat() || wide.bits <= narrow.bits)
    return factor;
  FailureOr<HostTensor> rounded =
      evaluation.createLike(other.getElementType(), factor.getShape());
  if (succeeded(rounded))
    for (int64_t i = 0; i < factor.getCount(); ++i)
      rounded->setReal(i, factor.getReal(i));
  return rounded;
}

namespace {

struct Reals {
  static double get(Scalar value) { return value.real; }
  static void put(Scalar &to, double value) { to.real = value; }
};
/// Wrapping around, as integers do.
struct Integers {
  static uint64_t get(Scalar value) { return uint64_t(value.integer); }
  static void put(Scalar &to, uint64_t value) { to.integer = int64_t(value); }
};

/// A tile of sums that stays in registers.
template <typename Numbers, int rows, int columns>
void multiplyTile(const Scalar *a, const Scalar *b, int64_t k, int64_t p,
                  Scalar *sums) {
  decltype(Numbers::get(*a)) tile[rows][columns] = {};
  for (int64_t n = 0; n < k; ++n)
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        tile[i][j] += Numbers::get(a[i * k + n]) * Numbers::get(b[n * p + j]);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j)
      Numbers::put(sums[i * p + j], tile[i][j]);
}

template <typename Numbers, int rows>
void multiplyRows(const Scalar *a, const Scalar *b, int64_t k, int64_t p,
                  Scalar *sums) {
  int64_t j = 0;
  for (; j + 4 <= p; j += 4)
    multiplyTile<Numbers, rows, 4>(a, b + j, k, p, sums + j);
  for (; j < p; ++j)
    multiplyTile<Numbers, rows, 1>(a, b + j, k, p, sums + j);
}

template <typename Numbers>
void multiplyAll(const Scalar *a, const Scalar *b, int64_t m, int64_t k,
                 int64_t p, Scalar *sums) {
  int64_t i = 0;
  for (; i + 4 <= m; i += 4)
    multiplyRows<Numbers, 4>(a + i * k, b, k, p, sums + i * p);
  for (; i < m; ++i)
    multiplyRows<Numbers, 1>(a + i * k, b, k, p, sums + i * p);
}

} // namespace

void eval::multiply(const Scalar *a, const Scalar *b, int64_t m, int64_t k,
                    int64_t p, bool isReal, Scalar *sums) {
  if (isReal)
    multiplyAll<Reals>(a, b, m, k, p, sums);
  else
    multiplyAll<Integers>(a, b, m, k, p, sums);
}

FailureOr<Epilogue> Epilogue::make(Region &region, ArrayAttr extraMaps,
                                   ArrayRef<HostTensor> outs,
                                   Evaluation &evaluation) {
  FailureOr<Program> program = compile(region, evaluation);
  FailureOr<SmallVector<Access>> extras = accessesOf(
      evaluation.getOperands().drop_front(2).take_front(extraMaps.size()),
      extraMaps, outs.front().getShape(), evaluation);
  FailureOr<SmallVector<Access>> results = identityAccesses(outs, evaluation);
  if (failed(program) || failed(extras) || failed(results))
    return failure();
  return Epilogue{std::move(*program),
                  *Element::get(region.getArgument(0).getType()),
                  std::move(*extras), std::move(*results)};
}

void Epilogue::run(Frame &frame, ArrayRef<const Scalar *> sums,
                   int64_t count) const {
  unsigned dim = frame.laneDim;
  int64_t first = frame.coordinate[dim];
  for (int64_t at = 0; at < count; at += frame.width) {
    frame.lanes = std::min(frame.width, count - at);
    frame.coordinate[dim] = first + at;
    for (auto [i, sum] : llvm::enumerate(sums)) {
      std::copy_n(sum + at, frame.lanes, frame.argument(i));
      roundLanes(sumElement, frame.argument(i), frame.lanes);
    }
    for (auto [i, extra] : llvm::enumerate(extras))
      extra.load(frame.coordinate, dim, frame.lanes,
                 frame.argument(sums.size() + i));
    frame.run();
    for (auto [i, out] : llvm::enumerate(outs))
      out.store(frame.coordinate, dim, frame.lanes, frame.result(i));
  }
}

namespace {

/// b as panels of columns: [batch, panels, k, columns].
class Panels {
public:
  /// For products of `depth` terms in `columns` columns.
  Panels(const HostTensor &b, StringRef layout, int64_t depth, int64_t columns)
      : b(b), layout(layout), k(depth) {
    ArrayRef<int64_t> shape = b.getShape().take_back(rankOfOne());
    if (isPacked()) {
      interleave = shape.size() > 3 ? shape[3] : 1;
      count = shape[0], rows = shape[1], width = shape[2];
    } else {
      rows = shape[layout == "rows" ? 0 : 1];
      n = shape[layout == "rows" ? 1 : 0];
      width = kPanel;
      count = llvm::divideCeil(columns, width);
    }
  }

  bool isPacked() const {
    return layout == "panels" || layout == "interleaved";
  }
  bool isBatched() const { return b.getRank() > rankOfOne(); }
  /// Whether b has as many rows as there are terms, or as many groups of them
  /// as hold these.
  bool hasDepth() const {
    return rows == static_cast<int64_t>(llvm::divideCeil(k, interleave));
  }

  /// Element (i, j) of a panel.
  std::vector<Scalar> load(int64_t batch, int64_t panel, bool isReal) const {
    std::vector<Scalar> values(k * width, Scalar{.integer = 0});
    int64_t first = isBatched() ? batch * (b.getCount() / b.getSize(0)) : 0;
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < width; ++j)
        if (std::optional<int64_t> at = place(panel, i, j))
          values[i * width + j] = loadFactor(b, first + *at, isReal);
    return values;
  }

  const HostTensor &b;
  StringRef layout;
  int64_t k, rows, count, width, interleave = 1;
  /// Columns of b, unless panels hide that.
  std::optional<int64_t> n;

private:
  int64_t rankOfOne() const {
    return layout == "interleaved" ? 4 : layout == "panels" ? 3 : 2;
  }

  std::optional<int64_t> place(int64_t panel, int64_t i, int64_t j) const {
    if (isPacked())
      return ((panel * rows + i / interleave) * width + j) * interleave +
             i % interleave;
    int64_t column = panel * width + j;
    if (column >= *n)
      return std::nullopt;
    return layout == "rows" ? i * *n + column : column * k + i;
  }
};

/// One matrix product with its operands.
struct GemmProblem {
  const Panels &panels;
  const Epilogue &epilogue;
  const std::vector<Scalar> &a;
  int64_t groups, m, n, rank;
  bool isReal;

  std::string run(int64_t batch, int64_t panel) const;
};

std::string GemmProblem::run(int64_t batch, int64_t panel) const {
  int64_t k = panels.k, width = panels.width;
  int64_t own = width / groups, first = panel * own;
  int64_t columns = std::min(own, n - first);
  if (columns <= 0)
    return {};
  std::vector<Scalar> factors = panels.load(batch, panel, isReal);
  std::vector<Scalar> sums(m * width);
  multiply(a.data() + batch * m * k, factors.data(), m, k, width, isReal,
           sums.data());
  Frame frame(epilogue.program);
  frame.coordinate.assign(rank, batch);
  frame.laneDim = rank - 1;
  for (int64_t row = 0; row < m; ++row) {
    frame.coordinate[rank - 2] = row;
    frame.coordinate[rank - 1] = first;
    SmallVector<const Scalar *> groupSums;
    for (int64_t group = 0; group < groups; ++group)
      groupSums.push_back(sums.data() + row * width + group * own);
    epilogue.run(frame, groupSums, columns);
  }
  return frame.fault;
}

LogicalResult checkSizes(Gemm op, const HostTensor &a, const HostTensor &b,
                         const Panels &panels, ArrayRef<int64_t> space,
                         Evaluation &evaluation) {
  int64_t groups = static_cast<int64_t>(op.getGroups());
  bool fits =
      a.getShape().drop_back() == space.drop_back() && panels.hasDepth() &&
      panels.width % groups == 0 &&
      (panels.isPacked() ? space.back() * groups <= panels.count * panels.width
                         : groups == 1 && *panels.n == space.back());
  if (panels.isBatched())
    fits &= b.getSize(0) == space.front();
  if (fits)
    return success();
  return evaluation.error("found a " + describe(a) + " and b " + describe(b) +
                          " for a result of " + xf::eval::describeShape(space));
}

LogicalResult defineGemm(Gemm op, Evaluation &evaluation) {
  if (op.getCodes())
    return defineCodedGemm(op, evaluation);
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(outs))
    return failure();
  Shape space(outs->front().getShape());
  Panels panels(b, op.getBLayout(), a.getShape().back(), space.back());
  if (failed(checkSizes(op, a, b, panels, space, evaluation)))
    return failure();
  FailureOr<Epilogue> epilogue =
      Epilogue::make(op.getEpilogue(), op.getExtraMaps(), *outs, evaluation);
  if (failed(epilogue))
    return failure();
  bool isReal = epilogue->sumElement.isFloat();
  int64_t rank = static_cast<int64_t>(space.size());
  int64_t m = space[rank - 2], batches = rank == 3 ? space[0] : 1;
  std::vector<Scalar> factors = loadFactors(a, isReal);
  GemmProblem problem{
      panels, *epilogue,    factors, static_cast<int64_t>(op.getGroups()),
      m,      space.back(), rank,    isReal};
  return runChunks(
      op.getContext(), batches * panels.count, m * panels.k * panels.width,
      [&](int64_t begin, int64_t end) {
        std::string fault;
        for (int64_t item = begin; item < end && fault.empty(); ++item)
          fault = problem.run(item / panels.count, item % panels.count);
        return fault;
      },
      evaluation);
}

} // namespace

void eval::defineProducts(xf::eval::DefinitionTable &table) {
  table.add(defineGemm);
}
