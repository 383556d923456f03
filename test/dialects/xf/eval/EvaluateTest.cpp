//===- EvaluateTest.cpp - Operations on host tensors ----------------------===//
//
// One or two operations of each family at odd and empty shapes, against values
// worked out by hand; test/evaluator holds every operation against NumPy. Then
// what a caller may do wrong, and every operation on operands of random sizes.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/eval/Evaluate.h"
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/Interpreter.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>
#include <regex>

using namespace hagane::xf::eval;
using mlir::ModuleOp;
using mlir::Operation;
using mlir::OwningOpRef;
using Values = std::vector<double>;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// An operand: its type as MLIR writes it, with static sizes, and elements.
struct Operand {
  std::string type;
  Values values;
};

class EvaluateTest : public ::testing::Test {
protected:
  EvaluateTest() {
    context.loadDialect<hagane::xf::XfDialect, mlir::func::FuncDialect,
                        mlir::arith::ArithDialect, mlir::scf::SCFDialect,
                        mlir::tensor::TensorDialect>();
    context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      return mlir::success();
    });
  }

  HostTensor make(const Operand &operand) {
    auto type = mlir::cast<mlir::RankedTensorType>(
        mlir::parseType(operand.type, &context));
    HostTensor tensor = llvm::cantFail(
        HostTensor::create(type.getElementType(), type.getShape()));
    EXPECT_EQ(size_t(tensor.getCount()), operand.values.size()) << operand.type;
    for (auto [i, value] : llvm::enumerate(operand.values))
      tensor.setReal(int64_t(i), value);
    return tensor;
  }

  static std::string dynamicType(std::string type) {
    return std::regex_replace(type, std::regex("[0-9]+x"), "?x");
  }

  /// The operation of `text`, whose operands are %0, %1, ...
  Operation *parse(const std::string &text, llvm::ArrayRef<Operand> operands,
                   const std::string &results) {
    std::string arguments, types;
    for (auto [i, operand] : llvm::enumerate(operands)) {
      std::string type = dynamicType(operand.type), separator = i ? ", " : "";
      arguments += separator + "%" + std::to_string(i) + ": " + type;
      types += separator + type;
    }
    module = mlir::parseSourceString<ModuleOp>(
        "func.func @main(" + arguments + ") {\n %r:" + count(results) + " = " +
            text + " : (" + types + ") -> (" + results + ")\n return\n}",
        &context);
    if (!module)
      return nullptr;
    return &module->lookupSymbol<mlir::func::FuncOp>("main").front().front();
  }
  static std::string count(const std::string &results) {
    size_t n = 0;
    for (size_t at = 0; (at = results.find("tensor", at)) != std::string::npos;
         ++at)
      ++n;
    return std::to_string(n);
  }

  llvm::SmallVector<HostTensor> run(const std::string &text,
                                    llvm::ArrayRef<Operand> operands,
                                    const std::string &results) {
    Operation *op = parse(text, operands, results);
    EXPECT_TRUE(op) << messages;
    llvm::SmallVector<HostTensor> inputs, outputs;
    for (const Operand &operand : operands)
      inputs.push_back(make(operand));
    error.clear();
    if (op)
      error = llvm::toString(evaluate(op, inputs, EvaluateOptions(), outputs));
    return outputs;
  }

  /// Runs `text`, whose one result is to be `want`, in a type of `?`.
  void check(const std::string &text, llvm::ArrayRef<Operand> operands,
             const Operand &want, double tolerance = 0) {
    SCOPED_TRACE(text);
    auto got = run(text, operands, dynamicType(want.type));
    ASSERT_EQ(error, "");
    ASSERT_EQ(got.size(), 1u);
    HostTensor expected = make(want);
    EXPECT_EQ(got[0].getType(), expected.getType());
    ASSERT_EQ(got[0].getCount(), expected.getCount());
    for (int64_t i = 0; i < expected.getCount(); ++i) {
      double x = got[0].getReal(i), y = expected.getReal(i);
      if (std::isnan(y))
        EXPECT_TRUE(std::isnan(x)) << i;
      else if (x != y)
        EXPECT_LE(std::fabs(x - y), tolerance) << i;
    }
  }
  void checkError(const std::string &text, llvm::ArrayRef<Operand> operands,
                  const std::string &result, const std::string &message) {
    SCOPED_TRACE(text);
    run(text, operands, result);
    EXPECT_NE(error.find(message), std::string::npos) << error;
  }

  mlir::MLIRContext context;
  std::string messages, error;
  OwningOpRef<ModuleOp> module;
};

