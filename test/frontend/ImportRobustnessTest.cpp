// No input may crash the importer, and no failure may be silent: truncations
// and mutations of a model that uses every part of the format.
#include "frontend/Import.h"
#include "frontend/TextParser.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "onnx-ml.pb.h"
#include "gtest/gtest.h"
#include <random>

namespace {

const char modelText[] = R"(
< ir_version: 10, opset_import: ["" : 21, "my" : 1],
  metadata_props: ["key" : "value"] >
graph (float[N, 4] x, bool c) => (float[N, 4] y, float[] z)
< float[4, 4] w = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16},
  int4[3] q = {18, 3}, bool[2] b = {0, 1}, float[N, 4] h,
  float[2] e = ["location" : "w.bin", "offset" : "0", "length" : "8"] >
{
  [first] h = MatMul(x, w)
  t, "" = Split<axis = -1, num_outputs: int = 2, scales = [1.0, 2.0]>(h, "")
  y = If(c) <
    then_branch = yes () => (float[N, 4] o) { o = my.Twice<by = 3.0>(h) },
    else_branch = no () => (float[N, 4] p) <float p0 = {2}> { p = Mul(h, p0) }>
  k = Constant<value = int64[2] {1, 2}>()
  z = Cast<to = 1, how = "up", kinds = ["a", "b"]>(k)
}
< domain: "my", opset_import: ["" : 21] >
Twice <by: float = 2.0> (a) => (r) {
  f = Constant<value_float: float = @by>()
  r = Mul(a, f)
}
)";

struct Outcome {
  bool imported;
  bool reported;
};

Outcome import(llvm::StringRef bytes) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  Outcome outcome{false, false};
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        outcome.reported |=
            diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
        return mlir::success();
      });
  hagane::frontend::ImportOptions options;
  options.weightless = true;
  outcome.imported = !!hagane::frontend::importModel(
      &context, llvm::MemoryBuffer::getMemBufferCopy(bytes), "no/model.onnx",
      options);
  return outcome;
}

/// The model in protobuf form, with its weights as raw data where they are
/// plain.
std::string binaryModel() {
  onnx::ModelProto model;
  EXPECT_FALSE(hagane::frontend::parseModelText(modelText, model));
  for (onnx::TensorProto &tensor :
       *model.mutable_graph()->mutable_initializer()) {
    if (tensor.float_data_size() == 0)
      continue;
    tensor.set_raw_data(tensor.float_data().data(),
                        tensor.float_data_size() * sizeof(float));
    tensor.clear_float_data();
  }
  return model.SerializeAsString();
}

void mutate(const std::string &original, unsigned count, unsigned seed) {
  std::mt19937 random(seed);
  for (unsigned i = 0; i != count; ++i) {
    std::string bytes = original;
    for (unsigned edits = 1 + random() % 3; edits != 0; --edits) {
      size_t at = random() % bytes.size();
      switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] ^= 1 << random() % 8;
        break;
      case 2:
        bytes.erase(at, 1 + random() % 8);
        break;
      default:
        bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 16));
      }
    }
    Outcome outcome = import(bytes);
    EXPECT_NE(outcome.imported, outcome.reported) << "mutation " << i;
  }
}

TEST(ImportRobustness, ImportsTheModelItself) {
  EXPECT_TRUE(import(modelText).imported);
  EXPECT_TRUE(import(binaryModel()).imported);
}

TEST(ImportRobustness, TruncatedBinary) {
  std::string bytes = binaryModel();
  for (size_t size = 0; size != bytes.size(); ++size) {
    Outcome outcome = import(llvm::StringRef(bytes).take_front(size));
    EXPECT_NE(outcome.imported, outcome.reported) << "at " << size;
  }
}

TEST(ImportRobustness, TruncatedText) {
  llvm::StringRef text(modelText);
  for (size_t size = 0; size != text.size(); ++size) {
    Outcome outcome = import(text.take_front(size));
    EXPECT_NE(outcome.imported, outcome.reported) << "at " << size;
  }
}

TEST(ImportRobustness, MutatedBinary) { mutate(binaryModel(), 6000, 1); }

TEST(ImportRobustness, MutatedText) { mutate(modelText, 6000, 2); }

TEST(ImportRobustness, DeepNesting) {
  std::string text = "<ir_version: 10, opset_import: [\"\" : 21]> g () => () ";
  for (unsigned i = 0; i != 20000; ++i)
    text += "{ = If () <then_branch = g () => () ";
  EXPECT_FALSE(import(text).imported);
  // A graph in an attribute in a node in a graph, without end.
  std::string message;
  for (unsigned i = 0; i != 2000; ++i) {
    for (unsigned tag : {6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2}) {
      std::string outer(1, static_cast<char>(tag));
      for (size_t size = message.size(); outer.size() < 4; size >>= 7)
        outer.push_back(static_cast<char>(size | 0x80));
      outer.push_back(0);
      message = outer + message;
    }
  }
  EXPECT_TRUE(import(message).reported);
}

} // namespace
