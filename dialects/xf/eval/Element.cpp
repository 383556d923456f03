//===- Element.cpp - Storage of tensor elements ---------------------------===//

#include "dialects/xf/eval/Element.h"
#include "mlir/IR/BuiltinTypes.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

using namespace mlir;
using namespace hagane::xf::eval;
using llvm::APFloat;
using llvm::APInt;

std::optional<Element> Element::get(Type type) {
  Element element;
  if (auto floatType = dyn_cast<FloatType>(type)) {
    element.kind = Class::Float;
    element.semantics = &floatType.getFloatSemantics();
    element.bits = floatType.getWidth();
    if (element.bits > 64)
      return std::nullopt;
  } else if (isa<IndexType>(type)) {
    element.bits = 64;
  } else if (auto intType = dyn_cast<IntegerType>(type)) {
    element.bits = intType.getWidth();
    if (element.bits == 0 || element.bits > 64)
      return std::nullopt;
    if (element.bits == 1 || intType.isUnsigned())
      element.kind = Class::Unsigned;
  } else {
    return std::nullopt;
  }
  element.bytes = llvm::PowerOf2Ceil((element.bits + 7) / 8);
  return element;
}

int64_t Element::wrap(int64_t value) const {
  if (bits >= 64)
    return value;
  uint64_t low = static_cast<uint64_t>(value) & ((uint64_t(1) << bits) - 1);
  return isUnsigned() ? static_cast<int64_t>(low)
                      : llvm::SignExtend64(low, bits);
}

int64_t Element::lowestInteger() const {
  return isUnsigned() ? 0 : llvm::minIntN(bits);
}

int64_t Element::highestInteger() const {
  return isUnsigned() ? static_cast<int64_t>(llvm::maxUIntN(bits))
                      : llvm::maxIntN(bits);
}

static double toDouble(APFloat value) {
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToDouble();
}

double Element::largestFinite() const {
  return toDouble(APFloat::getLargest(*semantics));
}

double Element::highestReal() const {
  return APFloat::semanticsHasInf(*semantics)
             ? std::numeric_limits<double>::infinity()
             : largestFinite();
}

double Element::lowestReal() const { return -highestReal(); }

/// The values of all codes of a type of at most 16 bits, made on first use.
static const std::vector<double> &
valuesOfCodes(const llvm::fltSemantics &semantics, unsigned bits) {
  static std::mutex mutex;
  static std::map<const llvm::fltSemantics *, std::vector<double>> tables;
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<double> &table = tables[&semantics];
  if (table.empty())
    for (uint64_t code = 0; code < (uint64_t(1) << bits); ++code)
      table.push_back(toDouble(APFloat(semantics, APInt(bits, code))));
  return table;
}

namespace {
template <typename T> T readAs(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
template <typename T> void writeAs(char *at, T value) {
  std::memcpy(at, &value, sizeof(T));
}
} // namespace

static uint64_t readBits(const char *at, unsigned bytes) {
  switch (bytes) {
  case 1:
    return readAs<uint8_t>(at);
  case 2:
    return readAs<uint16_t>(at);
  case 4:
    return readAs<uint32_t>(at);
  default:
    return readAs<uint64_t>(at);
  }
}

static void writeBits(char *at, unsigned bytes, uint64_t value) {
  switch (bytes) {
  case 1:
    return writeAs(at, static_cast<uint8_t>(value));
  case 2:
    return writeAs(at, static_cast<uint16_t>(value));
  case 4:
    return writeAs(at, static_cast<uint32_t>(value));
  default:
    return writeAs(at, value);
  }
}

double Element::loadReal(const char *at) const {
  if (isFloat()) {
    if (bits == 32)
      return readAs<float>(at);
    if (bits == 64)
      return readAs<double>(at);
    thread_local const llvm::fltSemantics *cached = nullptr;
    thread_local const double *table = nullptr;
    if (cached != semantics) {
      table = valuesOfCodes(*semantics, bits).data();
      cached = semantics;
    }
    return table[readBits(at, bytes) & ((uint64_t(1) << bits) - 1)];
  }
  int64_t value = loadInteger(at);
  return isUnsigned() ? static_cast<double>(static_cast<uint64_t>(value))
                      : static_cast<double>(value);
}

int64_t Element::loadInteger(const char *at) const {
  return wrap(static_cast<int64_t>(readBits(at, bytes)));
}

static int64_t truncateReal(const Element &element, double value) {
  if (std::isnan(value))
    return 0;
  bool isExact;
  llvm::APSInt integer(element.bits, element.isUnsigned());
  APFloat(value).convertToInteger(integer, APFloat::rmTowardZero, &isExact);
  return integer.isUnsigned() ? static_cast<int64_t>(integer.getZExtValue())
                              : integer.getSExtValue();
}

void Element::storeReal(char *at, double value) const {
  if (!isFloat())
    return writeBits(at, bytes,
                     isBool() ? value != 0 : truncateReal(*this, value));
  if (bits == 32)
    return writeAs(at, static_cast<float>(value));
  if (bits == 64)
    return writeAs(at, value);
  APFloat number(value);
  bool losesInfo;
  number.convert(*semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  writeBits(at, bytes, number.bitcastToAPInt().getZExtValue());
}

void Element::storeInteger(char *at, int64_t value, bool fromUnsigned) const {
  if (isBool())
    return writeBits(at, bytes, value != 0);
  if (!isFloat())
    return writeBits(at, bytes, static_cast<uint64_t>(wrap(value)));
  APFloat number(*semantics);
  number.convertFromAPInt(APInt(64, static_cast<uint64_t>(value)),
                          !fromUnsigned, APFloat::rmNearestTiesToEven);
  writeBits(at, bytes, number.bitcastToAPInt().getZExtValue());
}