TEST_F(EvaluateTest, Elementwise) {
  check("xf.add %0, %1",
        {{"tensor<3x1xf32>", {1, 2, 3}}, {"tensor<5xf32>", {0, 1, 2, 3, 4}}},
        {"tensor<3x5xf32>", {1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7}});
  // A size of one takes on a size of zero.
  check("xf.mul %0, %1",
        {{"tensor<0x3xf16>", {}}, {"tensor<1x3xf16>", {1, 2, 3}}},
        {"tensor<0x3xf16>", {}});
  check("xf.add %0, %1", {{"tensor<1xui8>", {200}}, {"tensor<1xui8>", {100}}},
        {"tensor<1xui8>", {44}});
  // One rounding: 2048 + 1 is a tie in f16, and the sum goes to the even.
  check("xf.add %0, %1", {{"tensor<1xf16>", {2048}}, {"tensor<1xf16>", {1}}},
        {"tensor<1xf16>", {2048}});
  check("xf.div %0, %1",
        {{"tensor<3xi32>", {-7, 7, -8}}, {"tensor<1xi32>", {2}}},
        {"tensor<3xi32>", {-3, 3, -4}});
  check("xf.sigmoid %0", {{"tensor<3xf64>", {0, 1000, -1000}}},
        {"tensor<3xf64>", {0.5, 1, 0}});
  check("xf.cast %0 {to = i8}", {{"tensor<4xf32>", {1.9, -1.9, 300, NAN}}},
        {"tensor<4xi8>", {1, -1, 127, 0}});
}

TEST_F(EvaluateTest, Compare) {
  check("xf.cmp %0, %1 {kind = #xf.cmp_kind<lt>}",
        {{"tensor<3xf32>", {1, NAN, -1}}, {"tensor<1xf32>", {0}}},
        {"tensor<3xi1>", {0, 0, 1}});
  check("xf.select %0, %1, %2",
        {{"tensor<3x1xi1>", {1, 0, 1}},
         {"tensor<2xi64>", {5, 6}},
         {"tensor<3x2xi64>", {0, 1, 2, 3, 4, 5}}},
        {"tensor<3x2xi64>", {5, 6, 2, 3, 5, 6}});
}

TEST_F(EvaluateTest, Movement) {
  check(
      "xf.transpose %0 {permutation = array<i64: 1, 0>}",
      {{"tensor<3x5xi8>", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}}},
      {"tensor<5x3xi8>", {0, 5, 10, 1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14}});
  check("xf.transpose %0 {permutation = array<i64: 1, 0>}",
        {{"tensor<0x3xf32>", {}}}, {"tensor<3x0xf32>", {}});
  check("xf.concat %0, %1, %2 {axis = 1 : i64}",
        {{"tensor<2x1xf32>", {1, 4}},
         {"tensor<2x0xf32>", {}},
         {"tensor<2x2xf32>", {2, 3, 5, 6}}},
        {"tensor<2x3xf32>", {1, 2, 3, 4, 5, 6}});
  check(
      "xf.slice %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axes = "
      "array<i64: 0>, starts = [#xf.dim<-1>], ends = [#xf.dim<-100>], steps = "
      "array<i64: -2>}",
      {{"tensor<5xf32>", {0, 1, 2, 3, 4}}}, {"tensor<3xf32>", {4, 2, 0}});
  check("xf.pad %0 {operandSegmentSizes = array<i32: 1, 0, 0>, pads = "
        "[#xf.dim<2>, #xf.dim<-1>], kind = #xf.pad_kind<reflect>}",
        {{"tensor<3xf32>", {1, 2, 3}}}, {"tensor<4xf32>", {3, 2, 1, 2}});
}

