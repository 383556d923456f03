// Operators that have no meaning in a compiled model, each with the reason.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane::frontend;

static LogicalResult refuseRandom(NodeConverter &n) {
  return n.error("draws random numbers, with or without a seed, and a compiled "
                 "model gives the same results each time; make them an input "
                 "of the model");
}

static LogicalResult refuseStrings(NodeConverter &n) {
  return n.error("works on strings, expected tensors of numbers; leave it out "
                 "of the model");
}

static LogicalResult refuseOptional(NodeConverter &n) {
  return n.error("makes an optional value, expected a tensor");
}

static LogicalResult refuseImages(NodeConverter &n) {
  return n.error("decodes an image file; make the decoded image an input of "
                 "the model");
}

static LogicalResult refuseMaps(NodeConverter &n) {
  return n.error("works on maps, expected tensors of numbers; take the "
                 "tensor that it reads or writes (ZipMap: leave it out of the "
                 "model, in skl2onnx by zipmap=False)");
}

static const OpRow rows[] = {
    {"Bernoulli", 15, 0, refuseRandom},
    {"ImageDecoder", 20, 0, refuseImages},
    {"Multinomial", 7, 0, refuseRandom},
    {"Optional", 15, 0, refuseOptional},
    {"RandomNormal", 1, 0, refuseRandom},
    {"RandomNormalLike", 1, 0, refuseRandom},
    {"RandomUniform", 1, 0, refuseRandom},
    {"RandomUniformLike", 1, 0, refuseRandom},
    {"RegexFullMatch", 20, 0, refuseStrings},
    {"StringConcat", 20, 0, refuseStrings},
    {"StringNormalizer", 10, 0, refuseStrings},
    {"StringSplit", 20, 0, refuseStrings},
};

static const OpRow mlRows[] = {
    {"CastMap", 1, 0, refuseMaps},
    {"CategoryMapper", 1, 0, refuseStrings},
    {"DictVectorizer", 1, 0, refuseMaps},
    {"ZipMap", 1, 0, refuseMaps},
};

void hagane::frontend::registerRefused(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("ai.onnx.ml", mlRows);
}
