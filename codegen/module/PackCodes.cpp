//===- PackCodes.cpp - Codes of matrices in panels ------------------------===//

#include "codegen/module/PackCodes.h"
#include "mlir/IR/Threading.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <array>
#include <cstring>

using namespace hagane;
using namespace hagane::codegen;
using kernel::CodesLayout;
using kernel::kCodesPanel;
using kernel::kCodesRows;
using llvm::ArrayRef;
using llvm::SmallVector;
using xf::eval::HostTensor;

namespace {

// A quad's bytes: its columns with four rows each.
constexpr int64_t kQuadBytes = 4 * kCodesPanel, kHalfBytes = kQuadBytes / 2;

/// The codes of 32 rows of a panel, a byte each, quad after quad.
using Tile = std::array<uint8_t, kCodesRows * kCodesPanel>;

/// What is there of a matrix, or of its zero points, by its place.
struct Source {
  const uint8_t *from;
  int64_t rowStride, columnStride;
  uint8_t shift, mask;

  Source(const HostTensor &tensor, int64_t bits, bool transposed)
      : from(reinterpret_cast<const uint8_t *>(tensor.data())),
        rowStride(transposed ? 1 : tensor.getSize(1)),
        columnStride(transposed ? tensor.getSize(1) : 1),
        shift(tensor.getElement().isUnsigned() ? 0 : 1 << (bits - 1)),
        mask(static_cast<uint8_t>((1 << bits) - 1)) {}

  uint8_t get(int64_t row, int64_t column) const {
    return (from[row * rowStride + column * columnStride] + shift) & mask;
  }
};

/// Packs panels of one weight.
class Packing {
public:
  Packing(ArrayRef<CodedMatrix> groups, const CodesLayout &layout,
          kernel::CodesAttr codes, bool transposed)
      : groups(groups), layout(layout), codes(codes), transposed(transposed),
        planes(kernel::getPlanes(layout.bits)),
        width(kCodesPanel / static_cast<int64_t>(groups.size())),
        columns(groups.front().values.getSize(transposed ? 0 : 1)) {}

  void packPanel(int64_t panel, uint8_t *to) const {
    for (int64_t g = 0; g < layout.blocks; ++g)
      packBlock(panel, g, to + g * layout.getBlockBytes());
  }

private:
  void packBlock(int64_t panel, int64_t g, uint8_t *to) const;
  void loadTile(int64_t panel, int64_t row, int64_t count, Tile &tile) const;
  void storeTile(const Tile &tile, uint8_t *to) const;

  /// Visits the groups' columns of a panel that exist, with the places where
  /// they go.
  template <typename Visit> void forColumns(int64_t panel, Visit visit) const {
    int64_t first = panel * width, count = std::min(width, columns - first);
    for (auto [i, group] : llvm::enumerate(groups))
      visit(group, first, count, static_cast<int64_t>(i) * width);
  }