TEST_F(EvaluateTest, Indexed) {
  check(
      "xf.gather %0, %1 {axis = 0 : i64}",
      {{"tensor<3x2xf32>", {1, 2, 3, 4, 5, 6}}, {"tensor<3xi64>", {-1, 0, 1}}},
      {"tensor<3x2xf32>", {5, 6, 1, 2, 3, 4}});
  check("xf.gather %0, %1 {axis = 0 : i64}",
        {{"tensor<0x2xf32>", {}}, {"tensor<0xi64>", {}}},
        {"tensor<0x2xf32>", {}});
  check("xf.scatter_elements %0, %1, %2 {axis = 0 : i64, kind = "
        "#xf.scatter_kind<add>}",
        {{"tensor<3xf32>", {1, 1, 1}},
         {"tensor<3xi64>", {2, 0, 2}},
         {"tensor<3xf32>", {10, 20, 30}}},
        {"tensor<3xf32>", {21, 1, 41}});
  check("xf.nonzero %0", {{"tensor<2x3xi1>", {0, 1, 0, 1, 0, 1}}},
        {"tensor<2x3xi64>", {0, 1, 1, 1, 0, 2}});
  check("xf.nonzero %0", {{"tensor<2x0xf32>", {}}}, {"tensor<2x0xi64>", {}});
}

TEST_F(EvaluateTest, Contractions) {
  check(
      "xf.matmul %0, %1",
      {{"tensor<1x3xf32>", {1, 2, 3}}, {"tensor<3x2xf32>", {1, 0, 0, 1, 1, 1}}},
      {"tensor<1x2xf32>", {4, 5}});
  check("xf.matmul %0, %1 {transpose_b}",
        {{"tensor<2x0xf32>", {}}, {"tensor<3x0xf32>", {}}},
        {"tensor<2x3xf32>", Values(6, 0)});
  // Summed in double: in f32 the ones would be lost.
  check("xf.matmul %0, %1",
        {{"tensor<1x4xf32>", {1e8, 1, 1, -1e8}},
         {"tensor<4x1xf32>", {1, 1, 1, 1}}},
        {"tensor<1x1xf32>", {2}});
  check("xf.linear %0, %1, %2",
        {{"tensor<1x2xf64>", {3, 5}},
         {"tensor<2x1xf64>", {10, 1}},
         {"tensor<1xf64>", {0.5}}},
        {"tensor<1x1xf64>", {35.5}});
}

TEST_F(EvaluateTest, ReductionsAndNorms) {
  check("xf.reduce %0 {kind = #xf.reduce_kind<mean>, axes = array<i64: 0, 2>}",
        {{"tensor<1x2x3xf32>", {1, 2, 6, -1, 0, 1}}},
        {"tensor<2xf32>", {3, 0}});
  check("xf.reduce %0 {kind = #xf.reduce_kind<max>, axes = array<i64: 0>}",
        {{"tensor<0x2xf32>", {}}}, {"tensor<2xf32>", {-kInf, -kInf}});
  check("xf.reduce %0 {kind = #xf.reduce_kind<mean>, axes = array<i64: 0>}",
        {{"tensor<0xf32>", {}}}, {"tensor<f32>", {NAN}});
  check("xf.arg_reduce %0 {axis = 0 : i64, largest = true, last}",
        {{"tensor<3xf32>", {2, 7, 7}}}, {"tensor<i64>", {2}});
  check("xf.cumsum %0 {axis = 1 : i64, reverse, exclusive}",
        {{"tensor<1x3xi32>", {1, 2, 4}}}, {"tensor<1x3xi32>", {6, 4, 0}});
  check("xf.softmax %0 {axis = 0 : i64}",
        {{"tensor<2x2xf64>", {0, 1000, std::log(3.0), -kInf}}},
        {"tensor<2x2xf64>", {0.25, 1, 0.75, 0}}, 1e-15);
  check("xf.softmax %0 {axis = 1 : i64}", {{"tensor<3x0xf32>", {}}},
        {"tensor<3x0xf32>", {}});
  check("xf.layer_norm %0 {operandSegmentSizes = array<i32: 1, 0, 0>, axis = 1 "
        ": i64, epsilon = 1.0 : f64}",
        {{"tensor<1x3xf64>", {-1.5, 0, 1.5}}},
        {"tensor<1x3xf64>", {-1.5 / std::sqrt(2.5), 0, 1.5 / std::sqrt(2.5)}},
        1e-15);
}

