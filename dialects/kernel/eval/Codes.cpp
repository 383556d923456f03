//===- Codes.cpp - Weights as codes, and products of them -----------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Product.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

namespace {

/// Where everything is in a panel of 32 columns: the text of `kernel.codes`.
class Places {
public:
  Places(CodesAttr codes, int64_t rows)
      : codes(codes), scale(*Element::get(codes.getScale())), rows(rows) {
    block = codes.getBlock() == 0 ? rows : std::min(codes.getBlock(), rows);
    blocks = static_cast<int64_t>(llvm::divideCeil(block ? rows : 0, block));
    codeBytes = static_cast<int64_t>(llvm::divideCeil(block, 32)) *
                codes.getBits() * 128;
    blockBytes =
        codeBytes + 32 * static_cast<int64_t>(scale.bytes) + (zero() ? 0 : 32);
  }

  std::optional<int64_t> zero() const { return codes.getZero(); }
  int64_t panelBytes() const { return blocks * blockBytes; }
  int64_t scaleAt(int64_t g, int64_t column) const {
    return g * blockBytes + codeBytes + column * scale.bytes;
  }
  int64_t zeroAt(int64_t g, int64_t column) const {
    return g * blockBytes + codeBytes + 32 * scale.bytes + column;
  }

  /// Visits the parts of the code of row `i` of a block: the byte and the bit
  /// in it where a part begins, its number of bits, and its place in the code.
  void forParts(int64_t g, int64_t i, int64_t column,
                llvm::function_ref<void(int64_t byte, int64_t bit,
                                        int64_t width, int64_t place)>
                    visit) const {
    int64_t quad = i % 32 / 4, bits = codes.getBits();
    int64_t plane =
        g * blockBytes + i / 32 * bits * 128 + column / 16 * bits * 64;
    int64_t place = 0;
    for (int64_t width : {8, 4, 2, 1}) {
      if ((bits & width) == 0)
        continue;
      visit(plane + quad % width * 64 + column % 16 * 4 + i % 4,
            quad / width * width, width, place);
      plane += width * 64;
      place += width;
    }
  }

  CodesAttr codes;
  Element scale;
  int64_t rows, block, blocks, codeBytes, blockBytes;
};

/// A panel's numbers.
struct CodedPanel {
  const Places &places;
  const char *bytes;

  int64_t code(int64_t g, int64_t i, int64_t column) const {
    int64_t code = 0;
    places.forParts(
        g, i, column,
        [&](int64_t byte, int64_t bit, int64_t width, int64_t place) {
          auto value = static_cast<uint8_t>(bytes[byte]);
          code |= (value >> bit & ((1 << width) - 1)) << place;
        });
    return code;
  }
  int64_t zero(int64_t g, int64_t column) const {
    return places.zero()
               ? *places.zero()
               : static_cast<uint8_t>(bytes[places.zeroAt(g, column)]);
  }
  double scale(int64_t g, int64_t column) const {
    return places.scale.loadReal(bytes + places.scaleAt(g, column));
  }
};

/// The columns of a group that a panel holds come from these of the matrix.
struct Columns {
  int64_t columns, groups;

  int64_t width() const { return 32 / groups; }
  int64_t panels() const {
    return static_cast<int64_t>(llvm::divideCeil(columns / groups, width()));
  }
  /// Nothing for one that pads.
  std::optional<int64_t> get(int64_t panel, int64_t j) const {
    int64_t place = panel * width() + j % width();
    if (place >= columns / groups)
      return std::nullopt;
    return j / width() * (columns / groups) + place;
  }
};

LogicalResult definePackCodes(PackCodes op, Evaluation &evaluation) {
  const HostTensor &values = evaluation.operand(0),
                   &scales = evaluation.operand(1);
  bool transposed = op.getTransposed();
  Places places(op.getCodes(), values.getSize(transposed));
  Columns columns{values.getSize(!transposed),
                  static_cast<int64_t>(op.getGroups())};
  FailureOr<HostTensor *> y =
      evaluation.create({columns.panels(), places.panelBytes()});
  if (failed(y))
    return failure();
  auto at = [&](const HostTensor &tensor, int64_t row, int64_t column) {
    return transposed ? column * tensor.getSize(1) + row
                      : row * tensor.getSize(1) + column;
  };
  int64_t bits = op.getCodes().getBits();
  auto coded = [&](const HostTensor &tensor, int64_t row, int64_t column) {
    int64_t shift = tensor.getElement().isUnsigned() ? 0 : 1 << (bits - 1);
    return (tensor.getInteger(at(tensor, row, column)) + shift) &
           ((1 << bits) - 1);
  };
  for (int64_t panel = 0; panel < columns.panels(); ++panel)
    for (int64_t g = 0; g < places.blocks; ++g)
      for (int64_t j = 0; j < 32; ++j) {
        char *bytes = (*y)->at(panel * places.panelBytes());
        std::optional<int64_t> column = columns.get(panel, j);
        int64_t zero = places.zero().value_or(0);
        if (!places.zero()) {
          zero = column ? coded(evaluation.operand(2), g, *column) : 0;
          bytes[places.zeroAt(g, j)] = static_cast<char>(zero);
        }
        if (column)
          places.scale.storeReal(bytes + places.scaleAt(g, j),
                                 scales.getReal(at(scales, g, *column)));
        for (int64_t i = 0; i < places.codeBytes * 8 / (32 * bits); ++i) {
          int64_t row = g * places.block + i;
          bool exists = i < places.block && row < places.rows && column;
          int64_t code = exists ? coded(values, row, *column) : zero;
          places.forParts(
              g, i, j,
              [&](int64_t byte, int64_t bit, int64_t width, int64_t place) {
                bytes[byte] |= static_cast<char>(
                    (code >> place & ((1 << width) - 1)) << bit);
              });
        }
      }
  return success();
}

/// A product of codes with its operands.
struct CodedProblem {
  const Places &places;
  const Epilogue &epilogue;
  const HostTensor &a, &b;
  const HostTensor *aScales;
  int64_t groups, m, n, rank;