  ArrayRef<CodedMatrix> groups;
  const CodesLayout &layout;
  kernel::CodesAttr codes;
  bool transposed;
  SmallVector<kernel::CodesPlane, 3> planes;
  int64_t width, columns;
};

void Packing::loadTile(int64_t panel, int64_t row, int64_t count,
                       Tile &tile) const {
  auto placeOf = [](int64_t i, int64_t column) {
    return i / 4 * kQuadBytes + column * 4 + i % 4;
  };
  forColumns(panel, [&](const CodedMatrix &group, int64_t first,
                        int64_t columnCount, int64_t to) {
    Source source(group.values, layout.bits, transposed);
    if (transposed) {
      for (int64_t j = 0; j < columnCount; ++j)
        for (int64_t i = 0; i < count; ++i)
          tile[placeOf(i, to + j)] = source.get(row + i, first + j);
    } else {
      for (int64_t i = 0; i < count; ++i)
        for (int64_t j = 0; j < columnCount; ++j)
          tile[placeOf(i, to + j)] = source.get(row + i, first + j);
    }
  });
}

/// Quad s * w + r of a plane of w bits goes to bits s * w on of row r.
void Packing::storeTile(const Tile &tile, uint8_t *to) const {
  for (int64_t half = 0; half < 2; ++half)
    for (kernel::CodesPlane plane : planes) {
      auto mask = static_cast<uint8_t>((1 << plane.width) - 1);
      for (int64_t r = 0; r < plane.width; ++r, to += kHalfBytes) {
        std::array<uint8_t, kHalfBytes> row{};
        for (int64_t s = 0; s * plane.width < 8; ++s) {
          const uint8_t *quad = tile.data() +
                                (s * plane.width + r) * kQuadBytes +
                                half * kHalfBytes;
          for (int64_t i = 0; i < kHalfBytes; ++i)
            row[i] |= static_cast<uint8_t>(((quad[i] >> plane.shift) & mask)
                                           << (s * plane.width));
        }
        std::memcpy(to, row.data(), row.size());
      }
    }
}

void Packing::packBlock(int64_t panel, int64_t g, uint8_t *to) const {
  std::array<uint8_t, kCodesPanel> zeros{};
  zeros.fill(static_cast<uint8_t>(codes.getZero().value_or(0)));
  forColumns(panel, [&](const CodedMatrix &group, int64_t first, int64_t count,
                        int64_t place) {
    Source zero(layout.hasZeros ? group.zeros : group.values, layout.bits,
                transposed);
    const HostTensor &scales = group.scales;
    for (int64_t j = 0; j < count; ++j) {
      int64_t column = first + j;
      if (layout.hasZeros)
        zeros[place + j] = zero.get(g, column);
      std::memcpy(to + layout.getScalesOffset() +
                      (place + j) * layout.scaleBytes,
                  scales.at(transposed ? column * layout.blocks + g
                                       : g * scales.getSize(1) + column),
                  layout.scaleBytes);
    }
  });
  if (layout.hasZeros)
    std::memcpy(to + layout.getZerosOffset(), zeros.data(), zeros.size());

  Tile empty;
  for (int64_t place = 0; place < kCodesRows * kCodesPanel; ++place)
    empty[place] = zeros[place % kQuadBytes / 4];
  int64_t first = g * layout.block,
          end = std::min(first + layout.block, layout.rows);
  for (int64_t i = 0; i < layout.paddedBlock; i += kCodesRows) {
    Tile tile = empty;
    loadTile(panel, first + i, std::min(kCodesRows, end - first - i), tile);
    storeTile(tile, to + i / kCodesRows * layout.getRowsBytes());
  }
}

} // namespace

llvm::Expected<HostTensor>
hagane::codegen::packCodes(mlir::MLIRContext *context,
                           ArrayRef<CodedMatrix> groups,
                           kernel::CodesAttr codes, bool transposed) {
  const HostTensor &values = groups.front().values;
  if (values.getRank() != 2 || values.getElement().bytes != 1)
    return llvm::createStringError(
        "expected a matrix of bytes to pack, found " + describe(values));
  CodesLayout layout(codes, values.getSize(transposed ? 1 : 0));
  auto count = static_cast<int64_t>(groups.size());
  mlir::RankedTensorType type = kernel::getPackedCodesType(
      codes, layout.rows, count * values.getSize(transposed ? 0 : 1), count);
  llvm::Expected<HostTensor> result =
      HostTensor::create(type.getElementType(), type.getShape());
  if (!result)
    return result.takeError();
  auto *to = reinterpret_cast<uint8_t *>(result->data());
  Packing packing(groups, layout, codes, transposed);
  mlir::parallelFor(context, 0, type.getDimSize(0), [&](size_t panel) {
    auto number = static_cast<int64_t>(panel);
    packing.packPanel(number, to + number * layout.getPanelBytes());
  });
  return result;
}