TEST_F(EvaluateTest, AttentionAndRotary) {
  // The second query sees both keys alike, the first only the first.
  check("xf.attention %0, %1, %2 {scale = 1.0 : f64, causal = "
        "#xf.causal_kind<top_left>}",
        {{"tensor<1x1x2x1xf32>", {1, 0}},
         {"tensor<1x1x2x1xf32>", {4, 9}},
         {"tensor<1x1x2x3xf32>", {1, 2, 3, 5, 6, 7}}},
        {"tensor<1x1x2x3xf32>", {1, 2, 3, 3, 4, 5}});
  // Nobody to look at gives zero.
  check("xf.attention %0, %1, %2 {scale = 1.0 : f64, causal = "
        "#xf.causal_kind<none>}",
        {{"tensor<1x1x2x1xf32>", {1, 0}},
         {"tensor<1x1x0x1xf32>", {}},
         {"tensor<1x1x0x3xf32>", {}}},
        {"tensor<1x1x2x3xf32>", Values(6, 0)});
  check("xf.rotary %0, %1, %2 {rotated = 2 : i64}",
        {{"tensor<1x1x1x3xf32>", {3, 5, 7}},
         {"tensor<1x1x1x1xf32>", {0}},
         {"tensor<1x1x1x1xf32>", {1}}},
        {"tensor<1x1x1x3xf32>", {-5, 3, 7}});
}

TEST_F(EvaluateTest, Quantization) {
  check("xf.quantize %0, %1, %2 {axis = 0 : i64, block = 0 : i64, to = ui8}",
        {{"tensor<5xf32>", {0.5, 1.5, -300, 1e9, 3}},
         {"tensor<f32>", {1}},
         {"tensor<ui8>", {128}}},
        {"tensor<5xui8>", {128, 130, 0, 255, 131}});
  // Blocks of two along axis 0; the last is short.
  check("xf.dequantize %0, %1 {axis = 0 : i64, block = 2 : i64}",
        {{"tensor<3x1xi4>", {-8, 7, 1}}, {"tensor<2x1xf32>", {0.5, 100}}},
        {"tensor<3x1xf32>", {-4, 3.5, 100}});
}

TEST_F(EvaluateTest, Windows) {
  check("xf.conv %0, %1 {strides = array<i64: 2>, pads = array<i64: 1, 0>, "
        "dilations = array<i64: 1>, groups = 1 : i64}",
        {{"tensor<1x1x5xf32>", {1, 2, 3, 4, 5}},
         {"tensor<1x1x3xf32>", {1, 10, 100}}},
        {"tensor<1x1x2xf32>", {210, 432}});
  check("xf.pool %0 {kind = #xf.pool_kind<max>, window = array<i64: 2>, "
        "strides = array<i64: 2>, pads = array<i64: 1, 0>, dilations = "
        "array<i64: 1>}",
        {{"tensor<1x1x3xf32>", {-3, -2, -1}}}, {"tensor<1x1x2xf32>", {-3, -1}});
  check(
      "xf.resize %0 {operandSegmentSizes = array<i32: 1, 0, 0, 0>, sizes = "
      "[#xf.dim<3>], scales = array<f64: 1.5>, kind = "
      "#xf.resize_kind<nearest>, coordinates = \"asymmetric\", nearest_mode = "
      "\"floor\"}",
      {{"tensor<2xf32>", {1, 2}}}, {"tensor<3xf32>", {1, 1, 2}});
}

