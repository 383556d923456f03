//===- GptqTest.cpp - Codes whose errors make up for each other -----------===//
//
// Against GPTQ as its authors state it: the inverse of the damped moments, its
// upper Cholesky factor, and updates of the channels that are left.
//
//===----------------------------------------------------------------------===//

#include "passes/quantization/Gptq.h"
#include "gtest/gtest.h"
#include <cmath>
#include <numeric>
#include <random>

using namespace hagane;

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix inverse(Matrix a) {
  size_t n = a.size();
  Matrix b(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i)
    b[i][i] = 1;
  for (size_t p = 0; p < n; ++p) {
    size_t best = p;
    for (size_t i = p; i < n; ++i)
      if (std::abs(a[i][p]) > std::abs(a[best][p]))
        best = i;
    std::swap(a[p], a[best]);
    std::swap(b[p], b[best]);
    double pivot = a[p][p];
    for (size_t j = 0; j < n; ++j) {
      a[p][j] /= pivot;
      b[p][j] /= pivot;
    }
    for (size_t i = 0; i < n; ++i) {
      double factor = i == p ? 0 : a[i][p];
      for (size_t j = 0; j < n; ++j) {
        a[i][j] -= factor * a[p][j];
        b[i][j] -= factor * b[p][j];
      }
    }
  }
  return b;
}

/// U with U' U = a.
Matrix upperCholesky(const Matrix &a) {
  size_t n = a.size();
  Matrix u(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i)
    for (size_t j = i; j < n; ++j) {
      double sum = a[i][j];
      for (size_t p = 0; p < i; ++p)
        sum -= u[p][i] * u[p][j];
      u[i][j] = i == j ? std::sqrt(sum) : sum / u[i][i];
    }
  return u;
}

struct Case {
  int64_t channels, columns, block, rows;
  bool hasZeros, isTransposed;
};

struct Problem {
  explicit Problem(const Case &c) : grid(makeGrid(c)) {
    std::mt19937_64 random(uint64_t(c.channels * 1000 + c.columns));
    std::normal_distribution<double> normal;
    for (double &weight : grid.weight)
      weight = normal(random);
    for (double &scale : grid.scales)
      scale = 0.2 + 0.1 * std::abs(normal(random));
    for (double &zero : grid.zeros)
      zero = double(random() % 16);
    moments.assign(size_t(c.channels * c.channels), 0);
    for (int64_t row = 0; row < c.rows; ++row) {
      // Correlated channels of different sizes; one is always 0.
      std::vector<double> x(size_t(c.channels));
      double common = normal(random);
      for (int64_t i = 0; i < c.channels; ++i)
        x[size_t(i)] =
            i == 3 ? 0 : (common + normal(random)) * (1 + double(i % 5));
      for (int64_t i = 0; i < c.channels; ++i)
        for (int64_t j = 0; j < c.channels; ++j)
          moments[size_t(i * c.channels + j)] += x[size_t(i)] * x[size_t(j)];
    }
  }

  static GridWeight makeGrid(const Case &c) {
    GridWeight grid;
    grid.channels = c.channels;
    grid.columns = c.columns;
    grid.block = c.block;
    int64_t blocks = (c.channels + c.block - 1) / c.block;
    grid.channelStride = c.isTransposed ? 1 : c.columns;
    grid.columnStride = c.isTransposed ? c.channels : 1;
    grid.blockStride = c.isTransposed ? 1 : c.columns;
    grid.scaleColumnStride = c.isTransposed ? blocks : 1;
    grid.weight.resize(size_t(c.channels * c.columns));
    grid.scales.resize(size_t(blocks * c.columns));
    grid.zeros.resize(c.hasZeros ? grid.scales.size() : 0);
    grid.lowest = c.hasZeros ? 0 : -8;
    grid.highest = c.hasZeros ? 15 : 7;
    return grid;
  }

  size_t at(int64_t channel, int64_t column) const {
    return size_t(channel * grid.channelStride + column * grid.columnStride);
  }
  size_t scaleAt(int64_t channel, int64_t column) const {
    return size_t(channel / grid.block * grid.blockStride +
                  column * grid.scaleColumnStride);
  }
  double valueOf(double code, int64_t channel, int64_t column) const {
    size_t scale = scaleAt(channel, column);
    return (code - (grid.zeros.empty() ? 0 : grid.zeros[scale])) *
           grid.scales[scale];
  }
  double round(double wanted, int64_t channel, int64_t column) const {
    size_t scale = scaleAt(channel, column);
    double zero = grid.zeros.empty() ? 0 : grid.zeros[scale];
    return std::min(std::max(std::nearbyint(wanted / grid.scales[scale]) + zero,
                             grid.lowest),
                    grid.highest);
  }

  std::vector<double> solve() const;
  double error(const std::vector<double> &codes) const;

  GridWeight grid;
  std::vector<double> moments;
};

