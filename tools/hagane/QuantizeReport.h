// What quantization did to a model, as the compiler measures it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hagane {

/// How far numbers are from what they are without quantization.
struct OutputError {
  std::string name;
  int64_t rows = 0;        ///< along the last axis
  double cosine = 1;       ///< of rows, their mean
  double leastCosine = 1;  ///< of rows
  double relative = 0;     ///< norm of the difference, relative to the output's
  double largest = 0;      ///< absolute difference
  bool isLogits = false;   ///< the rest is only known of logits
  double divergence = 0;   ///< Kullback-Leibler, nats per row
  double agreement = 1;    ///< part of the rows with the same first choice
  int64_t predictions = 0; ///< of the text's tokens; the rest is of these
  double perplexityBefore = 0, perplexity = 0;
};

/// A product by a constant weight.
struct ProductReport {
  std::string nodes;  ///< of ONNX
  std::string scheme; ///< "": as it was
  int64_t channels = 0, columns = 0;
  int64_t bytesBefore = 0, bytes = 0; ///< of the weight, with its scales
  double relative = -1; ///< error of its result for the same input
  double effect = -1;   ///< error of the model if only this is quantized
  double seconds = -1;  ///< of its kernels in the compiled module
};

struct QuantizeReport {
  std::string scheme; ///< as it was asked for
  std::string data;   ///< what was run
  std::string sample; ///< the file of the first sample; "": random inputs
  std::map<std::string, int64_t> sizes; ///< of symbolic dims in that
  int64_t samples = 0;
  std::vector<OutputError> outputs;
  std::vector<ProductReport> products; ///< in the order of the program
  std::string judged;                  ///< the output that effects are about
};

} // namespace hagane