TEST_F(EvaluateTest, WrongValuesAreErrors) {
  checkError("xf.add %0, %1",
             {{"tensor<3xf32>", {1, 2, 3}}, {"tensor<2xf32>", {1, 2}}},
             "tensor<?xf32>", "does not broadcast");
  checkError("xf.gather %0, %1 {axis = 0 : i64}",
             {{"tensor<3xf32>", {1, 2, 3}}, {"tensor<1xi64>", {-4}}},
             "tensor<?xf32>", "index -4 is out of range for size 3");
  checkError("xf.arg_reduce %0 {axis = 0 : i64, largest = true}",
             {{"tensor<0xf32>", {}}}, "tensor<i64>", "is empty");
  checkError("xf.reshape %0 {shape = [#xf.dim<-1>, #xf.dim<2>]}",
             {{"tensor<3xf32>", {1, 2, 3}}}, "tensor<?x2xf32>", "cannot");
  checkError("xf.dequantize %0, %1 {axis = 0 : i64, block = 2 : i64}",
             {{"tensor<4xi8>", {1, 2, 3, 4}}, {"tensor<3xf32>", {1, 2, 3}}},
             "tensor<?xf32>", "expected shape [2]");
  checkError("xf.broadcast %0 {shape = [#xf.dim<nobody>]}",
             {{"tensor<1xf32>", {1}}}, "tensor<?xf32>",
             "dimension 'nobody' has no value here");
  // What the operation states of its result is held against it.
  checkError("xf.relu %0", {{"tensor<3xf32>", {1, 2, 3}}}, "tensor<4xf32>",
             "states another");
}

TEST_F(EvaluateTest, LargeResultsAreErrors) {
  Operation *op = parse("xf.broadcast %0 {shape = [#xf.dim<1000>]}",
                        {{"tensor<1xf32>", {1}}}, "tensor<?xf32>");
  ASSERT_TRUE(op);
  EvaluateOptions options;
  llvm::SmallVector<HostTensor> inputs{make({"tensor<1xf32>", {1}})}, results;
  options.maxResultBytes = 4000;
  EXPECT_EQ(llvm::toString(evaluate(op, inputs, options, results)), "");
  options.maxResultBytes = 3999;
  EXPECT_EQ(llvm::toString(evaluate(op, inputs, options, results)),
            "a result of shape [1000] is larger than 3999 bytes");
}

TEST_F(EvaluateTest, OtherOperationsAreErrors) {
  module = mlir::parseSourceString<ModuleOp>(
      "func.func @main(%a: tensor<2xf32>) {\n return\n}", &context);
  Operation *op = module->lookupSymbol("main");
  EXPECT_FALSE(canEvaluate(op));
  llvm::SmallVector<HostTensor> results;
  EXPECT_EQ(llvm::toString(evaluate(op, {}, EvaluateOptions(), results)),
            "operation 'func.func' has no definition in the evaluator");
}

TEST_F(EvaluateTest, InterpreterFreesAndTaps) {
  module = mlir::parseSourceString<ModuleOp>(
      R"(func.func @main(%x: tensor<?xf32> {xf.dims = [#xf.dim<n>]}) -> tensor<?xf32> {
           %y = xf.add %x, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
           %z = xf.mul %y, %y : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
           return %z : tensor<?xf32>
         })",
      &context);
  ASSERT_TRUE(module) << messages;
  auto function = module->lookupSymbol<mlir::func::FuncOp>("main");
  HostTensor x = make({"tensor<3xf32>", {1, 2, 3}});
  std::vector<std::string> seen;
  InterpreterOptions options;
  options.afterOp = [&](Operation *op, llvm::ArrayRef<HostTensor> results) {
    seen.push_back(op->getName().getStringRef().str() + " " +
                   describe(results[0]));
    return mlir::success();
  };
  auto results = interpret(function, x, options);
  ASSERT_TRUE(mlir::succeeded(results)) << messages;
  EXPECT_EQ((*results)[0].getReal(2), 36);
  EXPECT_EQ(seen, (std::vector<std::string>{"xf.add f32[3]", "xf.mul f32[3]"}));
  auto symbols = bindSymbols(function, x);
  ASSERT_TRUE(mlir::succeeded(symbols));
  EXPECT_EQ(symbols->lookup("n"), 3);
  options.afterOp = [](Operation *, llvm::ArrayRef<HostTensor>) {
    return mlir::failure();
  };
  EXPECT_TRUE(mlir::failed(interpret(function, x, options)));
}