  std::string run(int64_t batch, int64_t panel) const;
  double sum(const CodedPanel &from, int64_t row, int64_t column) const;
};

double CodedProblem::sum(const CodedPanel &from, int64_t row,
                         int64_t column) const {
  bool isReal = a.getElement().isFloat();
  double sum = 0;
  for (int64_t g = 0; g < places.blocks; ++g) {
    int64_t first = g * places.block,
            count = std::min(places.block, places.rows - first);
    double products = 0;
    int64_t exact = 0;
    for (int64_t i = 0; i < count; ++i) {
      int64_t weight = from.code(g, i, column) - from.zero(g, column);
      int64_t place = row * places.rows + first + i;
      if (isReal)
        products += a.getReal(place) * static_cast<double>(weight);
      else
        exact += a.getInteger(place) * weight;
    }
    double scale = from.scale(g, column);
    if (isReal) {
      sum += products * scale;
      continue;
    }
    auto factor = static_cast<float>(scale);
    if (aScales)
      factor *= static_cast<float>(aScales->getReal(row * places.blocks + g));
    sum = std::fma(static_cast<float>(exact), factor, static_cast<float>(sum));
  }
  return sum;
}

std::string CodedProblem::run(int64_t batch, int64_t panel) const {
  int64_t own = 32 / groups, first = panel * own;
  int64_t columns = std::min(own, n - first);
  if (columns <= 0)
    return {};
  CodedPanel from{places, b.at(panel * b.getSize(1))};
  Frame frame(epilogue.program);
  frame.coordinate.assign(rank, batch);
  frame.laneDim = rank - 1;
  for (int64_t row = 0; row < m; ++row) {
    std::vector<Scalar> sums(32);
    for (int64_t j = 0; j < 32; ++j)
      if (j % own < columns)
        sums[j].real = sum(from, batch * m + row, j);
    frame.coordinate[rank - 2] = row;
    frame.coordinate[rank - 1] = first;
    SmallVector<const Scalar *> groupSums;
    for (int64_t group = 0; group < groups; ++group)
      groupSums.push_back(sums.data() + group * own);
    epilogue.run(frame, groupSums, columns);
  }
  return frame.fault;
}

} // namespace

LogicalResult eval::defineCodedGemm(Gemm op, Evaluation &evaluation) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(outs))
    return failure();
  Shape space(outs->front().getShape());
  Places places(*op.getCodes(), a.getShape().back());
  int64_t groups = static_cast<int64_t>(op.getGroups());
  const HostTensor *scales = evaluation.optional(op, 3);
  Shape scaleShape(space);
  scaleShape.back() = places.blocks;
  if (a.getShape().drop_back() != ArrayRef(space).drop_back() ||
      b.getSize(1) != places.panelBytes() ||
      space.back() * groups > b.getSize(0) * 32 ||
      (scales && scales->getShape() != ArrayRef(scaleShape)))
    return evaluation.error("found a " + describe(a) + " and b " + describe(b) +
                            " of codes for a result of " +
                            xf::eval::describeShape(space));
  FailureOr<Epilogue> epilogue =
      Epilogue::make(op.getEpilogue(), op.getExtraMaps(), *outs, evaluation);
  if (failed(epilogue))
    return failure();
  auto rank = static_cast<int64_t>(space.size());
  int64_t m = space[rank - 2], batches = rank == 3 ? space[0] : 1;
  CodedProblem problem{places, *epilogue,    a,   b, scales, groups,
                       m,      space.back(), rank};
  int64_t panels = b.getSize(0);
  return runChunks(
      op.getContext(), batches * panels, m * places.rows * 32 * 8,
      [&](int64_t begin, int64_t end) {
        std::string fault;
        for (int64_t item = begin; item < end && fault.empty(); ++item)
          fault = problem.run(item / panels, item % panels);
        return fault;
      },
      evaluation);
}

void eval::defineCodes(xf::eval::DefinitionTable &table) {
  table.add(definePackCodes);
}