std::vector<double> Problem::solve() const {
  auto n = size_t(grid.channels);
  double mean = 0;
  for (size_t i = 0; i < n; ++i)
    mean += moments[i * n + i] / double(n);
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return moments[size_t(a) * n + size_t(a)] >
           moments[size_t(b) * n + size_t(b)];
  });
  Matrix damped(n, std::vector<double>(n));
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      damped[i][j] = moments[size_t(order[i]) * n + size_t(order[j])] +
                     (i == j ? 0.01 * mean : 0);
  Matrix u = upperCholesky(inverse(damped));
  std::vector<double> codes(grid.weight.size());
  for (int64_t column = 0; column < grid.columns; ++column) {
    std::vector<double> left(n);
    for (size_t i = 0; i < n; ++i)
      left[i] = grid.weight[at(order[i], column)];
    for (size_t i = 0; i < n; ++i) {
      double code = round(left[i], order[i], column);
      codes[at(order[i], column)] = code;
      double error = (left[i] - valueOf(code, order[i], column)) / u[i][i];
      for (size_t j = i; j < n; ++j)
        left[j] -= error * u[i][j];
    }
  }
  return codes;
}

/// Of the product, squared.
double Problem::error(const std::vector<double> &codes) const {
  double sum = 0;
  for (int64_t column = 0; column < grid.columns; ++column) {
    std::vector<double> errors;
    for (int64_t i = 0; i < grid.channels; ++i)
      errors.push_back(grid.weight[at(i, column)] -
                       valueOf(codes[at(i, column)], i, column));
    for (size_t i = 0; i < errors.size(); ++i)
      for (size_t j = 0; j < errors.size(); ++j)
        sum += errors[i] * errors[j] * moments[i * errors.size() + j];
  }
  return sum;
}

class Gptq : public testing::TestWithParam<Case> {};

llvm::Expected<std::vector<double>>
chooseCodes(mlir::MLIRContext *context, const GridWeight &grid,
            llvm::ArrayRef<double> moments) {
  auto chooser = CodeChooser::make(context, grid.channels, moments);
  if (!chooser)
    return chooser.takeError();
  return chooser->choose(grid);
}

TEST_P(Gptq, GivesTheCodesOfItsAuthors) {
  Problem problem(GetParam());
  mlir::MLIRContext context;
  auto codes = chooseCodes(&context, problem.grid, problem.moments);
  ASSERT_TRUE(bool(codes)) << llvm::toString(codes.takeError());
  EXPECT_EQ(*codes, problem.solve());
}

TEST_P(Gptq, IsNoWorseThanRounding) {
  Problem problem(GetParam());
  std::vector<double> nearest(problem.grid.weight.size());
  for (int64_t i = 0; i < problem.grid.channels; ++i)
    for (int64_t j = 0; j < problem.grid.columns; ++j)
      nearest[problem.at(i, j)] =
          problem.round(problem.grid.weight[problem.at(i, j)], i, j);
  mlir::MLIRContext context;
  auto codes = chooseCodes(&context, problem.grid, problem.moments);
  ASSERT_TRUE(bool(codes));
  double factor = GetParam().channels > 4 ? 0.8 : 1.0 + 1e-9;
  EXPECT_LE(problem.error(*codes), factor * problem.error(nearest));
}

// One channel; sizes beside the panels' 64 and the columns' 16; fewer rows than
// channels; last blocks that are short.
INSTANTIATE_TEST_SUITE_P(Sizes, Gptq,
                         testing::Values(Case{1, 1, 1, 5, false, false},
                                         Case{7, 17, 7, 40, false, false},
                                         Case{64, 3, 32, 100, true, false},
                                         Case{65, 16, 32, 200, false, true},
                                         Case{130, 33, 48, 70, true, true}));

TEST(Gptq, RefusesWhatIsNotFinite) {
  Problem problem({8, 4, 8, 20, false, false});
  mlir::MLIRContext context;
  problem.moments[9] = std::nan("");
  auto codes = chooseCodes(&context, problem.grid, problem.moments);
  ASSERT_FALSE(bool(codes));
  EXPECT_EQ(llvm::toString(codes.takeError()),
            "the inputs that were observed are not finite");
}

TEST(Gptq, LeavesBlocksWithoutScale) {
  Problem problem({8, 4, 4, 20, true, false});
  problem.grid.scales[1] = 0;
  problem.grid.scales[2] = std::nan("");
  mlir::MLIRContext context;
  auto codes = chooseCodes(&context, problem.grid, problem.moments);
  ASSERT_TRUE(bool(codes)) << llvm::toString(codes.takeError());
  for (int64_t column : {1, 2})
    for (int64_t channel = 0; channel < 4; ++channel)
      EXPECT_EQ((*codes)[problem.at(channel, column)],
                problem.grid.zeros[problem.scaleAt(channel, column)]);
}

} // namespace