/// The operations of the dialect's own test, on tensors of any size: whatever
/// the sizes and elements, the outcome is a result or an error.
class RandomTest : public EvaluateTest {
protected:
  OwningOpRef<ModuleOp> load() {
    auto file =
        llvm::MemoryBuffer::getFile(HAGANE_SOURCE "/test/dialects/xf/ops.mlir");
    EXPECT_TRUE(bool(file));
    std::string text = (*file)->getBuffer().str(), loose;
    // Sizes in tensor types become unknown; attributes keep theirs.
    std::regex type("tensor<(([0-9]+|\\?)x)+");
    for (std::smatch match; std::regex_search(text, match, type);
         text = match.suffix())
      loose += match.prefix().str() + dynamicType(match.str());
    loose += text;
    // Each function by itself, as a few need their sizes.
    auto all = ModuleOp::create(mlir::UnknownLoc::get(&context));
    std::regex start("\nfunc\\.func");
    for (std::sregex_token_iterator it(loose.begin(), loose.end(), start, -1),
         end;
         it != end; ++it) {
      auto one =
          mlir::parseSourceString<ModuleOp>("func.func" + it->str(), &context);
      if (!one)
        continue;
      for (Operation &function : llvm::make_early_inc_range(*one->getBody()))
        function.moveBefore(all.getBody(), all.getBody()->end());
    }
    return all;
  }

  HostTensor randomTensor(mlir::RankedTensorType type) {
    llvm::SmallVector<int64_t> shape;
    for (int64_t size : type.getShape())
      shape.push_back(mlir::ShapedType::isDynamic(size) ? pick(0, 5) : size);
    HostTensor tensor =
        llvm::cantFail(HostTensor::create(type.getElementType(), shape));
    for (int64_t i = 0; i < tensor.getCount(); ++i)
      tensor.setReal(i, pick(0, 20) == 0 ? kInf : double(pick(-6, 7)) / 2);
    return tensor;
  }
  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high - 1)(random);
  }

  std::mt19937 random{7};
};

TEST_F(RandomTest, AnySizesGiveResultsOrErrors) {
  OwningOpRef<ModuleOp> examples = load();
  llvm::StringMap<int64_t> symbols{{"batch", 2}, {"seq", 3}};
  EvaluateOptions options;
  options.symbols = &symbols;
  options.maxResultBytes = 1 << 20;
  llvm::StringMap<int> succeeded;
  int tried = 0;
  examples->walk([&](Operation *op) {
    bool isTensors = llvm::all_of(op->getOperandTypes(),
                                  llvm::IsaPred<mlir::RankedTensorType>);
    if (!canEvaluate(op) || !isTensors)
      return;
    ++tried;
    for (int round = 0; round < 300; ++round) {
      llvm::SmallVector<HostTensor> operands, results;
      for (mlir::Type type : op->getOperandTypes())
        operands.push_back(
            randomTensor(mlir::cast<mlir::RankedTensorType>(type)));
      llvm::Error error = evaluate(op, operands, options, results);
      if (!error)
        ++succeeded[op->getName().getStringRef()];
      else
        EXPECT_NE(llvm::toString(std::move(error)), "");
    }
  });
  EXPECT_GT(tried, 80);
  // Most find sizes that fit.
  EXPECT_GT(succeeded.size(), 60u);
}

} // namespace
