//===- ObserveProducts.cpp - Statistics of products' inputs ---------------===//

#include "passes/fusion/Match.h"
#include "passes/quantization/Passes.h"
#include "passes/quantization/Products.h"

namespace hagane {
#define GEN_PASS_DEF_OBSERVEPRODUCTSPASS
#include "passes/quantization/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

class ObserveProducts
    : public hagane::impl::ObserveProductsPassBase<ObserveProducts> {
public:
  using ObserveProductsPassBase::ObserveProductsPassBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock())
      return;
    SmallVector<xf::Linear> products = getWeightedProducts(main);
    for (ArrayRef<int64_t> numbers :
         {ArrayRef<int64_t>(moments), ArrayRef<int64_t>(inputs)})
      for (int64_t number : numbers)
        if (number < 0 || number >= static_cast<int64_t>(products.size())) {
          main.emitError("the model has ")
              << products.size() << " products with weights, found number "
              << number;
          return signalPassFailure();
        }
    fusion::Shapes shapes(getOperation());
    for (auto [number, product] : llvm::enumerate(products))
      observe(number, product, shapes);
    returnInstead(main, results, names);
  }

private:
  void observe(size_t number, xf::Linear product, fusion::Shapes &shapes) {
    OpBuilder builder(product);
    Value x = product.getX();
    SmallVector<Dim> dims = shapes.getDims(x);
    auto type = cast<RankedTensorType>(x.getType());
    if (!type.getElementType().isF32())
      x = xf::Cast::create(builder, product.getLoc(), x, builder.getF32Type());
    if (type.getRank() == 1)
      x = makeRows(builder, product.getLoc(), x, dims);
    for (auto [what, kind] : {std::pair(kLowest, xf::ReduceKind::min),
                              {kHighest, xf::ReduceKind::max},
                              {kSquares, xf::ReduceKind::sum_square}})
      add(number, what, reduce(builder, product, x, kind));
    if (llvm::is_contained(inputs, static_cast<int64_t>(number)))
      add(number, kInput, x);
    if (llvm::is_contained(moments, static_cast<int64_t>(number)))
      add(number, kMoments, multiply(builder, product, x, dims));
  }

  /// All but the last axis as one.
  static Value makeRows(OpBuilder &builder, Location location, Value x,
                        ArrayRef<Dim> dims) {
    Dim rows = Dim::constant(builder.getContext(), 1);
    for (Dim dim : dims.drop_back())
      rows = rows * dim;
    return fusion::makeReshape(builder, location, x, {rows, dims.back()});
  }

  static Value reduce(OpBuilder &builder, xf::Linear product, Value x,
                      xf::ReduceKind kind) {
    auto type = cast<RankedTensorType>(x.getType());
    auto axes = llvm::to_vector(llvm::seq(type.getRank() - 1));
    auto result =
        RankedTensorType::get({type.getShape().back()}, type.getElementType());
    return xf::Reduce::create(builder, product.getLoc(), result, x, kind, axes,
                              /*keep_dims=*/false);
  }

  static Value multiply(OpBuilder &builder, xf::Linear product, Value x,
                        ArrayRef<Dim> dims) {
    if (dims.size() > 2)
      x = makeRows(builder, product.getLoc(), x, dims);
    auto type = cast<RankedTensorType>(x.getType());
    int64_t channels = type.getDimSize(1);
    auto result =
        RankedTensorType::get({channels, channels}, type.getElementType());
    return xf::MatMul::create(builder, product.getLoc(), result, x, x,
                              /*transpose_a=*/true, /*transpose_b=*/false);
  }

  void add(size_t number, StringRef what, Value value) {
    results.push_back(value);
    names.push_back(getObservationName(number, what));
  }

  SmallVector<Value> results;
  SmallVector<std::string> names;
};

} // namespace
